"""The log as a view of facts: everything but the steady picture of the markets."""

from mmbot.observe.log import get_logger
from mmbot.ports import Fact

_log = get_logger("mmbot.core")
_QUIET = frozenset({"market_seen"})
_LEVELS = (
    dict.fromkeys(("order_moved", "balance_seen"), "debug")
    | dict.fromkeys(
        (
            "strategy_failed",
            "answer_dropped",
            "params_refused",
            "unknown_field",
            "reply_undecodable",
            "balance_taken_over",
        ),
        "warning",
    )
    | dict.fromkeys(
        (
            "fatal",
            "order_contradicted",
            "position_mismatch",
            "balance_mismatch",
            "position_forced",
            "strategy_halted",
        ),
        "error",
    )
)


class FactLog:
    """Writes one structured line per fact."""

    def on_facts(self, facts: list[Fact]) -> None:
        """Takes what happened."""
        for fact in facts:
            name = fact["fact"]
            if name in _QUIET:
                continue
            level = _LEVELS.get(name, "info")
            fields = {key: value for key, value in fact.items() if key != "fact"}
            getattr(_log, level)(name, **fields)
