"""Somebody else's order on a shared account stands through everything that takes ours down, by the exchange's own listing."""

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.fleet import PROGRAM, BotProcess, Venue, configuration, until
from tests.e2e.commands import command

from mmbot.app.sweep import OF_A_RUN
from mmbot.config.secrets import Secret
from mmbot.connectors.blocking_http import BlockingHttp
from mmbot.connectors.signing import Signer

# Of nobody, and of a hand that writes ids of its own.
OTHERS = ("", "by-hand")


class SharedAccount:
    """A bot that quotes beside resting orders of somebody else: in its own symbol, and in one that it does not trade."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.venue = Venue(folder, "--symbols", "BTCUSDT,ETHUSDT")
        stack.callback(self.venue.close)
        config = configuration(self.venue, folder, self.venue.port, deadline_s=3.0)
        config["account"] = {"shared_account": True}
        config["markets"] = [row for row in config["markets"] if row["symbol"] == "BTCUSDT"]
        ready = self.venue.ready
        signer = Signer(Secret(ready["api_key"].encode()), Secret(ready["api_secret"].encode()), 5000)
        self._http = BlockingHttp(ready["rest"], signer)
        stack.callback(self._http.close)
        for client_order_id in OTHERS:
            for symbol in ("BTCUSDT", "ETHUSDT"):
                self._rest(symbol, client_order_id)
        self.others = self.ids(lambda _row: True)
        assert len(self.others) == 2 * len(OTHERS)
        self.bot = BotProcess(folder, config, PROGRAM)
        stack.callback(self.bot.close)

    def _rest(self, symbol: str, client_order_id: str) -> None:
        scope = f"category=linear&symbol={symbol}"
        bid = self.venue.ask(f"/v5/market/tickers?{scope}")["result"]["list"][0]["bid1Price"]
        order = {"category": "linear", "symbol": symbol, "side": "Buy", "orderType": "Limit"}
        order |= {"price": str(int(float(bid) * 0.97)), "qty": "1", "timeInForce": "PostOnly"}
        order["orderLinkId"] = f"{client_order_id}-{symbol}" if client_order_id else ""
        answer = self._http.post("/v5/order/create", order)
        assert answer.code == 0, answer

    def ids(self, wanted: Callable[[dict[str, Any]], bool]) -> set[str]:
        return {row["orderId"] for row in self.venue.open_orders() if wanted(row)}

    def ours(self) -> set[str]:
        return self.ids(lambda row: OF_A_RUN.fullmatch(row["orderLinkId"]) is not None)


def stop(shared: SharedAccount) -> None:
    shared.bot.send(signal.SIGTERM)
    assert shared.bot.finish(35) == 0


def die(shared: SharedAccount) -> None:
    shared.bot.kill()
    assert shared.bot.until_taken_over()["sweep"]["verified"]


def be_killed(shared: SharedAccount) -> None:
    code, report, errors = command(shared.bot.config_file, "kill", "--why", "drill")
    assert code == 0, errors
    assert report["sweep"]["verified"]
    assert report["sweep"]["cancelled"] > 0


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SharedAccount]:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with ExitStack() as stack:
        yield SharedAccount(tmp_path, stack)


@pytest.mark.parametrize("end", [stop, die, be_killed])
def test_others_orders_stand_when_ours_are_taken_down(
    shared: SharedAccount, end: Callable[[SharedAccount], None]
) -> None:
    until(lambda: len(shared.ours()) >= 2, 60, "the bot quotes")
    end(shared)
    assert shared.ids(lambda _row: True) == shared.others
    assert not shared.bot.facts("fatal")
