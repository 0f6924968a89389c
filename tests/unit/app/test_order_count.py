"""The day's new orders in the state folder: counted once each, by UTC day, and given to the next run."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.config.conftest import RIGHT

from mmbot._native import Bot
from mmbot.app.order_count import OrderCount
from mmbot.config.load import parse_config

DAY_NS = 86_400_000_000_000


def moved(day: int, before: str = "pending_new", after: str = "pending_new") -> dict[str, Any]:
    return {"fact": "order_moved", "from": before, "to": after, "ts_ns": day * DAY_NS + 5}


def test_each_order_counts_once_and_a_new_day_from_zero(tmp_path: Path) -> None:
    count = OrderCount(tmp_path)
    assert count.known() is None
    count.on_facts([moved(9), moved(9, after="working"), moved(9), {"fact": "stop_begun"}])
    assert count.known() == {"day": 9, "placed": 2}
    count.on_facts([moved(10), moved(9)])
    assert count.known() == {"day": 10, "placed": 2}, "a clock that falls back begins no day"


def test_the_next_run_knows_what_the_last_one_wrote(tmp_path: Path) -> None:
    state = tmp_path / "state"
    first = OrderCount(state)
    first.on_facts([moved(9), moved(9)])
    first.write()
    second = OrderCount(state)
    second.on_facts([moved(9)])
    assert second.known() == {"day": 9, "placed": 3}
    second.write()
    assert [path.name for path in state.iterdir()] == ["orders-today.json"]


def test_nothing_new_is_not_written_again(tmp_path: Path) -> None:
    OrderCount(tmp_path).write()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"{}", b'{"day":9}', b'{"day":9,"placed":1,"more":2}', b"\xff"])
def test_a_file_that_cannot_be_read_stops_the_start(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "orders-today.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"orders-today\.json cannot be read.*delete it"):
        OrderCount(tmp_path)


def test_the_core_takes_the_count_and_refuses_a_wrong_one() -> None:
    config = parse_config(json.dumps(RIGHT).encode())
    known = {"day": 20_000, "placed": 7}
    assert json.loads(config.core_json(known))["guards"]["orders_before"] == known
    Bot(config.core_json(known))
    with pytest.raises(ValueError, match="orders_before"):
        Bot(config.core_json(known | {"placed": -1}))
