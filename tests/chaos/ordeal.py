"""Bots killed one after the other on one exchange, and what each successor needed."""

import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.conftest import Fleet
from tests.chaos.proxy import Trap
from tests.chaos.steps import Step, until_sprung
from tests.chaos.verdict import ORPHAN_MS, check_record

CONSISTENT_S = 60.0
LOOK_EVERY = 10


@dataclass
class Ordeal:
    """One account's history of deaths."""

    fleet: Fleet
    deaths_ms: dict[str, int] = field(default_factory=dict)
    consistent_s: list[float] = field(default_factory=list)
    number: int = 0
    # By the exchange's id: its history keeps the newest few hundred only.
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)

    def start(self) -> str:
        self.number += 1
        run_id = f"k{self.number:04}"
        self.fleet.start(run_id)
        return run_id

    def consistent(self) -> None:
        assert self.fleet.bot is not None
        self.consistent_s.append(self.fleet.bot.until_consistent(CONSISTENT_S))

    def _dead(self, run_id: str) -> None:
        assert self.fleet.bot is not None
        self.fleet.bot.process.wait(30)
        self.deaths_ms[run_id] = time.time_ns() // 1_000_000
        if len(self.deaths_ms) % LOOK_EVERY == 0:
            self.look()

    def look(self) -> None:
        """Notes what has ended at the exchange."""
        self.orders |= {row["orderId"]: row for row in self.fleet.venue.ended_orders()}

    def kill_at_step(self, step: Step) -> None:
        """A fresh bot runs until the step, and no further."""
        trap = Trap(step.direction, step.pattern, lambda: self.fleet.signal_bot(signal.SIGKILL), step.hold_s, step.drop)
        if step.boot:
            self.fleet.proxy.trap = trap
        run_id = self.start()
        if not step.boot:
            self.consistent()
            self.fleet.proxy.trap = trap
        until_sprung(self.fleet, step, trap)
        self._dead(run_id)

    def kill_at_random(self, moment: random.Random) -> None:
        """A fresh bot runs for a while, or not even until it trades."""
        run_id = self.start()
        assert self.fleet.bot is not None
        if moment.random() < 0.7:
            self.consistent()
            time.sleep(moment.uniform(0, 2.5))
        else:
            time.sleep(moment.uniform(0, 3))
        self.fleet.bot.kill()
        self._dead(run_id)

    def finish(self, record_property: Callable[[str, object], None]) -> None:
        """The bot that runs stops in order; then a last one, whose figures are recorded."""
        assert self.fleet.bot is not None
        self.fleet.bot.send(signal.SIGTERM)
        assert self.fleet.bot.finish(35) == 0, self.fleet.bot.errors()
        for name, value in self.end().items():
            record_property(name, value)

    def end(self, trade_s: float = 0.0) -> dict[str, object]:
        """A last bot trades, and stops in order once nothing of the dead can arrive any more; then the exchange is asked."""
        self.start()
        self.consistent()
        bot, venue = self.fleet.bot, self.fleet.venue
        assert bot is not None
        self.fleet.until_quoted()
        last_ms = max(self.deaths_ms.values(), default=0)
        time.sleep(max(trade_s, (last_ms + ORPHAN_MS) / 1000 - time.time()))
        bot.send(signal.SIGTERM)
        assert bot.finish(35) == 0, bot.errors()
        self.look()
        counted = check_record(venue, list(self.orders.values()), self.deaths_ms, bot)
        ordered = sorted(self.consistent_s)
        return counted | {
            "killed": len(self.deaths_ms),
            "consistent_s_p50": round(ordered[len(ordered) // 2], 3),
            "consistent_s_p99": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 3),
            "consistent_s_max": round(ordered[-1], 3),
            "consistent_samples": len(ordered),
        }
