"""The watchdog: a process of its own, with a connection and a key of its own, that outlives the bot it watches.

It hears the bot through one pipe (its standard input): a line with its orders, then one byte per heartbeat, then `b"B"` once the bot has
verified that nothing is open. It answers each heartbeat, so that the bot can watch it in turn. If the bot dies, hangs up or misses its
deadline, the watchdog makes sure that it is dead, takes its orders down, and writes what it did.
"""

import contextlib
import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import Literal

import msgspec

from mmbot.app.account_lock import take
from mmbot.app.kill_switch import write_synced
from mmbot.app.sweep import Sweep, SweepReport
from mmbot.config.errors import ConfigError
from mmbot.config.secrets import read_secret_file
from mmbot.connectors.blocking_http import BlockingHttp
from mmbot.connectors.signing import Signer
from mmbot.observe.log import FileSink, StreamSink, configure_logging, get_logger

GOODBYE = b"B"
READY = b"R"
EXIT_DONE, EXIT_SWEPT, EXIT_NOT_VERIFIED = 0, 6, 7
Cause = Literal["goodbye", "bot_died", "heartbeat_missed"]
_READ_BYTES = 65_536
# A killed process is gone in milliseconds; one that hangs in the kernel must not hold up the cancels.
_KILL_S = 0.5

_log = get_logger("mmbot.watchdog")


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """What the bot tells its watchdog first; everything but the key itself."""

    rest: str
    api_key_file: str
    api_secret_file: str
    recv_window_ms: int
    shared_account: bool
    deadline_s: float
    give_up_s: float
    run_id: str
    bot_pid: int
    bot_fd: int
    lock: str
    report: str
    log: str | None


class Incident(msgspec.Struct, kw_only=True):
    """What a watchdog did, as its report file tells it. `trigger_ns` is since the epoch."""

    cause: Cause
    run_id: str
    bot_pid: int
    trigger_ns: int
    silent_s: float
    sweep: SweepReport
    exit_code: int


class Watch:
    """Waits for the bot's end, whichever it is."""

    def __init__(self, pipe: int, bot: int, deadline_s: float, echo: int) -> None:
        self._pipe, self._bot, self._echo = pipe, bot, echo
        self._deadline_s = deadline_s
        self._heard_s = time.monotonic()
        self._poll = select.poll()
        self._poll.register(pipe, select.POLLIN)
        self._poll.register(bot, select.POLLIN)

    @property
    def silent_s(self) -> float:
        """Seconds since the last heartbeat."""
        return time.monotonic() - self._heard_s

    def wait(self) -> Cause:
        """Returns when this watchdog has something to do, or nothing any more."""
        while True:
            wait_s = max(0.0, self._deadline_s - self.silent_s)
            asked_s = time.monotonic()
            ready = {descriptor for descriptor, _ in self._poll.poll(wait_s * 1000 + 1)}
            if self._pipe in ready:
                cause = self._hear()
                if cause is not None:
                    return cause
            elif self._bot in ready:
                return "bot_died"
            elif time.monotonic() - asked_s > wait_s + self._deadline_s / 2:
                # We were stalled ourselves, and the bot with us as like as not: it gets one fresh deadline.
                self._heard_s = time.monotonic()
            elif self.silent_s >= self._deadline_s:
                return "heartbeat_missed"

    def _hear(self) -> Cause | None:
        data = os.read(self._pipe, _READ_BYTES)
        if GOODBYE in data:
            return "goodbye"
        if not data:
            return self._hung_up()
        self._heard_s = time.monotonic()
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(self._echo, b".")
        return None

    def _hung_up(self) -> Cause:
        """The pipe is closed without a goodbye: the bot is dying, or ends without being sure. It has one deadline to be gone."""
        ended = select.poll()
        ended.register(self._bot, select.POLLIN)
        return "bot_died" if ended.poll(self._deadline_s * 1000) else "heartbeat_missed"

    def make_sure_it_is_dead(self) -> None:
        """Kills the bot and waits for its end: while it might run on, its orders cannot be taken down for good."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._bot, signal.SIGKILL)
        ended = select.poll()
        ended.register(self._bot, select.POLLIN)
        if not ended.poll(_KILL_S * 1000):
            _log.error("bot_not_dead", waited_s=_KILL_S)


def _say(event: str, fields: dict[str, object]) -> None:
    _log.warning(event, **fields)


def take_over(orders: Orders, watch: Watch, cause: Cause, venue: BlockingHttp, lock: int) -> int:
    """Everything after the bot's end; returns the exit code."""
    trigger_s, trigger_ns, silent_s = time.monotonic(), time.time_ns(), watch.silent_s
    _log.error("taking_over", cause=cause, bot_pid=orders.bot_pid, silent_s=round(silent_s, 3))
    watch.make_sure_it_is_dead()
    sweep = Sweep(venue, trigger_s, orders.give_up_s, _say, shared_account=orders.shared_account)
    if sweep.clear_account():
        # The next run may begin: from here on only this run's own orders are touched.
        os.close(lock)
        sweep.wait_for_horizon(orders.recv_window_ms)
        sweep.clear_run(orders.run_id)
    code = EXIT_SWEPT if sweep.report.verified else EXIT_NOT_VERIFIED
    incident = Incident(
        cause=cause,
        run_id=orders.run_id,
        bot_pid=orders.bot_pid,
        trigger_ns=trigger_ns,
        silent_s=round(silent_s, 3),
        sweep=sweep.report,
        exit_code=code,
    )
    try:
        write_synced(Path(orders.report), msgspec.json.encode(incident) + b"\n")
    except OSError as error:
        _log.error("report_not_written", path=orders.report, error=str(error))
    (_log.warning if sweep.report.verified else _log.error)("took_over", **msgspec.to_builtins(incident))
    return code


def read_orders(pipe: int) -> Orders:
    """The first line of the pipe, and not one byte more."""
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(pipe, 1)
        if not byte:
            raise ValueError("the bot hung up before it said what to watch")
        line += byte
    return msgspec.json.decode(bytes(line), type=Orders)


def main() -> int:
    """Runs until the bot's end; started by the bot, never by hand."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Whoever signals a whole group means the bot, which stops in order and then says goodbye.
        signal.signal(number, signal.SIG_IGN)
    pipe, echo = sys.stdin.fileno(), sys.stdout.fileno()
    orders = read_orders(pipe)
    key = read_secret_file(Path(orders.api_key_file), "watchdog.api_key_file")
    secret = read_secret_file(Path(orders.api_secret_file), "watchdog.api_secret_file")
    configure_logging(
        FileSink(Path(orders.log)) if orders.log else StreamSink(sys.stderr), secrets=(key, secret), level="info"
    )
    lock = take(Path(orders.lock), orders.run_id)
    venue = BlockingHttp(orders.rest, Signer(key, secret, orders.recv_window_ms))
    with contextlib.suppress(OSError):
        venue.read_venue_time()
    os.set_blocking(echo, False)
    watch = Watch(pipe, orders.bot_fd, orders.deadline_s, echo)
    os.write(echo, READY)
    cause = watch.wait()
    return EXIT_DONE if cause == "goodbye" else take_over(orders, watch, cause, venue, lock)


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except (ConfigError, ValueError, OSError) as error:
        sys.stderr.write(f"mmbot watchdog: {error}\n")
        raise SystemExit(2) from None
