"""The named steps of a session and of an order's way: where a bot is stopped or killed on purpose."""

import time
from dataclasses import dataclass

from tests.chaos.conftest import Fleet
from tests.chaos.proxy import Direction, Trap

SPRUNG_S = 60.0
# A lost delta that falls into a resync of the book makes nobody cancel; the next such may come after five seconds.
NUDGE_EVERY_S = 6.0


@dataclass(frozen=True)
class Step:
    """`pattern` passing in `direction` is the step. `hold_s`: the request arrives this much later; `drop`: never."""

    name: str
    direction: Direction
    pattern: bytes
    hold_s: float = 0.0
    drop: bool = False
    # It happens only while a bot starts.
    boot: bool = False
    # It needs a nudge: a delta that the exchange loses makes the bot cancel.
    nudge: bool = False


STEPS = (
    Step("rules asked", "up", b"GET /v5/market/instruments-info", boot=True),
    Step("signing in", "up", b'"op":"auth"', boot=True),
    Step("subscribing", "up", b'"op":"subscribe"', boot=True),
    Step("recovery: cancelling", "up", b"POST /v5/order/cancel-all", boot=True),
    Step("recovery: cancelling, answer lost", "up", b"POST /v5/order/cancel-all", hold_s=0.3, boot=True),
    Step("recovery: listing", "up", b"GET /v5/order/realtime", boot=True),
    Step("recovery: executions", "up", b"GET /v5/execution/list", boot=True),
    Step("recovery: positions", "up", b"GET /v5/position/list", boot=True),
    Step("recovery: wallet", "up", b"GET /v5/account/wallet-balance", boot=True),
    Step("first order leaving", "up", b"order.create", boot=True),
    Step("order leaving, lost", "up", b"order.create", drop=True),
    Step("order leaving, arrives at once", "up", b"order.create"),
    Step("order leaving, arrives when the bot is long dead", "up", b"order.create", hold_s=2.0),
    Step("order acknowledged", "down", b'"op":"order.create'),
    Step("order row", "down", b'"orderStatus":"New"'),
    Step("amend leaving", "up", b"order.amend"),
    Step("amend arriving late", "up", b"order.amend", hold_s=1.0),
    Step("amend acknowledged", "down", b'"op":"order.amend'),
    Step("execution row", "down", b'"topic":"execution'),
    Step("filled row", "down", b'"orderStatus":"Filled"'),
    Step("cancel leaving", "up", b"order.cancel", nudge=True),
    Step("cancel leaving, lost", "up", b"order.cancel", drop=True, nudge=True),
    Step("cancel acknowledged", "down", b'"op":"order.cancel', nudge=True),
    Step("cancelled row", "down", b'"orderStatus":"Cancelled"', nudge=True),
)
# The quick set: one of each kind.
SAMPLE = (STEPS[5], STEPS[12], STEPS[18])


def until_sprung(fleet: Fleet, step: Step, trap: Trap) -> None:
    """Waits for the step, and brings it about where it does not come by itself."""
    end = time.monotonic() + SPRUNG_S
    while time.monotonic() < end:
        if step.nudge:
            fleet.venue.ask("/sim/drop-delta?topic=orderbook.50.BTCUSDT", method="POST")
        if trap.sprung.wait(NUDGE_EVERY_S):
            return
    raise AssertionError(f"{step.name}: not within {SPRUNG_S} s")
