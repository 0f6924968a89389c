"""One bot process: configuration in, trading, ordered stop, report out."""

import asyncio
import json
import secrets
import sys
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from mmbot._native import Bot
from mmbot.app.account_lock import held, lock_file
from mmbot.app.capture_files import MIB, kept_captures, watch_captures
from mmbot.app.fact_log import FactLog
from mmbot.app.kill_switch import read_latch, refuse_latched
from mmbot.app.latch_watch import Obedience, watch_latch
from mmbot.app.order_count import OrderCount, keep_orders
from mmbot.app.rearm_desk import RearmDesk, watch_requests
from mmbot.app.reload import Reload
from mmbot.app.renewal import Renewal, no_renewal
from mmbot.app.run_report import RunReport
from mmbot.app.shell import Shell
from mmbot.app.signals import ignore_signals, on_reload_signal, on_stop_signals
from mmbot.app.view import View
from mmbot.app.watchdog_link import WatchdogLink
from mmbot.config.load import load_config
from mmbot.config.model import BotConfig
from mmbot.config.secrets import Secret
from mmbot.connectors.http import BANNED, HttpClient
from mmbot.connectors.signing import Signer
from mmbot.connectors.sockets import Sockets
from mmbot.connectors.venue_time import VenueClock, watch_venue_time
from mmbot.observe.log import FileSink, StreamSink, configure_logging, get_logger
from mmbot.ports.clock import WallClock
from mmbot.strategy import Strategy, load_strategy

# What is compared with the exchange's record, string by string; `base_fees` on spot only.
ACCOUNT_KEYS = ("position", "cash", "fees", "base_fees")
EXIT_CLEAN, EXIT_ORDERS_LEFT, EXIT_HALTED = 0, 3, 4


def capture_header(config: BotConfig, core_json: bytes | None = None) -> bytes:
    """What a capture says about its origin: build, core configuration and its hash; never anything secret."""
    core = json.loads(core_json or config.core_json())
    origin: dict[str, Any] = {"build": version("mmbot"), "config_sha256": config.sha256(), "core": core}
    if config.strategy.path is not None:
        origin["strategy"] = {"path": config.strategy.path, "options": config.strategy.options or {}}
    return msgspec.json.encode(origin)


def chosen_strategy(config: BotConfig) -> Strategy | None:
    """The configured strategy class, made; None if a model of the core quotes. ConfigError names the key at fault."""
    chosen = config.strategy
    return None if chosen.path is None else load_strategy(chosen.path, chosen.options)


def socket_urls(config: BotConfig) -> dict[str, str]:
    """The address of each socket path that the core may name."""
    venue = config.venue
    addresses = {
        "/v5/public/linear": venue.ws_public_linear,
        "/v5/public/spot": venue.ws_public_spot,
        "/v5/private": venue.ws_private,
        "/v5/trade": venue.ws_trade,
    }
    return {path: address for path, address in addresses.items() if address is not None}


async def run_bot(path: Path) -> int:
    """Runs until a stop signal or a fatal fact, stops in order, writes the report; returns the exit code. SIGHUP reads the file again.

    Once a market's tick or step has changed, another run follows, with an id, a capture and a report of its own. ConfigError if the file is
    refused; ValueError if the kill switch is latched or another process answers for the account.
    """
    config = load_config(path)
    strategy = chosen_strategy(config)
    api_key, api_secret = config.credentials.read()
    renewal = Renewal(no_renewal(config))
    if config.run.run_id is None:
        config = config.with_run_id(secrets.token_hex(4))
    refuse_latched(config.files.state)
    with held(lock_file(config.venue.rest, api_key.reveal(), "bot"), f"{config.run.run_id}"):
        log_sink = FileSink(config.files.log) if config.files.log else StreamSink(sys.stderr)
        configure_logging(log_sink, secrets=(api_key, api_secret), level="info")
        while True:
            code, config = await _run_once(config, path, (api_key, api_secret), strategy, renewal)
            if code != EXIT_CLEAN or not renewal.is_due():
                ignore_signals()
                return code
            config = config.with_run_id(secrets.token_hex(4))
            # What the last one remembers is of another run.
            strategy = chosen_strategy(config)


async def _run_once(
    config: BotConfig, path: Path, key: tuple[Secret, Secret], strategy: Strategy | None, renewal: Renewal
) -> tuple[int, BotConfig]:
    """One run from start to ordered stop: its exit code, and the configuration as it was at its end."""
    api_key, api_secret = key
    capture = config.files.capture_path(f"{config.run.run_id}")
    orders = OrderCount(config.files.state)
    core = _core(config, capture, orders)
    clock, report = WallClock(), RunReport()
    shell = Shell(core, clock, strategy)
    view = View(shell.latency)
    reload = Reload(path, config, shell.params)
    desk = RearmDesk(shell, clock, config.files.state)
    shell.subscribe(FactLog(), report, view, reload, desk, renewal, orders)
    signer = Signer(api_key, api_secret, config.account.recv_window_ms)
    http = HttpClient(config.venue.rest, signer, shell)
    venue_clock = VenueClock(clock)
    sockets = Sockets(socket_urls(config), signer, venue_clock, shell, on_banned=partial(http.heard, BANNED))
    shell.attach(sockets, http)

    def corrected(offset_ns: int) -> None:
        venue_clock.correct(offset_ns)
        shell.clock_offset(offset_ns)

    on_stop_signals(renewal.end)
    on_reload_signal(reload.begin)
    watchdog = await _watched(config, api_key, shell)
    loop = asyncio.get_running_loop()
    shell.begin()
    kill_switch = Obedience(shell, (f"{market.category}.{market.symbol}" for market in config.markets))
    kill_switch.obey(read_latch(config.files.state))
    renewal.begin(shell.stop)
    beside = [
        loop.create_task(watch_venue_time(http, config.venue.rest, clock, corrected)),
        loop.create_task(watch_latch(config.files.state, kill_switch.obey)),
        loop.create_task(watch_requests(config.files.state, desk.take)),
        loop.create_task(keep_orders(orders)),
    ]
    if capture is not None:
        beside.append(loop.create_task(watch_captures(kept_captures(config, capture))))
    await shell.stopped.wait()
    renewal.over()
    for task in beside:
        task.cancel()
    await asyncio.gather(*beside, return_exceptions=True)
    if watchdog is not None:
        await watchdog.close(nothing_open=report.clean is True)
    await sockets.aclose()
    await http.aclose()
    view.close()
    kept = _written("capture", core.close_capture)
    kept &= _written("orders", orders.write)
    if config.files.report is not None:
        kept &= _written("report", partial(write_json, config.files.report, describe(core, shell, report, capture)))
    if shell.halted or not kept:
        return EXIT_HALTED, reload.running
    return EXIT_CLEAN if report.clean else EXIT_ORDERS_LEFT, reload.running


def _core(config: BotConfig, capture: Path | None, orders: OrderCount) -> Bot:
    if capture is not None:
        capture.parent.mkdir(parents=True, exist_ok=True)
    core_json = config.core_json(orders.known())
    return Bot(core_json, capture, capture_header(config, core_json), config.files.capture_part_mib * MIB)


def _written(what: str, write: Callable[[], object]) -> bool:
    """False, said in the log, if the disk did not take it: the bot is at its end and must still end in order."""
    try:
        write()
    except OSError as error:
        get_logger(__name__).error("not_written", what=what, error=str(error))
        return False
    return True


async def _watched(config: BotConfig, api_key: Secret, shell: Shell) -> WatchdogLink | None:
    if config.watchdog is None:
        get_logger(__name__).warning("no_watchdog", fix="add the watchdog section: without it a dead bot's orders stay")
        return None
    link = WatchdogLink(config, api_key, partial(shell.halt, "unwatched"))
    await link.start()
    return link


def describe(core: Bot, shell: Shell, report: RunReport, capture: Path | None) -> dict[str, Any]:
    """The run as plain values."""
    accounts = core.accounts()
    return {
        **report.summary(),
        "symbols": sorted(accounts),
        "capture": None if capture is None else str(capture),
        "frames": shell.frames,
        "decisions": sum(row["decisions"] for row in accounts.values()),
        "bot": {market: {key: row[key] for key in ACCOUNT_KEYS if key in row} for market, row in accounts.items()},
        "latency_us": {
            "p50": shell.latency.quantile(0.5),
            "p99": shell.latency.quantile(0.99),
            "samples": shell.latency.total,
        },
        "commands": core.commands,
        "command_hash": core.command_hash,
        "trusted": report.trusted(),
    }


def write_json(path: Path, document: Any) -> None:
    """Writes a JSON file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
    draft.replace(path)
