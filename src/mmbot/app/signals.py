"""Signals, from the first to the last moment of a process: stop, and re-read the configuration."""

import asyncio
import signal
from collections.abc import Callable

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def on_stop_signals(handler: Callable[[], object]) -> None:
    """Calls `handler` in the running loop at each SIGINT and SIGTERM."""
    loop = asyncio.get_running_loop()
    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, handler)


def on_reload_signal(handler: Callable[[], object]) -> None:
    """Calls `handler` in the running loop at each SIGHUP."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, handler)


def ignore_signals() -> None:
    """Lets nothing disturb a process that is already ending.

    A closing event loop gives the signals back to the system's default, and a repeated one would then kill the interpreter
    between the finished stop and its exit code. Ignored is a property of the process, so it holds in every thread.
    """
    loop = asyncio.get_running_loop()
    for number in (*_STOP_SIGNALS, signal.SIGHUP):
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)
