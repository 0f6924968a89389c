"""`mmbot kill` and `mmbot rearm`: the kill switch in a person's hand."""

import contextlib
import os
import select
import signal
import time

import msgspec

from mmbot.app.account_lock import holder, lock_file
from mmbot.app.kill_switch import Latch, Level, latch, write_synced
from mmbot.app.sweep import Sweep, SweepReport
from mmbot.config.model import BotConfig
from mmbot.connectors.blocking_http import BlockingHttp
from mmbot.connectors.signing import Signer
from mmbot.observe.log import get_logger

EXTERNAL: Level = 3
# A bot that can hear the latch ends in order; one that cannot is killed.
_ORDERED_STOP_S = 2.0
_GIVE_UP_S = 120.0

_log = get_logger(__name__)


class KillReport(msgspec.Struct, kw_only=True):
    """What `mmbot kill` did. `bot` says how a bot on this machine ended: it is "absent", "stopped" or "killed"."""

    latch: Latch
    bot: str = "absent"
    sweep: SweepReport | None = None


def kill(config: BotConfig, level: Level, why: str, markets: tuple[str, ...]) -> KillReport:
    """Latches first; at level 3 takes everything down itself, whatever state the bot is in. ValueError names an unknown market."""
    trigger_s = time.monotonic()
    _check_markets(config, level, markets)
    report = KillReport(latch=latch(config.files.state, level, why, markets))
    if report.latch.level < EXTERNAL:
        return report
    if config.watchdog is None:
        raise ValueError("latched, but level 3 needs the watchdog section: it names the key for taking orders down")
    venue = BlockingHttp(
        config.watchdog.rest or config.venue.rest, Signer(*config.watchdog.read(), config.account.recv_window_ms)
    )
    with contextlib.suppress(OSError):
        # Without it the first request is stamped with our own clock, and corrected if the venue minds.
        venue.read_venue_time()
    shared = config.account.shared_account
    sweep = Sweep(
        venue, trigger_s, _GIVE_UP_S, lambda event, fields: _log.warning(event, **fields), shared_account=shared
    )
    sweep.clear_once()
    report.bot = _end_bot(config)
    # Until its end the bot may have placed more.
    if sweep.clear_account():
        sweep.wait_for_horizon(config.account.recv_window_ms)
        sweep.look_again()
    report.sweep = sweep.report
    write_synced(config.files.state / "kill.json", msgspec.json.encode(report) + b"\n")
    return report


def _check_markets(config: BotConfig, level: Level, markets: tuple[str, ...]) -> None:
    known = {f"{market.category}.{market.symbol}" for market in config.markets}
    if unknown := sorted(set(markets) - known):
        raise ValueError(f"market {unknown[0]!r} is not configured; use one of {', '.join(sorted(known))}")
    if markets and level != 1:
        raise ValueError(f"--market belongs to level 1; level {level} always means the whole account")


def _end_bot(config: BotConfig) -> str:
    api_key, _ = config.credentials.read()
    who = holder(lock_file(config.venue.rest, api_key.reveal(), "bot"))
    if who is None:
        return "absent"
    try:
        process = os.pidfd_open(who.pid)
    except ProcessLookupError:
        return "stopped"
    try:
        ended = select.poll()
        ended.register(process, select.POLLIN)
        if ended.poll(_ORDERED_STOP_S * 1000):
            return "stopped"
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(process, signal.SIGKILL)
        ended.poll(_ORDERED_STOP_S * 1000)
        return "killed"
    finally:
        os.close(process)
