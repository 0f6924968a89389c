"""The operator's channel to a running bot: SIGHUP re-reads the configuration file.

What may change while quoting enters the core as one input, all of it or nothing, and so stands in the capture. Anything else that differs
is refused by name, and then nothing changes. The file is compared with what the bot runs on now.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmbot.config.errors import ConfigError
from mmbot.config.load import load_config
from mmbot.config.model import BotConfig
from mmbot.config.reload import changed_keys, live_change
from mmbot.observe.log import get_logger
from mmbot.ports import Fact

_log = get_logger(__name__)


class Reload:
    """Reads the file when told to; a subscriber of facts, since only the core knows whether it took a change."""

    def __init__(self, path: Path, running: BotConfig, send: Callable[[dict[str, Any]], object]) -> None:
        self._path = path
        self._running = running
        self._send = send
        self._sent: BotConfig | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def running(self) -> BotConfig:
        """What the bot runs on: the file as it was read last and taken over."""
        return self._running

    def begin(self) -> None:
        """Starts a reading, unless one is under way."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.get_running_loop().create_task(self.read())

    async def read(self) -> None:
        """One reading of the file; what came of it is in the log."""
        try:
            # Parsing takes milliseconds that belong to the market.
            wanted = await asyncio.to_thread(load_config, self._path)
            if wanted.run.run_id is None and self._running.run.run_id is not None:
                wanted = wanted.with_run_id(self._running.run.run_id)
            change = live_change(self._running, wanted)
        except ConfigError as error:
            _log.warning("reload_refused", code=str(error.code), field=error.field, problem=error.problem)
            return
        if not change:
            _log.info("reload_changes_nothing", path=str(self._path))
            return
        self._sent = wanted
        _log.info("reload_sent", keys=changed_keys(change))
        self._send(change)

    def on_facts(self, facts: list[Fact]) -> None:
        """The core's word on the change: the new configuration is the running one once it was applied."""
        for fact in facts:
            if self._sent is None:
                return
            if fact["fact"] == "params_applied":
                self._running, self._sent = self._sent, None
            elif fact["fact"] == "params_refused":
                self._sent = None
