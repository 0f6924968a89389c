"""What a running bot may take over from a changed file: every key is either live or refused by its own name."""

from collections.abc import Callable
from typing import Any

import pytest

from mmbot.config import BotConfig, ConfigError, ErrorCode, parse_config
from mmbot.config.reload import changed_keys, live_change

Change = Callable[[dict[str, Any]], object]
Changed = Callable[[Change], bytes]


@pytest.fixture
def before(changed: Changed) -> BotConfig:
    return parse_config(changed(lambda _: None))


def put(path: str, value: object) -> Change:
    """Sets a dotted key; a number steps into a list."""

    def change(document: dict[str, Any]) -> None:
        *inner, last = path.split(".")
        here: Any = document
        for step in inner:
            here = here[int(step)] if step.isdigit() else here[step]
        here[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("venue.rest", "http://127.0.0.1:9090"),
        ("credentials.api_key_file", "/keys/other"),
        ("account.orders_per_s", 9),
        ("guards.daily_loss", "60"),
        ("guards.breaker.probes", 3),
        ("markets.0.symbol", "ETHUSDT"),
        ("markets.0.category", "spot"),
        ("markets.0.depth", 1),
        ("strategy.volatility_half_life_s", 31),
        ("watchdog.heartbeat_s", 0.5),
        ("run.seed", 8),
        ("files.report", "other.json"),
    ],
)
def test_what_needs_a_restart_is_refused_by_its_key(
    before: BotConfig, changed: Changed, path: str, value: object
) -> None:
    def both(document: dict[str, Any]) -> None:
        put(path, value)(document)
        document["strategy"]["skew_bps"] = 5

    with pytest.raises(ConfigError) as refused:
        live_change(before, parse_config(changed(both)))
    assert (refused.value.code, refused.value.field) == (ErrorCode.RESTART, path)
    assert "nothing was taken over" in refused.value.problem


def test_another_model_is_refused_before_its_section(before: BotConfig, changed: Changed) -> None:
    def other(document: dict[str, Any]) -> None:
        del document["strategy"]["k_vola_spread"]
        document["strategy"] |= {"model": "glft", "glft": {"gamma": 0.1}}

    with pytest.raises(ConfigError) as refused:
        live_change(before, parse_config(changed(other)))
    assert refused.value.field == "strategy.model"


def test_one_market_more_is_refused(before: BotConfig, changed: Changed) -> None:
    def more(document: dict[str, Any]) -> None:
        document["markets"].append(document["markets"][0] | {"symbol": "ETHUSDT"})

    with pytest.raises(ConfigError) as refused:
        live_change(before, parse_config(changed(more)))
    assert refused.value.field == "markets"


def test_what_is_live_is_one_change(before: BotConfig, changed: Changed) -> None:
    def live(document: dict[str, Any]) -> None:
        document["strategy"] |= {"skew_bps": 5, "explain": False}
        document["strategy"]["signals"]["imbalance_bps"] = 0.75
        document["markets"][0] |= {"order_qty": "0.002", "max_order_notional": "2000"}

    change = live_change(before, parse_config(changed(live)))
    assert change == {
        "strategy": {"skew_bps": 5.0, "explain": False, "signals": {"imbalance_bps": 0.75}},
        "markets": {"linear.BTCUSDT": {"order_qty": "0.002", "max_order_notional": "2000"}},
    }
    assert changed_keys(change) == [
        "markets.linear.BTCUSDT.order_qty",
        "markets.linear.BTCUSDT.max_order_notional",
        "strategy.signals.imbalance_bps",
        "strategy.skew_bps",
        "strategy.explain",
    ]
    assert live_change(before, before) == {}
