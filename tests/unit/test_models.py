"""The quoting models and the calibration from Python: figures by hand, limits, and errors that name the figure."""

from collections.abc import Callable
from math import exp, inf, log, nan, sqrt
from random import Random

import pytest

from mmbot._native import GLFT, AvellanedaStoikov, Calibration, Ladder, fit_intensity
from mmbot.exchange.local import LocalExchange, Refused

FIGURES = {"gamma": 0.1, "sigma": 2.0, "intensity": 140.0, "decay": 1.5}


def test_avellaneda_stoikov_by_hand() -> None:
    model = AvellanedaStoikov(gamma=0.1, sigma=2.0, decay=1.5)
    assert model.reservation(100.0, 3.0, 0.5) == pytest.approx(100.0 - 3 * 0.1 * 4 * 0.5)
    assert model.spread(0.5) == pytest.approx(0.1 * 4 * 0.5 + 2 / 0.1 * log(1 + 0.1 / 1.5))
    bid, ask = model.quotes(100.0, 3.0, 0.5)
    assert ask - bid == pytest.approx(model.spread(0.5))
    assert (bid + ask) / 2 == pytest.approx(model.reservation(100.0, 3.0, 0.5))


def test_glft_near_flat_is_its_closed_form() -> None:
    model = GLFT(**FIGURES, max_inventory=30)
    assert model.is_exact
    c = log(1 + 0.1 / 1.5) / 0.1
    w = sqrt(4 * 0.1 / (2 * 1.5 * 140) * (1 + 0.1 / 1.5) ** (1 + 1.5 / 0.1))
    assert model.closed_form(2.0) == pytest.approx((c + 5 / 2 * w, c - 3 / 2 * w))
    assert model.depths(0.0) == pytest.approx(model.closed_form(0.0), rel=1e-3)
    assert model.depths(30)[0] is None
    assert model.depths(-30)[1] is None


def test_a_far_limit_is_served_in_closed_form() -> None:
    model = GLFT(**FIGURES, max_inventory=1000)
    assert not model.is_exact
    assert model.depths(1.0) == model.closed_form(1.0)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: AvellanedaStoikov(gamma=0.0, sigma=2.0, decay=1.5), "gamma"),
        (lambda: AvellanedaStoikov(gamma=0.1, sigma=nan, decay=1.5), "sigma"),
        (lambda: GLFT(**FIGURES | {"decay": -1.0}, max_inventory=5), "decay"),
        (lambda: GLFT(**FIGURES, max_inventory=5, drift=inf), "drift"),
        (lambda: GLFT(**FIGURES, max_inventory=0), "max_inventory"),
        (lambda: Ladder(k_vola_spread=1.0, min_spread_bps=3.0, max_spread_bps=2.0), "min_spread_bps"),
        (lambda: Ladder(k_vola_spread=1.0, min_spread_bps=1.0, max_spread_bps=2.0, levels=11), "levels"),
        (lambda: Calibration(step_ns=0, window_ns=1, range_bps=5.0), "step_ns"),
        (lambda: fit_intensity([(1.0, 1.0, 0, 5)], 0.1), "bin"),
        (lambda: fit_intensity([(0.0, 1.0, 6, 5)], 0.1), "bin"),
        (lambda: fit_intensity([(0.0, 1.0, 1, 5)], 0.0), "step_s"),
    ],
)
def test_an_unusable_figure_is_named(make: Callable[[], object], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        make()


def test_a_crossed_market_has_no_ladder() -> None:
    ladder = Ladder(k_vola_spread=1.0, min_spread_bps=1.0, max_spread_bps=2.0)
    with pytest.raises(ValueError, match="uncrossed"):
        ladder.quotes(100, 100, 1)


def test_a_fit_needs_hits_and_a_decay() -> None:
    assert fit_intensity([(0.0, 1.0, 29, 1000)], 0.1) is None
    assert fit_intensity([(0.0, 1.0, 50, 1000), (1.0, 2.0, 80, 1000)], 0.1) is None


def test_calibration_recovers_a_known_flow() -> None:
    draws, step_ns = Random(5), 100_000_000  # noqa: S311 - a flow, not a secret
    rate, decay = 4.0, 0.5
    counts = Calibration(step_ns=step_ns, window_ns=2000 * step_ns, range_bps=6.4)
    now_ns = 0.0
    for at_ns in range(0, 2002 * step_ns, step_ns):
        counts.quoted(at_ns, 99_999, 100_001)
        for side, sign in (("Buy", 1), ("Sell", -1)):
            # Depths beyond the touch at 1 tick from the mid; a print shows the whole tick that it reached.
            for _ in range(sum(draws.random() < rate * exp(-decay) * 0.01 for _ in range(10))):
                counts.traded(at_ns + 1, side, 100_000 + sign * int(1 + draws.expovariate(decay)))
        now_ns = at_ns
    fit = counts.fit
    assert fit is not None, now_ns
    assert abs(fit.decay - decay) < 4 * fit.decay_error
    assert abs(fit.intensity_per_s - rate) < 4 * fit.intensity_error
    with pytest.raises(ValueError, match="Sideways"):
        counts.traded(0, "Sideways", 1)


def test_the_exchange_in_process_is_a_function_of_its_calls() -> None:
    def played(seed: int) -> object:
        venue = LocalExchange(["linear.BTCUSDT", "spot.BTCUSDT"], seed=seed, takers=3)
        venue.advance(1.0)
        best_bid = venue.book("linear.BTCUSDT")[0][0][0]
        venue.place("linear.BTCUSDT", "Buy", best_bid, "0.01", client_order_id="one")
        frames = venue.advance(20.0)
        return frames, venue.executions("linear.BTCUSDT"), venue.wallet(), venue.record()

    assert played(4) == played(4)
    assert played(4) != played(5)


def test_the_exchange_in_process_says_what_the_venue_says() -> None:
    venue = LocalExchange(seed=1)
    venue.advance(1.0)
    with pytest.raises(Refused, match="10001"):
        venue.place("linear.BTCUSDT", "Buy", "60000", "0.0000001")
    with pytest.raises(ValueError, match="runs back"):
        venue.advance(-1.0)
    with pytest.raises(ValueError, match="limit_price"):
        venue.take("linear.BTCUSDT", "Sell", "1.05", "1")
    with pytest.raises(ValueError, match="side"):
        venue.take("linear.BTCUSDT", "Sideways", "1", "1")
