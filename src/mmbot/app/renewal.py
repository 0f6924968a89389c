"""A new run in the same process, when the venue has given a market another tick or step.

Every integer of that market has another worth then. Instead of converting them one by one, the run ends in order and the next one starts as any
other does: it reads rules, position, orders and the day's executions in the new grid.
"""

import time
from collections import deque
from collections.abc import Callable

from mmbot.config.model import BotConfig
from mmbot.observe.log import get_logger
from mmbot.ports import Fact

MAX_RENEWALS = 3
"""Within `RENEWAL_WINDOW_S`: a venue whose answers flap must not make us open sockets for ever."""
RENEWAL_WINDOW_S = 600.0

_log = get_logger(__name__)


def no_renewal(config: BotConfig) -> str | None:
    """Why the configuration is good for one run only; None if it is not."""
    if config.run.run_id is not None:
        return "run.run_id is fixed, and no two runs may share their order ids"
    if config.files.capture:
        return "files.capture names one file, and no capture is overwritten"
    return None


class Renewal:
    """Ends the run under way when its grid has changed; outlives the runs, so that an operator's stop meets whichever there is.

    `never`: why no run may follow another here.
    """

    def __init__(self, never: str | None, now: Callable[[], float] = time.monotonic) -> None:
        self._never = never
        self._now = now
        self._stop: Callable[[], object] | None = None
        self._begun: deque[float] = deque(maxlen=MAX_RENEWALS)
        self._wanted = False
        self._ended = False

    def begin(self, stop: Callable[[], object]) -> None:
        """A run has begun, and `stop` ends it in order: at once, if the operator's wish came between two runs."""
        self._stop, self._wanted = stop, False
        if self._ended:
            stop()

    def over(self) -> None:
        """The run has ended."""
        self._stop = None

    def end(self) -> None:
        """The operator's stop: of this run, and no other follows."""
        self._ended = True
        if self._stop is not None:
            self._stop()

    def on_facts(self, facts: list[Fact]) -> None:
        """Ends the run at the first word of another grid; while that may not be, the market stays pulled."""
        changed = next((fact["market"] for fact in facts if fact["fact"] == "grid_changed"), None)
        if changed is None or self._wanted or self._ended or self._stop is None:
            return
        against = self._against()
        if against is not None:
            _log.warning("renewal_refused", market=changed, why=against, fix="restart the bot")
            return
        _log.warning("renewal_begun", market=changed, why="the venue has changed its tick or step")
        self._wanted = True
        self._begun.append(self._now())
        self._stop()

    def _against(self) -> str | None:
        if self._never is None and len(self._begun) == MAX_RENEWALS and self._now() - self._begun[0] < RENEWAL_WINDOW_S:
            return f"{MAX_RENEWALS} new runs within {RENEWAL_WINDOW_S:g} s"
        return self._never

    def is_due(self) -> bool:
        """True if another run is to follow the one that has ended."""
        return self._wanted and not self._ended
