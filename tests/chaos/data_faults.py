"""What a venue's data can do to a bot: editors for the proxy, each of which harms the public messages of one market.

An editor is idle until it is armed. It notes when the first evidence of the fault went on to the bot; a second later, or once it is told
that the bot has noticed, it lets everything pass again.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.proxy import HangUp

SYMBOL = "BTCUSDT"
BOOK = f"orderbook.50.{SYMBOL}"
TOUCH = f"orderbook.1.{SYMBOL}"
TRADES = f"publicTrade.{SYMBOL}"
Message = dict[str, Any]


@dataclass
class DataFault:
    """`harm` says what goes on in a message's place; it is asked while the fault is armed."""

    harm: Callable[["DataFault", str, Message], list[Message | bytes]]
    # A price beyond the other side's best, on the market's grid.
    crossing_bid: str = "0"
    armed: bool = False
    # When the bot was first shown that something is wrong, ns since the epoch.
    evidence_ns: int = 0
    # What the harm remembers.
    kept: list[Message] = field(default_factory=list)

    def arm(self, crossing_bid: str) -> None:
        self.crossing_bid, self.evidence_ns = crossing_bid, 0
        self.kept.clear()
        self.armed = True

    def shown(self) -> None:
        """The message that now goes on is evidence; only the first counts."""
        self.evidence_ns = self.evidence_ns or time.time_ns()

    def over(self) -> None:
        """What comes from now on passes."""
        self.armed = False

    def keeps(self, message: Message) -> bool:
        """The first of two is kept back; with the second the evidence shows, and the fault is over."""
        if not self.kept:
            self.kept.append(message)
            return True
        self.shown()
        self.over()
        return False

    def edit(self, payload: bytes) -> list[bytes]:
        """For `FaultProxy.editor`."""
        if not self.armed or SYMBOL.encode() not in payload:
            return [payload]
        message = json.loads(payload)
        topic = message.get("topic", "")
        if not topic.endswith("." + SYMBOL):
            return [payload]
        return [bytes_of(one) for one in self.harm(self, topic, message)]


def bytes_of(message: Message | bytes) -> bytes:
    return message if isinstance(message, bytes) else json.dumps(message, separators=(",", ":")).encode()


def is_delta(topic: str, message: Message) -> bool:
    return topic == BOOK and message["type"] == "delta"


def lost(fault: DataFault, topic: str, message: Message) -> list[Message | bytes]:
    """F13: one delta is lost; the next shows the gap."""
    if is_delta(topic, message) and fault.keeps(message):
        return []
    return [message]


def swapped(fault: DataFault, topic: str, message: Message) -> list[Message | bytes]:
    """F13: two deltas change places."""
    if is_delta(topic, message):
        if fault.keeps(message):
            return []
        return [message, *fault.kept]
    return [message]


def cut_short(fault: DataFault, topic: str, message: Message) -> list[Message | bytes]:
    """F24: half a frame."""
    if not is_delta(topic, message):
        return [message]
    fault.shown()
    fault.over()
    whole = bytes_of(message)
    return [whole[: len(whole) // 2]]


def with_bid(fault: DataFault, topic: str, message: Message, price: str) -> list[Message | bytes]:
    if not is_delta(topic, message):
        return [message]
    fault.shown()
    fault.over()
    message["data"]["b"] = [[price, "1"], *message["data"]["b"]]
    return [message]


def off_grid(fault: DataFault, topic: str, message: Message) -> list[Message | bytes]:
    """F24: a price between two ticks."""
    return with_bid(fault, topic, message, fault.crossing_bid + "1")


def crossed(fault: DataFault, topic: str, message: Message) -> list[Message | bytes]:
    """F24: a bid above the best ask."""
    return with_bid(fault, topic, message, fault.crossing_bid)


def one_sided(fault: DataFault, topic: str, message: Message) -> list[Message | bytes]:
    """F24: a snapshot whose asks are gone."""
    if not is_delta(topic, message):
        return [message]
    fault.shown()
    fault.over()
    message["type"] = "snapshot"
    standing = [row for row in message["data"]["b"] if row[1].strip("0.")]
    message["data"] |= {"b": standing or [["1", "1"]], "a": []}
    return [message]


def late(fault: DataFault, topic: str, message: Message) -> list[Message | bytes]:
    """F14: the venue's engine made the change 1.2 s before it comes."""
    if topic in {BOOK, TOUCH}:
        fault.shown()
        message["cts"] -= 1200
    return [message]


def traded_through(fault: DataFault, topic: str, message: Message) -> list[Message | bytes]:
    """A buyer paid far more than the best ask, and the book's next frame still shows it."""
    if topic == TRADES and not fault.kept:
        fault.kept.append(message)
        message["data"] = [message["data"][-1] | {"S": "Buy", "p": fault.crossing_bid}]
    elif is_delta(topic, message) and fault.kept:
        # Only a frame that is at or after the trade can contradict it.
        if message["data"]["seq"] >= fault.kept[0]["data"][0]["seq"]:
            fault.shown()
            fault.over()
        message["data"] |= {"b": [], "a": []}
    return [message]


def unanswered(fault: DataFault, topic: str, message: Message) -> list[Message | bytes]:
    """Trades go on, the book does not move any more."""
    if topic == TRADES:
        fault.shown()
        return [message]
    return [] if topic in {BOOK, TOUCH} and fault.evidence_ns else [message]


def silence(fault: DataFault, topic: str, message: Message) -> list[Message | bytes]:
    """F12: nothing more comes of this market; the last frame before it is what trust lives on."""
    if topic in {BOOK, TOUCH} and not fault.evidence_ns:
        fault.shown()
        return [message]
    return []


def socket_lost(fault: DataFault, topic: str, message: Message) -> list[Message | bytes]:
    """F10: the public socket is reset."""
    del topic, message
    fault.shown()
    fault.over()
    raise HangUp
