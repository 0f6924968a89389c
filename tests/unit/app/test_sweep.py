"""A sweep against a venue that refuses, forgets, and lists late arrivals."""

import time
from typing import Any

import pytest

from mmbot.app.sweep import Sweep
from mmbot.connectors.blocking_http import Answer

Row = dict[str, str]


class ScriptedVenue:
    """Holds open orders by scope; `answers` come first, one for each request."""

    def __init__(self, *answers: Answer | OSError) -> None:
        self.answers = list(answers)
        self.open: dict[str, list[Row]] = {"linear": [], "spot": []}
        self.asked: list[str] = []
        self.clock_reads = 0

    def _first(self) -> Answer | None:
        if not self.answers:
            return None
        answer = self.answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    def post(self, path: str, body: dict[str, str]) -> Answer:
        self.asked.append(f"{path} {' '.join(body.values())}")
        scripted = self._first()
        if scripted is not None:
            return scripted
        rows = self.open[body["category"]]
        if path.endswith("cancel-all"):
            gone = list(rows) if body.get("settleCoin") != "USDC" else []
        else:
            gone = [row for row in rows if row["orderId"] == body["orderId"]]
        rows[:] = [row for row in rows if row not in gone]
        return Answer(200, 0, {"list": gone}, "OK")

    def get(self, path: str, query: str) -> Answer:
        self.asked.append(f"{path} {query}")
        scripted = self._first()
        if scripted is not None:
            return scripted
        category = "spot" if "spot" in query else "linear"
        rows = [] if "USDC" in query else self.open[category]
        # Two a page.
        start = int(query.partition("&cursor=")[2] or 0)
        cursor = str(start + 2) if start + 2 < len(rows) else ""
        return Answer(200, 0, {"list": rows[start : start + 2], "nextPageCursor": cursor}, "OK")

    def read_venue_time(self) -> None:
        self.clock_reads += 1


def row(number: int, client_order_id: str) -> Row:
    return {"symbol": "BTCUSDT", "orderId": str(number), "orderLinkId": client_order_id}


def refused(code: int, status: int = 200) -> Answer:
    return Answer(status, code, {}, "no")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


def started(venue: ScriptedVenue, give_up_s: float = 30.0, *, shared: bool = False) -> Sweep:
    said: list[Any] = []
    return Sweep(
        venue,
        time.monotonic(),
        give_up_s,
        lambda event, fields: said.append((event, fields)),
        shared_account=shared,
    )


def test_everything_goes_category_by_category_and_is_verified() -> None:
    venue = ScriptedVenue()
    venue.open = {"linear": [row(1, "a-0-1"), row(2, "")], "spot": [row(3, "other")]}
    one = started(venue)
    assert one.clear_account()
    assert venue.asked[:3] == [
        "/v5/order/cancel-all linear USDT",
        "/v5/order/cancel-all linear USDC",
        "/v5/order/cancel-all spot",
    ]
    assert one.report.cancelled == 3
    assert one.report.first_cancel_acked_ms is not None
    assert one.report.verified_empty_ms is not None
    assert not one.report.verified, "one look is not enough: a request may still be in flight"


def test_what_arrives_late_goes_by_run_and_foreign_orders_stay() -> None:
    venue = ScriptedVenue()
    one = started(venue)
    assert one.clear_account()
    venue.open["linear"] = [row(4, "b-0-1"), row(5, "a-0-9"), row(6, "ab-0-1")]
    venue.open["spot"] = [row(7, "a-0-10")]
    assert one.clear_run("a")
    assert [order["orderLinkId"] for order in venue.open["linear"]] == ["b-0-1", "ab-0-1"]
    assert venue.open["spot"] == []
    assert (one.report.second_look_cancelled, one.report.verified) == (2, True)


def test_it_keeps_at_it_through_rate_limits_lost_answers_and_a_wrong_clock(quick: list[float]) -> None:
    venue = ScriptedVenue(refused(10006), OSError("reset"), Answer(502, None, {}, ""), refused(10002))
    venue.open["linear"] = [row(1, "a-0-1")]
    one = started(venue)
    assert one.clear_account()
    assert venue.open["linear"] == []
    assert venue.clock_reads == 1
    assert [error.partition(",")[0] for error in one.report.errors] == ["HTTP 200", "reset", "HTTP 502"]
    assert len(quick) == 3
    assert max(quick) <= 1


def test_a_ban_is_not_hammered(quick: list[float]) -> None:
    one = started(ScriptedVenue(Answer(403, None, {}, ""), Answer(403, None, {}, "")), give_up_s=600)
    assert one.clear_account()
    assert quick == [60.0, 60.0]


@pytest.mark.parametrize("code", [10003, 10004, 10005, 10010, 33004])
def test_a_refused_key_ends_it_at_once(code: int) -> None:
    one = started(ScriptedVenue(refused(code)))
    assert not one.clear_account()
    assert not one.report.verified
    assert str(code) in one.report.errors[0]


def test_it_gives_up_in_the_end() -> None:
    venue = ScriptedVenue(*[OSError("down")] * 50)
    one = started(venue, give_up_s=0.0)
    assert not one.clear_account()
    assert len(venue.asked) == 1


def test_the_second_look_is_told_apart_from_the_first() -> None:
    venue = ScriptedVenue()
    venue.open["linear"] = [row(1, "a-0-1")]
    one = started(venue)
    one.clear_once()
    first_ms = one.report.verified_empty_ms
    assert first_ms is not None
    venue.open["spot"] = [row(2, "a-0-2")]
    assert one.look_again()
    assert one.report.verified_empty_ms == first_ms
    assert one.report.second_look_ms is not None
    assert (one.report.cancelled, one.report.second_look_cancelled, one.report.verified) == (2, 1, True)


@pytest.mark.parametrize("fault", [OSError("down"), Answer(403, None, {}, ""), refused(10003)])
def test_one_attempt_is_one_attempt(fault: Answer | OSError, quick: list[float]) -> None:
    one = started(ScriptedVenue(fault))
    one.clear_once()
    assert one.report.verified_empty_ms is None
    assert quick == []


def test_on_a_shared_account_only_what_a_run_wrote_goes_and_never_by_cancel_all() -> None:
    venue = ScriptedVenue()
    venue.open = {"linear": [row(1, "a1-0-1"), row(2, ""), row(3, "by-hand")], "spot": [row(4, "0ld-12-zz")]}
    one = started(venue, shared=True)
    assert one.clear_account()
    assert one.look_again()
    assert [order["orderId"] for order in venue.open["linear"]] == ["2", "3"]
    assert venue.open["spot"] == []
    assert not any("cancel-all" in asked for asked in venue.asked)
    assert (one.report.cancelled, one.report.verified) == (2, True)
