"""A configuration that is right, for tests that make it wrong."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import yaml

RIGHT: dict[str, Any] = {
    "venue": {
        "rest": "http://127.0.0.1:8080",
        "ws_public_linear": "ws://127.0.0.1:8080/v5/public/linear",
        "ws_public_spot": "ws://127.0.0.1:8080/v5/public/spot",
        "ws_private": "ws://127.0.0.1:8080/v5/private",
        "ws_trade": "ws://127.0.0.1:8080/v5/trade",
    },
    "credentials": {"api_key_file": "/keys/key", "api_secret_file": "/keys/secret"},
    "account": {"recv_window_ms": 4000, "orders_per_s": 8, "queries_per_s": 40, "shared_account": True},
    "guards": {
        "price_collar_bps": 300,
        "max_market_notional": "5000",
        "max_total_notional": None,
        "duplicate_window_ms": 50,
        "max_order_age_s": 300,
        "max_changes_per_s": 8,
        "max_orders_per_day": 50000,
        "losing_markouts": 12,
        "daily_loss": "50",
        "drawdown": "80",
        "margin_floor_pct": 20,
        "repeated_execution": {"fills": 30, "window_s": 5, "pause_s": 20},
        "breaker": {"failures": 10, "window_s": 30, "open_s": 5, "probes": 2},
    },
    "markets": [
        {
            "category": "linear",
            "symbol": "BTCUSDT",
            "depth": 50,
            "order_qty": "0.001",
            "max_position": "0.05",
            "max_order_notional": "1000",
        }
    ],
    "strategy": {
        "model": "ladder",
        "avellaneda_stoikov": None,
        "glft": None,
        "python": None,
        "path": None,
        "options": None,
        "signals": {
            "imbalance_levels": 4,
            "imbalance_bps": 0.5,
            "order_flow_weight": 0.25,
            "order_flow_half_life_s": 2,
            "toxicity_max_bps": 3,
            "toxicity_half_life_s": 120,
            "funding_ramp_s": 600,
        },
        "k_vola_spread": 0.9,
        "min_spread_bps": 3,
        "max_spread_bps": 20,
        "levels_per_side": 2,
        "level_spacing_coeff": 0.3,
        "skew_bps": 4,
        "microprice_weight": 0.25,
        "safety_bps": 0.1,
        "adverse_bps": 0.2,
        "volatility_half_life_s": 30,
        "min_time_in_book_ms": 400,
        "replace_threshold_bps": 2,
        "explain": True,
    },
    "watchdog": {
        "api_key_file": "/keys/watchdog_key",
        "api_secret_file": "/keys/watchdog_secret",
        "rest": "http://127.0.0.1:8081",
        "heartbeat_s": 0.25,
        "deadline_s": 3,
        "give_up_s": 300,
    },
    "run": {"seed": 7, "run_id": "r1"},
    "files": {
        "state": "state",
        "capture": "a.mmcap",
        "capture_part_mib": 8,
        "capture_keep_mib": 64,
        "report": "r.json",
        "log": "l.jsonl",
    },
}

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def right() -> dict[str, Any]:
    return copy.deepcopy(RIGHT)


@pytest.fixture
def changed() -> Callable[[Change], bytes]:
    """YAML of the right configuration after one change."""

    def render(change: Change) -> bytes:
        document = copy.deepcopy(RIGHT)
        change(document)
        return yaml.safe_dump(document).encode()

    return render
