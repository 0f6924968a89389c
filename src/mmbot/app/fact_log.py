"""The log as a view of facts: everything but the steady picture of the markets."""

from mmbot.observe.log import get_logger
from mmbot.ports import Fact

_log = get_logger("mmbot.core")
_QUIET = frozenset({"market_seen"})
_DEBUG = frozenset({"order_moved", "balance_seen"})
_ERRORS = frozenset({"fatal", "order_contradicted", "position_mismatch", "balance_mismatch", "position_forced"})


class FactLog:
    """Writes one structured line per fact."""

    def on_facts(self, facts: list[Fact]) -> None:
        """Takes what happened."""
        for fact in facts:
            name = fact["fact"]
            if name in _QUIET:
                continue
            level = "error" if name in _ERRORS else "debug" if name in _DEBUG else "info"
            fields = {key: value for key, value in fact.items() if key != "fact"}
            getattr(_log, level)(name, **fields)
