"""Every line is one JSON object, comes out redacted whatever path it took, and warnings do not flood."""

import io
import json
import logging
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from mmbot.config import Secret
from mmbot.observe.log import FileSink, RateLimitedWarnings, StreamSink, configure_logging, get_logger

CANARY = "c4naryKEY7f3"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging(StreamSink(stream), [Secret(CANARY.encode())])
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_holds_event_level_time_logger_and_fields(stream: io.StringIO) -> None:
    get_logger("session").info("stream_up", conn=3)
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "stream_up", "level": "info", "logger": "session", "conn": 3}


EARLY = get_logger("early")


def test_a_logger_made_before_configuration_follows_it(stream: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    EARLY.info("late_line")
    assert [line["logger"] for line in lines(stream)] == ["early"]
    assert capsys.readouterr().out == ""


def test_a_value_cannot_forge_a_line(stream: io.StringIO) -> None:
    get_logger("x").info('a\n{"event":"halted"}', text="b\r\nc\u2028d")
    assert len(stream.getvalue().splitlines()) == 1


def connect() -> None:
    raise ConnectionError(f"GET /?api_key={CANARY}")


def raise_chained() -> None:
    key = Secret(CANARY.encode())
    try:
        connect()
    except ConnectionError as cause:
        raise RuntimeError(f"signing with {key} and {CANARY!r} failed") from cause


def test_secrets_are_absent_from_message_fields_and_chained_exceptions(stream: io.StringIO) -> None:
    logger = get_logger("x")
    careless = f"key {CANARY}"
    logger.info(careless, key=CANARY, nested={"header": [CANARY.encode()]}, secret=Secret(CANARY.encode()))
    try:
        raise_chained()
    except RuntimeError:
        logger.exception("failed")
        logging.getLogger("asyncio").exception("task with %s failed", CANARY)
    logging.getLogger("aiohttp").warning("headers %r", {"X-BAPI-API-KEY": CANARY}, stack_info=True)
    assert CANARY not in stream.getvalue()
    first, failed, task, headers = lines(stream)
    assert first["event"] == "key [redacted]"
    for line in (failed, task):
        assert "ConnectionError" in line["exception"]
        assert "RuntimeError" in line["exception"]
    assert task["logger"] == "asyncio"
    assert task["event"] == "task with [redacted] failed"
    assert headers["level"] == "warning"


def test_levels_below_the_threshold_are_silent(stream: io.StringIO) -> None:
    get_logger("x").debug("detail")
    logging.getLogger("aiohttp.access").info("GET /")
    assert stream.getvalue() == ""


def test_a_reader_that_went_away_does_not_stop_the_bot() -> None:
    stream = io.StringIO()
    stream.close()
    StreamSink(stream).write_line("x")


def test_a_log_file_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "bot.jsonl"
    sink = FileSink(path, max_bytes=100)
    for number in range(40):
        sink.write_line(f"line {number:04}")
    sink.close()
    older = path.with_name("bot.jsonl.1")
    assert path.stat().st_size <= 100
    assert older.stat().st_size <= 100
    assert (older.read_text() + path.read_text()).splitlines()[-1] == "line 0039"
    assert len(list(path.parent.iterdir())) == 2


def test_a_log_file_is_appended_to(tmp_path: Path) -> None:
    for number in range(2):
        sink = FileSink(tmp_path / "bot.jsonl")
        sink.write_line(f"run {number}")
        sink.close()
    assert (tmp_path / "bot.jsonl").read_text() == "run 0\nrun 1\n"


class Clock:
    now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def test_a_repeated_warning_comes_once_per_interval(stream: io.StringIO) -> None:
    clock = Clock()
    warnings = RateLimitedWarnings(get_logger("x"), clock, interval_ns=5)
    logged = []
    for clock.now_ns in range(12):
        logged.append(warnings.warn("slow", key="a", lag_ns=clock.now_ns))
    assert [index for index, was_logged in enumerate(logged) if was_logged] == [0, 5, 10]
    assert [line.get("suppressed") for line in lines(stream)] == [None, 4, 4]
    assert warnings.warn("slow", key="b")
    assert warnings.warn("other", key="a")


def test_the_memory_of_warnings_is_bounded(stream: io.StringIO) -> None:
    warnings = RateLimitedWarnings(get_logger("x"), Clock())
    for number in range(1000):
        warnings.warn("slow", key=str(number))
    assert len(warnings._last) == 256
    assert len(lines(stream)) == 1000


def test_a_full_disk_costs_lines_and_says_how_many(tmp_path: Path) -> None:
    path = tmp_path / "bot.jsonl"
    sink = FileSink(path)
    sink.write_line('{"event": "before"}')
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 5, limits[1]))
    try:
        sink.write_line('{"event": "torn after five bytes"}')
        sink.write_line('{"event": "lost"}')
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    sink.write_line('{"event": "after"}')
    sink.close()
    before, torn, lost, after = path.read_text().splitlines()
    assert (before, after) == ('{"event": "before"}', '{"event": "after"}')
    assert len(torn) == 5
    assert json.loads(lost) == {"event": "log_lines_lost", "level": "error", "lines": 2}
