"""Whatever a strategy does, the core gets an answer."""

from decimal import Decimal
from typing import Any, ClassVar

import pytest

from mmbot.strategy import Quote, Quotes, StrategyOptions, View, ask, read_view
from mmbot.strategy.skewed import SkewedOptions, SkewedQuoter
from mmbot.strategy.symmetric import SymmetricOptions, SymmetricQuoter

SHOWN: dict[str, Any] = {
    "market": "linear.TESTUSDT",
    "ts_ns": 5,
    "bids": [("100.0", "3"), ("99.5", "1")],
    "asks": [("101.0", "1")],
    "own": [("Buy", "99.9", "0.5", 0, 0, "working")],
    "tick_size": "0.1",
    "qty_step": "0.001",
    "min_qty": "0.001",
    "min_notional": "5",
    "position": "-0.25",
    "order_qty": "0.5",
    "max_position": "2",
    "max_order_notional": "1000",
    "microprice": 100.75,
    "imbalance": 0.6,
    "fair_shift_bps": 0.0,
    "toxicity_bps": 0.0,
    "maker_fee_bps": -0.1,
    "inventory_ratio": -0.125,
    "sigma_1m_bps": None,
    "intensity_per_s": None,
    "decay_per_bps": None,
}


def view(**changes: Any) -> View:
    return read_view(SHOWN | changes)


class Says:
    """A strategy that says one thing, or raises it."""

    Options: ClassVar[type[StrategyOptions]] = StrategyOptions

    def __init__(self, said: Any) -> None:
        self._said = said

    def quotes(self, _view: View) -> Quotes:
        if isinstance(self._said, Exception):
            raise self._said
        said: Quotes = self._said
        return said


def test_money_in_a_view_is_exact_and_nothing_can_be_changed() -> None:
    seen = view()
    assert (seen.best_bid, seen.best_ask, seen.mid) == (Decimal("100.0"), Decimal("101.0"), Decimal("100.5"))
    assert seen.position == Decimal("-0.25")
    assert seen.own[0].leaves_qty == Decimal("0.5")
    with pytest.raises(AttributeError):
        seen.position = Decimal(1)  # type: ignore[misc]


def test_an_answer_carries_plain_decimals() -> None:
    said = Quotes(bids=(Quote(Decimal("1E+2"), Decimal("0.5"), 3),), asks=(Quote(Decimal("101.25"), Decimal("1e-3")),))
    assert ask(Says(said), view()).quotes == (("Buy", "100", "0.5", 3), ("Sell", "101.25", "0.001", 0))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (None, "return Quotes"),
        ([Quote(Decimal(1), Decimal(1))], "return Quotes"),
        (Quotes(bids=(100.5,)), "not a Quote"),  # type: ignore[arg-type]
        (Quotes(bids=(Quote(100.5, Decimal(1)),)), "price must be a finite Decimal"),  # type: ignore[arg-type]
        (Quotes(asks=(Quote(Decimal("NaN"), Decimal(1)),)), "price must be a finite Decimal"),
        (Quotes(asks=(Quote(Decimal(1), Decimal("Infinity")),)), "qty must be a finite Decimal"),
        (Quotes(asks=(Quote(Decimal(1), Decimal(1), 256),)), "colour must be a whole number"),
        (Quotes(asks=(Quote(Decimal(1), Decimal(1), colour=True),)), "colour must be a whole number"),
    ],
)
def test_what_are_no_quotes_is_said(said: Any, why: str) -> None:
    answer = ask(Says(said), view())
    assert answer.failed == "shape"
    assert why in answer.why


def test_an_error_is_an_answer_that_shows_where() -> None:
    answer = ask(Says(ZeroDivisionError("by nothing")), view())
    assert answer.failed == "raised"
    assert "by nothing" in answer.why
    assert "test_ask.py" in answer.why


def test_the_symmetric_quoter_stands_equally_far_on_both_sides() -> None:
    said = SymmetricQuoter(SymmetricOptions(half_spread_bps=10.0)).quotes(view())
    assert said == Quotes(
        bids=(Quote(Decimal("100.3995"), Decimal("0.5")),), asks=(Quote(Decimal("100.6005"), Decimal("0.5")),)
    )


def test_the_skewed_quoter_moves_both_quotes_the_same_way() -> None:
    quoter = SkewedQuoter(SkewedOptions(levels=1, imbalance_bps=1.0))

    def pair(**changes: Any) -> tuple[Decimal, Decimal]:
        said = quoter.quotes(view(**changes))
        return said.bids[0].price, said.asks[0].price

    flat = pair(inventory_ratio=0.0)
    long, short = pair(inventory_ratio=0.5), pair(inventory_ratio=-0.5)
    thin, thick = pair(inventory_ratio=0.0, imbalance=-1.0), pair(inventory_ratio=0.0, imbalance=1.0)
    for side in (0, 1):
        assert long[side] < flat[side] < short[side]
        assert thin[side] < flat[side] < thick[side]
