"""The host's half of a decision: whatever the strategy does, the core hears of it."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.unit.strategy.test_ask import SHOWN, Says

from mmbot._native import Bot, DecisionDue
from mmbot.app.strategist import Strategist
from mmbot.ports import Clock
from mmbot.strategy import Quotes

DUE = cast("DecisionDue", SimpleNamespace(decision_seq=4, market="linear.TESTUSDT"))


class Core:
    """Hears answers."""

    def __init__(self, shown: dict[str, Any] | None) -> None:
        self.shown = shown
        self.heard: list[Any] = []

    def view(self, _market: str) -> dict[str, Any] | None:
        return self.shown

    def strategy_answer(self, *answer: Any) -> list[Any]:
        self.heard.append(answer)
        return ["done"]

    def strategy_failed(self, *answer: Any) -> list[Any]:
        self.heard.append(answer)
        return ["pulled"]


@pytest.mark.parametrize(
    ("said", "shown", "heard", "outputs"),
    [
        (Quotes(), SHOWN, (7, 4, "linear.TESTUSDT", ()), ["done"]),
        (ValueError("no idea"), SHOWN, (7, 4, "linear.TESTUSDT", "raised"), ["pulled"]),
        (None, SHOWN, (7, 4, "linear.TESTUSDT", "shape"), ["pulled"]),
        (Quotes(), None, (7, 4, "linear.TESTUSDT", "shape"), ["pulled"]),
    ],
)
def test_the_core_hears_every_outcome(said: Any, shown: dict[str, Any] | None, heard: Any, outputs: list[str]) -> None:
    core = Core(shown)
    clock = cast("Clock", SimpleNamespace(now_ns=lambda: 7))
    strategist = Strategist(cast("Bot", core), clock, Says(said))
    assert list[Any](strategist.answer(DUE)) == outputs
    assert core.heard == [heard]
