"""Structured logs: one JSON object a line, to stderr or a bounded file, redacted as finished text."""

import errno
import logging
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol, TextIO

import structlog

from mmbot.config import Secret
from mmbot.observe.redact import Redactor

MAX_FILE_BYTES = 64 * 1024 * 1024
WARNING_INTERVAL_NS = 5_000_000_000

_MAX_WARNINGS_TRACKED = 256
_LEVELS = logging.getLevelNamesMapping()


class LogSink(Protocol):
    """Where finished lines go."""

    def write_line(self, line: str) -> None:
        """Write one line, given without its line end."""


class StreamSink:
    """Lines to an open stream, each flushed: a log that dies with the process explains nothing."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def write_line(self, line: str) -> None:
        """Write one line; a reader that went away does not stop the bot."""
        with self._lock:
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
            except (BrokenPipeError, ValueError):
                return


class FileSink:
    """Lines to a file that is renamed to `NAME.1` when full: at most twice `max_bytes` on disk.

    A line that the disk does not take is left out: no lack of space may stop the bot from pulling its quotes. Once there is room again, a
    line says how many were left out.
    """

    def __init__(self, path: Path, max_bytes: int = MAX_FILE_BYTES) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        # Unbuffered: what could not be written is not tried again with every later line.
        self._file = path.open("ab", buffering=0)
        self._lost = 0
        self._torn = False

    def write_line(self, line: str) -> None:
        """Append one line."""
        raw = line.encode("utf-8", "backslashreplace") + b"\n"
        with self._lock:
            try:
                self._append(raw)
            except OSError:
                self._lost += 1

    def _append(self, raw: bytes) -> None:
        if self._lost:
            self._put(b'{"event": "log_lines_lost", "level": "error", "lines": %d}\n' % self._lost)
            self._lost = 0
        if self._file.tell() and self._file.tell() + len(raw) > self._max_bytes:
            self._path.replace(self._path.with_name(self._path.name + ".1"))
            full, self._file = self._file, self._path.open("ab", buffering=0)
            full.close()
        self._put(raw)

    def _put(self, raw: bytes) -> None:
        whole = b"\n" + raw if self._torn else raw
        written = self._file.write(whole)
        if written < len(whole):
            self._torn = self._torn or written > 0
            raise OSError(errno.ENOSPC, "the line was not written whole")
        self._torn = False

    def close(self) -> None:
        """Close the file; further lines are an error."""
        self._file.close()


def configure_logging(sink: LogSink | None = None, secrets: Iterable[Secret] = (), level: str = "info") -> None:
    """Send every log line of this process, the standard library's included, through one redactor to one sink.

    `level` is debug, info, warning, error or critical. Without a sink the lines go to stderr.
    """
    sink = sink or StreamSink(sys.stderr)
    threshold = _LEVELS[level.upper()]
    finish = _finisher(Redactor(secrets))
    structlog.configure(
        processors=[_add_name, *_common_processors(), finish],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=lambda name="mmbot": _LineLogger(sink, name),
        cache_logger_on_first_use=False,
    )
    # asyncio and the socket libraries report through the standard library.
    logging.basicConfig(
        handlers=[_StandardLibraryBridge(sink, finish)], level=max(threshold, logging.WARNING), force=True
    )


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """Logger whose lines carry `logger=name`: `log.info("stream_up", conn=3)`.

    The same as `structlog.get_logger(name)`, typed. It is lazy: made when its module is imported, it follows the
    configuration that comes later.
    """
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(name)
    return logger


class RateLimitedWarnings:
    """At most one line per interval for each (event, key); the next one says how many were left out."""

    def __init__(
        self,
        logger: structlog.typing.FilteringBoundLogger,
        now_ns: Callable[[], int],
        interval_ns: int = WARNING_INTERVAL_NS,
    ) -> None:
        self._logger = logger
        self._now_ns = now_ns
        self._interval_ns = interval_ns
        self._last: OrderedDict[tuple[str, str], tuple[int, int]] = OrderedDict()

    def warn(self, event: str, key: str = "", **fields: Any) -> bool:
        """Log a warning unless the same one was logged within the interval; True if it was logged."""
        now_ns = self._now_ns()
        last_ns, suppressed = self._last.get((event, key), (None, 0))
        if last_ns is not None and now_ns - last_ns < self._interval_ns:
            self._last[event, key] = (last_ns, suppressed + 1)
            return False
        self._last[event, key] = (now_ns, 0)
        self._last.move_to_end((event, key))
        if len(self._last) > _MAX_WARNINGS_TRACKED:
            self._last.popitem(last=False)
        if suppressed:
            fields["suppressed"] = suppressed
        if key:
            fields["key"] = key
        self._logger.warning(event, **fields)
        return True


class _LineLogger:
    """The bottom of structlog: every level writes the finished line."""

    def __init__(self, sink: LogSink, name: str) -> None:
        self.name = name
        self.debug = self.info = self.warning = self.error = self.critical = self.msg = sink.write_line


class _StandardLibraryBridge(logging.Handler):
    """Turns the standard library's records into the same lines."""

    def __init__(self, sink: LogSink, finish: Callable[..., str]) -> None:
        super().__init__()
        self._sink = sink
        self._finish = finish

    def emit(self, record: logging.LogRecord) -> None:
        event: structlog.typing.EventDict = {
            "event": record.getMessage(),
            "logger": record.name,
            "exc_info": record.exc_info,
            "stack": record.stack_info,
        }
        for processor in _common_processors():
            event = processor(None, record.levelname.lower(), event)  # type: ignore[assignment]  # these return the dict
        self._sink.write_line(self._finish(None, record.levelname.lower(), event))


def _add_name(logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    event["logger"] = logger.name
    return event


def _common_processors() -> list[structlog.typing.Processor]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]


def _finisher(redactor: Redactor) -> Callable[..., str]:
    """The last processor: JSON (which escapes line breaks, so a value cannot forge a line), then redaction of the result."""
    render = structlog.processors.JSONRenderer()

    def finish(logger: Any, method: str, event: structlog.typing.EventDict) -> str:
        return redactor.redact(str(render(logger, method, event)))

    return finish
