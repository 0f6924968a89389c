"""What a strategy is shown of a market: frozen, exact where money is meant."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec


class Level(msgspec.Struct, frozen=True):
    """Price in quote coin, size in base coin."""

    price: Decimal
    qty: Decimal


class OwnQuote(msgspec.Struct, frozen=True, kw_only=True):
    """An own order that may still fill: `side` is "Buy" or "Sell", `level` counts from the touch, `state` is the order table's."""

    side: str
    price: Decimal
    leaves_qty: Decimal
    level: int
    colour: int
    state: str


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One market at the moment of a decision.

    Prices are in quote coin and sizes in base coin, both exact; signals are floats. `bids` and `asks` are the levels of the
    others, best first, with our own orders taken out: neither is empty.
    """

    market: str
    """Category and symbol: "linear.BTCUSDT"."""
    ts_ns: int
    """Nanoseconds since the epoch. A strategy has no other clock."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    own: tuple[OwnQuote, ...]

    tick_size: Decimal
    qty_step: Decimal
    min_qty: Decimal
    min_notional: Decimal
    """Least price times size of one order, in quote coin."""

    position: Decimal
    """Negative is short; on spot, the coin gained since the start."""
    order_qty: Decimal
    """The configured size of one quote."""
    max_position: Decimal
    max_order_notional: Decimal
    inventory_ratio: float
    """Position over maximum position, in [-1, 1]."""

    microprice: float
    """The mid, drawn towards the thinner of the two best levels; in quote coin."""
    imbalance: float
    """(bid size - ask size) / (bid size + ask size) over `signals.imbalance_levels` levels, in [-1, 1]."""
    sigma_1m_bps: float | None
    """Volatility over one minute; None until it is warm."""
    fair_shift_bps: float
    """What the configured signals (imbalance, order flow, funding) add to the fair price."""
    toxicity_bps: float
    """What the toxicity guard would widen a quote by."""
    maker_fee_bps: float
    """Negative is a rebate."""
    intensity_per_s: float | None
    decay_per_bps: float | None
    """Orders that reach d bps from the mid come at intensity_per_s * exp(-decay_per_bps * d); None until calibrated."""

    @property
    def best_bid(self) -> Decimal:
        """Highest bid of the others."""
        return self.bids[0].price

    @property
    def best_ask(self) -> Decimal:
        """Lowest ask of the others."""
        return self.asks[0].price

    @property
    def mid(self) -> Decimal:
        """Mean of the two."""
        return (self.best_bid + self.best_ask) / 2


_DECIMALS = (
    "tick_size",
    "qty_step",
    "min_qty",
    "min_notional",
    "position",
    "order_qty",
    "max_position",
    "max_order_notional",
)


def read_view(shown: Mapping[str, Any]) -> View:
    """The view that the core's plain values make."""
    fields = dict(shown)
    for name in _DECIMALS:
        fields[name] = Decimal(fields[name])
    for name in ("bids", "asks"):
        fields[name] = tuple(Level(Decimal(price), Decimal(qty)) for price, qty in fields[name])
    fields["own"] = tuple(
        OwnQuote(side=side, price=Decimal(price), leaves_qty=Decimal(leaves), level=level, colour=colour, state=state)
        for side, price, leaves, level, colour, state in fields["own"]
    )
    return View(**fields)
