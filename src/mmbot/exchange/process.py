"""One exchange process from start to stop: ready line, signals, end of standard input, record."""

import asyncio
import os
import signal
import socket
import sys
import threading
from pathlib import Path

import msgspec
from aiohttp import web

from mmbot._native import Exchange
from mmbot.exchange import recording
from mmbot.exchange.host import Host
from mmbot.exchange.options import ExchangeOptions, settings
from mmbot.exchange.server import Server
from mmbot.exchange.signature import KeyPair, new_key_pair
from mmbot.ports.clock import WallClock

LOOPBACK = "127.0.0.1"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
SHUTDOWN_S = 2.0


def build(options: ExchangeOptions) -> Exchange:
    """The native exchange that the options describe; ValueError names the option, field or line at fault."""
    if options.data is None:
        return Exchange(settings(options))
    item = recording.sidecar(options.data)
    return Exchange(settings(options), [] if item is None else [item], recording.lines(options.data))


def addresses(port: int, pair: KeyPair, second: KeyPair) -> bytes:
    """The ready line: where the doors are and the keys of this run, as JSON; the second key is for a watchdog."""
    sockets = f"ws://{LOOPBACK}:{port}/v5"
    return msgspec.json.encode(
        {
            "rest": f"http://{LOOPBACK}:{port}",
            "ws_public_linear": f"{sockets}/public/linear",
            "ws_public_spot": f"{sockets}/public/spot",
            "ws_private": f"{sockets}/private",
            "ws_trade": f"{sockets}/trade",
            "api_key": pair.api_key,
            "api_secret": pair.api_secret,
            "watchdog_api_key": second.api_key,
            "watchdog_api_secret": second.api_secret,
        }
    )


def write_private(path: Path, content: bytes) -> None:
    """Writes a file that only its owner may read; it appears whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def watch_end(options: ExchangeOptions, stop: asyncio.Event) -> None:
    """Sets `stop` at SIGINT or SIGTERM, or, with `until_stdin_closes`, at the end of standard input and at nothing else."""
    loop = asyncio.get_running_loop()
    ignored = asyncio.Event()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, (ignored if options.until_stdin_closes else stop).set)
    if options.until_stdin_closes:

        def drain() -> None:
            while os.read(sys.stdin.fileno(), 4096):
                pass
            loop.call_soon_threadsafe(stop.set)

        threading.Thread(target=drain, name="stdin", daemon=True).start()


async def serve(options: ExchangeOptions) -> None:
    """Serves one exchange until it is told to stop, then writes its record.

    Prints one JSON line (see `addresses`) to standard output and, if asked, to `ready_file` once everything listens.
    """
    stop = asyncio.Event()
    watch_end(options, stop)
    exchange = build(options)
    pair, second = new_key_pair(), new_key_pair()
    host = Host(exchange, WallClock())
    runner = web.AppRunner(Server(host, (pair, second)).application(), access_log=None, shutdown_timeout=SHUTDOWN_S)
    await runner.setup()
    listener = socket.create_server((LOOPBACK, options.port))
    try:
        await web.SockSite(runner, listener).start()
        ready = addresses(listener.getsockname()[1], pair, second)
        if options.ready_file is not None:
            write_private(options.ready_file, ready + b"\n")
        sys.stdout.write(ready.decode() + "\n")
        sys.stdout.flush()
        await stop.wait()
        record = host.record()
    finally:
        host.stop()
        await runner.cleanup()
    if options.record_file is not None:
        write_private(options.record_file, record + b"\n")
