"""The demo's profiles: what the exchange charges and how the bot quotes."""

from typing import Any, NamedTuple


class Profile(NamedTuple):
    """Fee tier set at the exchange (the bot reads the rate from there) and the bot's strategy section.

    `two_sided_bps`: how far from the mid a quote may stand and still count as one.
    """

    fee_tier: str
    strategy: dict[str, Any]
    two_sided_bps: float = 25.0


def _fixed(half_spread_bps: float) -> dict[str, Any]:
    """One level each side at a fixed distance; the skew moves the pair with the inventory."""
    return {
        "min_spread_bps": 2 * half_spread_bps,
        "max_spread_bps": 2 * half_spread_bps,
        "levels_per_side": 1,
        # Up to two thirds of the inventory the far quote, rounding included, still stands within twice the distance of the mid.
        "skew_bps": 1.4 * half_spread_bps,
        "microprice_weight": 0.0,
        "min_time_in_book_ms": 100,
        "replace_threshold_bps": 0.05,
    }


_PACE = {"volatility_half_life_s": 5.0, "min_time_in_book_ms": 200, "replace_threshold_bps": 0.2, "explain": True}
_MODEL = {"min_spread_bps": 0.5, "max_spread_bps": 25.0, "levels_per_side": 1, "skew_bps": 10.0, **_PACE}


def _python(path: str, options: dict[str, Any]) -> dict[str, Any]:
    """A class that is asked ten times a second."""
    return {"model": "python", "path": path, "options": options, **_PACE}


# Maker -0.10 bp, taker 1.5 bp: level MM1 of the majors.
_MM1 = "-0.00001:0.00015"

PROFILES = {
    "demo-mm1": Profile(
        _MM1,
        {
            "min_spread_bps": 2.0,
            "max_spread_bps": 25.0,
            "levels_per_side": 2,
            "level_spacing_coeff": 0.5,
            "skew_bps": 4.0,
            "min_time_in_book_ms": 200,
            "replace_threshold_bps": 0.2,
        },
    ),
    "vip0": Profile(
        "vip0",
        {
            "min_spread_bps": 2.0,
            "max_spread_bps": 25.0,
            "levels_per_side": 2,
            "skew_bps": 4.0,
            "min_time_in_book_ms": 200,
            "replace_threshold_bps": 0.2,
        },
    ),
    "glft": Profile(
        _MM1, {"model": "glft", "glft": {"gamma": 0.02, "intensity_per_s": 5.0, "decay_per_bps": 0.6}} | _MODEL
    ),
    "avellaneda-stoikov": Profile(
        _MM1,
        {
            "model": "avellaneda_stoikov",
            "avellaneda_stoikov": {"gamma": 0.01, "decay_per_bps": 0.6, "horizon_s": 10.0},
        }
        | _MODEL,
    ),
    "python-symmetric": Profile(_MM1, _python("mmbot.strategy.symmetric:SymmetricQuoter", {"half_spread_bps": 2.0})),
    "python-skewed": Profile(_MM1, _python("mmbot.strategy.skewed:SkewedQuoter", {"half_spread_bps": 1.5})),
    "fixed-1bp": Profile(_MM1, _fixed(1.0), 2.0),
    "fixed-2bp": Profile(_MM1, _fixed(2.0), 4.0),
}
