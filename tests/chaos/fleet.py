"""A local exchange and bots on it as processes of their own, and the exchange's own word on what they left."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from mmbot.app.profiles import PROFILES
from mmbot.app.sizing import market_section
from mmbot.config.secrets import Secret
from mmbot.connectors.blocking_http import BlockingHttp
from mmbot.connectors.signing import Signer

PROFILE = PROFILES["demo-mm1"]
PROGRAM = (sys.executable, "-m", "mmbot")
LISTINGS = {"linear": "category=linear&settleCoin=USDT", "spot": "category=spot"}


def until(condition: Callable[[], Any], within_s: float, what: str, poll_s: float = 0.02) -> Any:
    """The condition's first true value."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(poll_s)
    raise AssertionError(f"{what}: not within {within_s} s")


class Venue:
    """One exchange process. `ask` and the listings below are its own word, over a connection of the judge's."""

    def __init__(self, folder: Path, *options: str) -> None:
        ready_file = folder / "ready.json"
        command = [sys.executable, "-m", "mmbot", "exchange", "--until-stdin-closes", "--ready-file", str(ready_file)]
        command += ["--fee-tier", PROFILE.fee_tier, *options]
        with (folder / "exchange.err").open("wb") as errors:
            self.process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors
            )
        until(ready_file.exists, 60, "exchange ready")
        self.ready: dict[str, str] = json.loads(ready_file.read_bytes())
        self.port = int(self.ready["rest"].rpartition(":")[2])
        key, secret = (Secret(self.ready[name].encode()) for name in ("watchdog_api_key", "watchdog_api_secret"))
        self._http = BlockingHttp(self.ready["rest"], Signer(key, secret, 5000))

    def ask(self, path: str, method: str = "GET", body: bytes | None = None) -> dict[str, Any]:
        request = urllib.request.Request(self.ready["rest"] + path, method=method, data=body)  # noqa: S310 - a loopback address
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            document: dict[str, Any] = json.load(answer)
        return document

    def markets(self) -> dict[str, dict[str, Any]]:
        markets: dict[str, dict[str, Any]] = self.ask("/sim/record")["markets"]
        return markets

    def _pages(self, path: str, query: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        cursor = ""
        while True:
            answer = self._http.get(path, query + (f"&cursor={cursor}" if cursor else ""))
            if answer.code == 10006:
                time.sleep(0.2)
                continue
            assert answer.code == 0, answer
            rows += answer.result["list"]
            cursor = answer.result.get("nextPageCursor") or ""
            if not cursor:
                return rows

    def open_orders(self) -> list[dict[str, Any]]:
        queries = LISTINGS.values()
        return [row for query in queries for row in self._pages("/v5/order/realtime", f"{query}&openOnly=0&limit=50")]

    def ended_orders(self) -> list[dict[str, Any]]:
        """Every order of the account that has ended, with its category."""
        return [
            row | {"category": category}
            for category in LISTINGS
            for row in self._pages("/v5/order/history", f"category={category}&limit=50")
        ]

    def execution_ids(self) -> Counter[str]:
        return Counter(
            row["execId"]
            for category in LISTINGS
            for row in self._pages("/v5/execution/list", f"category={category}&limit=100")
        )

    def close(self) -> None:
        self._http.close()
        if self.process.stdin is not None:
            self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def configuration(venue: Venue, folder: Path, port: int, **watchdog: float) -> dict[str, Any]:
    """A bot's configuration by way of `port` (a proxy, or the exchange's own); its watchdog talks to the exchange directly."""
    for name in ("api_key", "api_secret", "watchdog_api_key", "watchdog_api_secret"):
        path = folder / name
        path.touch(0o600)
        path.write_text(venue.ready[name])
    markets = []
    for name in venue.markets():
        category, _, symbol = name.partition(".")
        scope = f"category={category}&symbol={symbol}"
        item = venue.ask(f"/v5/market/instruments-info?{scope}")["result"]["list"][0]
        bid = venue.ask(f"/v5/market/tickers?{scope}")["result"]["list"][0]["bid1Price"]
        markets.append(market_section(category, item, bid))
    doors = {
        name: venue.ready[name] for name in ("ws_public_linear", "ws_public_spot", "ws_private", "ws_trade", "rest")
    }
    return {
        "venue": {name: address.replace(f":{venue.port}", f":{port}") for name, address in doors.items()},
        "credentials": {"api_key_file": str(folder / "api_key"), "api_secret_file": str(folder / "api_secret")},
        "watchdog": {
            "api_key_file": str(folder / "watchdog_api_key"),
            "api_secret_file": str(folder / "watchdog_api_secret"),
            "rest": venue.ready["rest"],
            "give_up_s": 20.0,
            **watchdog,
        },
        "markets": markets,
        # Restless: every step of an order's way is to come soon.
        "strategy": {**PROFILE.strategy, "replace_threshold_bps": 0.3},
        "files": {"log": str(folder / "bot.log"), "state": str(folder / "state"), "report": str(folder / "bot.json")},
    }


class BotProcess:
    """One `mmbot run` in a folder of its own; its log begins where an earlier one in that folder ended."""

    def __init__(self, folder: Path, config: dict[str, Any], program: tuple[str, ...]) -> None:
        self.folder = folder
        self.config_file = folder / "bot.yaml"
        self.config_file.write_text(yaml.safe_dump(config))
        self._log = folder / "bot.log"
        self._from = self._log.stat().st_size if self._log.exists() else 0
        self.started_ns = time.time_ns()
        with (folder / "bot.err").open("ab") as errors:
            self.process = subprocess.Popen(
                [*program, "run", "--config", str(self.config_file)],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def errors(self) -> str:
        return (self.folder / "bot.err").read_text()[-2000:]

    def facts(self, event: str) -> list[dict[str, Any]]:
        """This run's log lines of one kind."""
        with self._log.open("rb") as file:
            file.seek(self._from)
            lines = file.read().splitlines(keepends=True)
        rows = [json.loads(line) for line in lines if line.endswith(b"\n") and f'"event": "{event}"'.encode() in line]
        return [row for row in rows if row["event"] == event]

    def until_fact(self, event: str, within_s: float = 20.0, **fields: Any) -> dict[str, Any]:
        def found() -> dict[str, Any] | None:
            assert self.process.poll() is None or event == "took_over", f"the bot ended early: {self.errors()}"
            if not self._log.exists():
                return None
            rows = (row for row in self.facts(event) if all(row.get(key) == value for key, value in fields.items()))
            return next(rows, None)

        row: dict[str, Any] = until(found, within_s, f"fact {event} {fields}")
        return row

    def until_consistent(self, within_s: float = 30.0) -> float:
        """Seconds from the start of the process to the end of its recovery."""
        done = self.until_fact("recovery_moved", within_s, stage="done")
        return float(done["ts_ns"] - self.started_ns) / 1e9

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(10)

    def until_taken_over(self, within_s: float = 30.0) -> dict[str, Any]:
        """The watchdog's report, once it is written."""
        path = self.folder / "state" / "watchdog.json"

        def written() -> dict[str, Any] | None:
            if not path.exists() or path.stat().st_mtime_ns < self.started_ns:
                return None
            report: dict[str, Any] = json.loads(path.read_bytes())
            return report

        report: dict[str, Any] = until(written, within_s, "watchdog's report")
        return report

    def finish(self, within_s: float) -> int:
        return self.process.wait(timeout=within_s)

    def report(self) -> dict[str, Any]:
        """What the bot wrote about itself when it ended."""
        document: dict[str, Any] = json.loads((self.folder / "bot.json").read_bytes())
        return document

    def close(self) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self.process.wait(10)
