"""`mmbot demo`: one supervisor, an exchange process and a bot process, over real sockets on this machine.

The exchange outlives the bot: it ignores signals and ends when this process closes its standard input. A signal to this process,
or to the whole group as Ctrl-C sends it, stops the bot in order; repeating it shortens nothing.
"""

import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import yaml

from mmbot.app.demo_report import compose
from mmbot.app.profiles import PROFILES, Profile
from mmbot.app.run import write_json
from mmbot.app.signals import ignore_signals, on_stop_signals
from mmbot.app.sizing import market_section, opening_bids
from mmbot.exchange.recording import lines

_READY_S = 60.0
_POLL_S = 0.1
# The bot's own stop has 30 s; past that something is wrong with the bot itself.
_STOP_S = 35.0
_EXCHANGE_END_S = 10.0
EXIT_NOT_RECONCILED = 5
KEY_FILES = ("api_key", "api_secret", "watchdog_api_key", "watchdog_api_secret")
VENUE_KEYS = ("rest", "ws_public_linear", "ws_public_spot", "ws_private", "ws_trade")


class DemoOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What `mmbot demo` was asked for; see its options."""

    run_s: float | None = None
    data: Path | None = None
    from_s: float = 0.0
    to_s: float | None = None
    takers: int | None = None
    symbols: tuple[str, ...] = ()
    report: Path | None = None
    profile: str = "demo-mm1"


class ReadyLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the exchange says once it listens."""

    rest: str
    ws_public_linear: str
    ws_public_spot: str | None = None
    ws_private: str
    ws_trade: str
    api_key: str
    api_secret: str
    watchdog_api_key: str
    watchdog_api_secret: str


class Demo:
    """One demo run in its own folder."""

    def __init__(self, options: DemoOptions, profile: Profile, folder: Path) -> None:
        self._options = options
        self._profile = profile
        self._folder = folder
        self._stop_asked = asyncio.Event()

    async def run(self) -> int:
        """Exchange up, bot up, wait, bot down, report, exchange down."""
        on_stop_signals(self._stop_asked.set)
        exchange = await self._start_exchange()
        try:
            ready = await self._ready(exchange)
            async with aiohttp.ClientSession(ready.rest) as session:
                config = await self._configure(session, ready)
                bot = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "mmbot", "run", "--config", str(config)
                )
                await self._wait_for_end(session, bot)
                code = await self._stop_bot(bot)
                record = await _get(session, "/sim/record")
            return self._report(code, record)
        finally:
            await _end_exchange(exchange)
            ignore_signals()

    async def _start_exchange(self) -> asyncio.subprocess.Process:
        options = self._options
        words = ["exchange", "--until-stdin-closes", "--ready-file", str(self._folder / "ready.json")]
        words += ["--fee-tier", self._profile.fee_tier, "--two-sided-bps", str(self._profile.two_sided_bps)]
        words += ["--symbols", ",".join(options.symbols)]
        for name, value in (("--data", options.data), ("--to", options.to_s), ("--takers", options.takers)):
            if value is not None:
                words += [name, str(value)]
        if options.data is not None:
            words += ["--from", str(options.from_s)]
        pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        return await asyncio.create_subprocess_exec(sys.executable, "-m", "mmbot", *words, stdin=pipe, stdout=null)

    async def _ready(self, exchange: asyncio.subprocess.Process) -> ReadyLine:
        path = self._folder / "ready.json"
        deadline = time.monotonic() + _READY_S
        while not path.exists():
            if exchange.returncode is not None:
                raise ValueError(f"the exchange ended with code {exchange.returncode} before it was ready")
            if time.monotonic() > deadline:
                raise ValueError(f"the exchange was not ready within {_READY_S:g} s")
            await asyncio.sleep(0.05)
        return msgspec.json.decode(path.read_bytes(), type=ReadyLine)

    async def _configure(self, session: aiohttp.ClientSession, ready: ReadyLine) -> Path:
        """Writes the bot's configuration and key files; sizes follow each market's own price and steps."""
        items = await _listed(session)
        prices = await self._prices(session, set(items))
        for name in KEY_FILES:
            _write_private(self._folder / name, getattr(ready, name))
        document: dict[str, Any] = {
            "venue": {name: value for name in VENUE_KEYS if (value := getattr(ready, name)) is not None},
            "credentials": {
                "api_key_file": str(self._folder / "api_key"),
                "api_secret_file": str(self._folder / "api_secret"),
            },
            "watchdog": {
                "api_key_file": str(self._folder / "watchdog_api_key"),
                "api_secret_file": str(self._folder / "watchdog_api_secret"),
                # The exchange does not outlive the demo for longer.
                "give_up_s": 20.0,
            },
            "markets": [market_section(name.partition(".")[0], item, prices[name]) for name, item in items.items()],
            "strategy": self._profile.strategy,
            "files": {
                "capture": str(self._folder / "session.mmcap"),
                "report": str(self._folder / "bot.json"),
                "log": str(self._folder / "bot.log"),
                "state": str(self._folder / "state"),
            },
        }
        path = self._folder / "bot.yaml"
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        return path

    async def _prices(self, session: aiohttp.ClientSession, names: set[str]) -> dict[str, str]:
        if self._options.data is not None:
            # A recording shows nothing before its first subscription.
            return opening_bids(lines(self._options.data), names)
        prices = {}
        for name in names:
            category, _, symbol = name.partition(".")
            answer = await _get(session, f"/v5/market/tickers?category={category}&symbol={symbol}")
            prices[name] = answer["result"]["list"][0]["bid1Price"]
        return prices

    async def _wait_for_end(self, session: aiohttp.ClientSession, bot: asyncio.subprocess.Process) -> None:
        """Until a signal, the run's length, the recording's end, or the bot's own end."""
        while not self._stop_asked.is_set() and bot.returncode is None:
            status = await _get(session, "/sim/status")
            first_ns = status["first_subscription_ns"]
            run_s = self._options.run_s
            if status["tape_ended"] or (
                run_s is not None and first_ns is not None and status["now_ns"] - first_ns >= run_s * 1e9
            ):
                return
            try:
                await asyncio.wait_for(self._stop_asked.wait(), _POLL_S)
            except TimeoutError:
                continue

    async def _stop_bot(self, bot: asyncio.subprocess.Process) -> int:
        if bot.returncode is None:
            bot.send_signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(bot.wait(), _STOP_S)
        except TimeoutError:
            bot.kill()
            await bot.wait()
            raise ValueError(f"the bot did not stop within {_STOP_S:g} s and was killed") from None

    def _report(self, code: int, record: dict[str, Any]) -> int:
        path = self._folder / "bot.json"
        if not path.exists():
            raise ValueError(
                f"the bot ended with code {code} and left no report; its log is {self._folder / 'bot.log'}"
            )
        report = compose(msgspec.json.decode(path.read_bytes()), record, self._options.profile)
        write_json(self._folder / "report.json", report)
        if self._options.report is not None:
            write_json(self._options.report, report)
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n")
        sys.stdout.write(f"folder: {self._folder}\n")
        return code or (0 if report["reconciled"] and report["open_orders_left"] == 0 else EXIT_NOT_RECONCILED)


async def run_demo(options: DemoOptions) -> int:
    """Runs one demo; returns its exit code: 0 only if the bot stopped clean, agrees with the exchange, and left no order."""
    profile = PROFILES.get(options.profile)
    if profile is None:
        raise ValueError(f"profile {options.profile!r} is unknown; use one of {', '.join(PROFILES)}")
    return await Demo(options, profile, _new_folder()).run()


def _new_folder() -> Path:
    root = Path("var/demo")
    root.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=time.strftime("%Y%m%d-%H%M%S-"), dir=root)).absolute()


async def _listed(session: aiohttp.ClientSession) -> dict[str, dict[str, Any]]:
    """The instruments-info items of every market that the exchange runs, by name ("linear.BTCUSDT")."""
    items: dict[str, dict[str, Any]] = {}
    for category in ("linear", "spot"):
        answer = await _get(session, f"/v5/market/instruments-info?category={category}&limit=1000")
        items |= {f"{category}.{item['symbol']}": item for item in answer["result"].get("list", [])}
    return items


async def _get(session: aiohttp.ClientSession, path: str) -> dict[str, Any]:
    async with session.get(path) as response:
        answer: dict[str, Any] = msgspec.json.decode(await response.read())
        return answer


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)


async def _end_exchange(exchange: asyncio.subprocess.Process) -> None:
    if exchange.stdin is not None:
        exchange.stdin.close()
    try:
        await asyncio.wait_for(exchange.wait(), _EXCHANGE_END_S)
    except TimeoutError:
        exchange.kill()
        await exchange.wait()
