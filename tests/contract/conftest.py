"""One local exchange for a module's contract tests, a process of its own as clients meet it, and the SDK's objects before it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pybit._websocket_trading
import pybit.unified_trading
import pytest
from pybit.unified_trading import HTTP, WebSocket, WebSocketTrading
from tests.contract.calls import Counted
from tests.contract.heard import Heard

START = "import typer; from mmbot.exchange.cli import exchange_command; typer.run(exchange_command)"
HERE = Path(__file__).parent
COUNT = "test_the_sdk_was_answered_by_sixty_distinct_calls"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What counts the calls comes after all of them."""
    items.sort(key=lambda item: item.name == COUNT)


@pytest.fixture
def whole_folder(request: pytest.FixtureRequest) -> None:
    """Skips where only a part of this folder runs: a count of a part says nothing."""
    collected = {item.path for item in request.session.items}
    if not set(HERE.glob("test_*.py")) <= collected:
        pytest.skip("counts the calls of the whole folder: run tests/contract")


@contextmanager
def running_exchange(folder: Path, *arguments: str) -> Iterator[dict[str, str]]:
    """An exchange that lives until its standard input is closed; gives its ready line."""
    # The SDK registers its callback after it has sent: on a busy machine that takes longer than the usual delay.
    patient = ("--reply-delay-ms", "25", "--until-stdin-closes", "--ready-file", str(folder / "ready"))
    command = [sys.executable, "-c", START, *patient, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        ready: dict[str, Any] = json.loads(process.stdout.readline())
        assert json.loads((folder / "ready").read_bytes()) == ready
        try:
            yield ready
        finally:
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(timeout=15) == 0, "the exchange must stop cleanly at the end of its standard input"


@contextmanager
def books_heard(*categories: str, symbol: str = "BTCUSDT") -> Iterator[None]:
    """A book of each category, listened to, so that its market runs."""
    with ExitStack() as sockets:
        for category in categories:
            books = Heard()
            sockets.enter_context(listening(category)).orderbook_stream(1, symbol, books)
            books.first()
        yield


def matching_exchange(*arguments: str) -> Any:
    """A module's fixture `exchange`, without takers: `exchange = matching_exchange("--symbols", "BTCUSDT")`."""

    @pytest.fixture(scope="module")
    def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
        with running_exchange(tmp_path_factory.mktemp("exchange"), *arguments) as ready:
            yield ready

    return exchange


def markets_running(*categories: str) -> Any:
    """A module's fixture that each of its tests has: the books of these categories are listened to."""

    @pytest.fixture(autouse=True)
    def running(urls: dict[str, str]) -> Iterator[None]:
        assert urls
        with books_heard(*categories):
            yield

    return running


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A matching exchange at market-maker fees with takers."""
    folder = tmp_path_factory.mktemp("exchange")
    with running_exchange(
        folder, "--fee-tier", "mm1", "--takers", "7", "--record-file", str(folder / "record")
    ) as ready:
        yield ready
    record = json.loads((folder / "record").read_bytes())
    assert record["refused_happenings"] == 0, "the exchange's own books must explain every message of its liquidity"


@contextmanager
def session(ready: dict[str, str]) -> Iterator[HTTP]:
    """The SDK's REST session, counted."""
    target = HTTP(api_key=ready["api_key"], api_secret=ready["api_secret"])
    target.endpoint = ready["rest"]
    with target.client:
        yield Counted(target, "rest")


@pytest.fixture
def rest(exchange: dict[str, str]) -> Iterator[HTTP]:
    with session(exchange) as one:
        yield one


@pytest.fixture
def urls(exchange: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr(
        pybit.unified_trading, "PUBLIC_WSS", exchange["ws_public_linear"].replace("linear", "{CHANNEL_TYPE}")
    )
    monkeypatch.setattr(pybit.unified_trading, "PRIVATE_WSS", exchange["ws_private"])
    monkeypatch.setattr(pybit._websocket_trading, "TRADE_WSS", exchange["ws_trade"])
    return exchange


@contextmanager
def listening(channel: str) -> Iterator[WebSocket]:
    """The SDK's public socket of a channel, counted; the addresses must be set."""
    socket = WebSocket(testnet=False, channel_type=channel, retries=2)
    yield Counted(socket, channel)
    socket.exit()


@pytest.fixture
def public(urls: dict[str, str]) -> Iterator[WebSocket]:
    assert urls
    with listening("linear") as socket:
        yield socket


@pytest.fixture
def private(urls: dict[str, str]) -> Iterator[WebSocket]:
    key = {"api_key": urls["api_key"], "api_secret": urls["api_secret"]}
    socket = WebSocket(testnet=False, channel_type="private", retries=2, **key)
    yield Counted(socket, "private")
    socket.exit()


@pytest.fixture
def trading(urls: dict[str, str]) -> Iterator[WebSocketTrading]:
    socket = WebSocketTrading(testnet=False, api_key=urls["api_key"], api_secret=urls["api_secret"], retries=2)
    yield Counted(socket, "trade")
    socket.exit()
