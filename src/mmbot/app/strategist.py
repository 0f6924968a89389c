"""The host's half of a decision: show the market, ask the strategy, hand its answer to the core."""

from collections.abc import Sequence

from mmbot._native import Bot, Close, Connect, DecisionDue, Http, Send
from mmbot.observe.log import get_logger
from mmbot.ports import Clock
from mmbot.strategy import Answer, Strategy, ask, read_view

_log = get_logger(__name__)


class Strategist:
    """Answers the core with one strategy, at once and in place: while it thinks, nothing else happens."""

    def __init__(self, core: Bot, clock: Clock, strategy: Strategy) -> None:
        self._core = core
        self._clock = clock
        self._strategy = strategy

    def answer(self, due: DecisionDue) -> Sequence[Connect | Close | Send | Http | DecisionDue]:
        """What the core wants done once it has the answer."""
        shown = self._core.view(due.market)
        answer = Answer(failed="shape", why="the market cannot be shown")
        if shown is not None:
            answer = ask(self._strategy, read_view(shown))
        now_ns = self._clock.now_ns()
        if answer.failed is None:
            return self._core.strategy_answer(now_ns, due.decision_seq, due.market, answer.quotes)
        _log.warning("strategy_gave_no_quotes", market=due.market, decision_seq=due.decision_seq, why=answer.why)
        return self._core.strategy_failed(now_ns, due.decision_seq, due.market, answer.failed)
