"""The bot's end of its watchdog: starts it, gives it heartbeats, and notices when it is the watchdog that is gone.

A watchdog that dies, or does not answer for one deadline, is replaced at once. One that will not stay (more than `MAX_RESTARTS` in
`RESTART_WINDOW_S`) ends the bot in order: it must not trade unwatched.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec

from mmbot.app.account_lock import lock_file, take
from mmbot.app.watchdog import GOODBYE, READY, Orders
from mmbot.config.model import BotConfig
from mmbot.config.secrets import Secret
from mmbot.observe.log import get_logger

MAX_RESTARTS = 3
RESTART_WINDOW_S = 600.0
_READY_S = 20.0
# A watchdog that takes over lets go of the account as soon as nothing is open; one that cannot reach the venue holds it.
_PREDECESSOR_S = 30.0

_log = get_logger(__name__)


class WatchdogLink:
    """One bot's watchdog, and the one after it."""

    def __init__(self, config: BotConfig, api_key: Secret, on_unwatched: Callable[[], None]) -> None:
        if config.watchdog is None:
            raise ValueError("watchdog: the section is not configured")
        self._section = config.watchdog
        self._orders = Orders(
            rest=config.watchdog.rest or config.venue.rest,
            api_key_file=str(config.watchdog.api_key_file),
            api_secret_file=str(config.watchdog.api_secret_file),
            recv_window_ms=config.account.recv_window_ms,
            shared_account=config.account.shared_account,
            deadline_s=config.watchdog.deadline_s,
            give_up_s=config.watchdog.give_up_s,
            run_id=f"{config.run.run_id}",
            bot_pid=os.getpid(),
            bot_fd=os.pidfd_open(os.getpid()),
            lock=str(lock_file(config.venue.rest, api_key.reveal(), "sweep")),
            report=str(config.files.state / "watchdog.json"),
            log=None if config.files.log is None else str(watchdog_log(config.files.log)),
        )
        self._on_unwatched = on_unwatched
        # Not asyncio's: that one kills its child when the loop ends, and this child is there to outlive us.
        self._process: subprocess.Popen[bytes] | None = None
        self._said = bytearray()
        self._heard = asyncio.Event()
        self._starts: deque[float] = deque(maxlen=MAX_RESTARTS + 1)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Waits for an earlier run's watchdog to be done, then starts ours; ValueError if either does not come about."""
        section, state = self._section, Path(self._orders.report).parent
        # Whatever is wrong with its key shall be said here, by name, and not in another process.
        section.read()
        state.mkdir(parents=True, exist_ok=True)
        os.close(await asyncio.to_thread(take, Path(self._orders.lock), self._orders.run_id, wait_s=_PREDECESSOR_S))
        await self._launch()
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._beat()), loop.create_task(self._keep())]

    async def _launch(self) -> None:
        process = subprocess.Popen(  # noqa: ASYNC220 - our own program; starting it takes no longer than a fork
            (sys.executable, "-m", "mmbot.app.watchdog"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(self._orders.bot_fd,),
            # A session of its own: what is sent to the bot's group, or to its terminal, must not reach it.
            start_new_session=True,
        )
        self._process = process
        self._starts.append(time.monotonic())
        self._said.clear()
        self._heard.clear()
        for pipe in (_pipe(process.stdin), _pipe(process.stdout)):
            os.set_blocking(pipe, False)
        asyncio.get_running_loop().add_reader(_pipe(process.stdout), self._on_answer)
        self._tell(msgspec.json.encode(self._orders) + b"\n")
        # Answers to heartbeats may stand behind it.
        if not (await self._answer(_READY_S)).startswith(READY):
            await self._bury()
            raise ValueError(f"the watchdog did not start (exit code {process.returncode}); its reason is on stderr")
        _log.info("watchdog_started", pid=process.pid)

    def _on_answer(self) -> None:
        if self._process is None:
            return
        try:
            data = os.read(_pipe(self._process.stdout), 4096)
        except BlockingIOError:
            return
        if not data:
            asyncio.get_running_loop().remove_reader(_pipe(self._process.stdout))
        self._said += data
        self._heard.set()

    async def _answer(self, within_s: float) -> bytes:
        """What the watchdog said next; nothing if it is gone or silent for so long."""
        try:
            # Not `wait_for`: that of Python 3.11 forgets a cancellation that comes together with the answer.
            async with asyncio.timeout(within_s):
                await self._heard.wait()
        except TimeoutError:
            return b""
        self._heard.clear()
        said = bytes(self._said)
        self._said.clear()
        return said

    def _tell(self, data: bytes) -> None:
        """A pipe that is full or broken belongs to a watchdog that is noticed by its silence."""
        if self._process is not None:
            with contextlib.suppress(BlockingIOError, BrokenPipeError):
                os.write(_pipe(self._process.stdin), data)

    async def _beat(self) -> None:
        """Signs of life from the same loop that trades: if that hangs, they stop."""
        while True:
            self._tell(b".")
            await asyncio.sleep(self._section.heartbeat_s)

    async def _keep(self) -> None:
        while True:
            # The second wait: if it was this loop that stood still, the answer lies there already.
            while await self._answer(self._section.deadline_s) or await self._answer(self._section.heartbeat_s):
                pass
            await self._bury()
            _log.error("watchdog_lost", code=None if self._process is None else self._process.returncode)
            if len(self._starts) > MAX_RESTARTS and time.monotonic() - self._starts[0] < RESTART_WINDOW_S:
                break
            try:
                await self._launch()
            except (ValueError, OSError) as error:
                _log.error("watchdog_not_restarted", error=str(error))
                break
        self._on_unwatched()

    async def _bury(self) -> None:
        """Ends what is left of a watchdog and forgets its pipes."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return
        process.kill()
        asyncio.get_running_loop().remove_reader(process.stdout.fileno())
        await asyncio.to_thread(process.wait)
        process.stdin.close()
        process.stdout.close()

    async def close(self, *, nothing_open: bool) -> None:
        """The bot is done. If it is not sure that nothing is open, the watchdog takes over once this process has ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        process = self._process
        if process is None or process.returncode is not None:
            return
        asyncio.get_running_loop().remove_reader(_pipe(process.stdout))
        if nothing_open:
            self._tell(GOODBYE)
            await asyncio.to_thread(process.wait)
            os.close(self._orders.bot_fd)
        # Otherwise the pipe closes with this process, and that is the sign.


def _pipe(file: IO[bytes] | None) -> int:
    if file is None:
        raise RuntimeError("the watchdog has no pipes")
    return file.fileno()


def watchdog_log(log: Path) -> Path:
    """The watchdog's own log beside the bot's."""
    return log.with_name(f"{log.stem}.watchdog{log.suffix}")
