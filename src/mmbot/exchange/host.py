"""The native exchange on an event loop: one timer drives it, and what it says goes to the sockets."""

import asyncio

import structlog

from mmbot._native import Exchange
from mmbot.exchange.outbound import Outbound
from mmbot.ports.clock import WallClock

log = structlog.get_logger(__name__)


class Host:
    """Owns the native exchange, its clock and its connections. Every method belongs to the event loop's thread."""

    def __init__(self, exchange: Exchange, clock: WallClock) -> None:
        self.exchange = exchange
        self.clock = clock
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._sockets: dict[int, Outbound] = {}

    def attach(self, conn: int, outbound: Outbound) -> None:
        """Delivers a connection's messages from now on."""
        self._sockets[conn] = outbound

    def serves(self, conn: int) -> bool:
        """False once the exchange has closed the connection, whatever still comes from it."""
        return conn in self._sockets

    def detach(self, conn: int) -> None:
        """Forgets a connection."""
        self._sockets.pop(conn, None)
        self.exchange.close(self.clock.now_ns(), conn)
        self.pump()

    def pump(self) -> None:
        """Hands out what the exchange wants to send and sets the timer to its next deadline. To be called after every use of it."""
        for conn, due_ns, message in self.exchange.take_outgoing():
            outbound = self._sockets.get(conn)
            if outbound is not None and not outbound.push(due_ns, message):
                self._overflow(conn, outbound)
        for conn in self.exchange.take_closed():
            outbound = self._sockets.pop(conn, None)
            if outbound is not None:
                outbound.end()
        self._arm()

    def record(self) -> bytes:
        """The exchange's own record as of now, as JSON."""
        now_ns = self.clock.now_ns()
        self.exchange.advance(now_ns)
        self.pump()
        return self.exchange.record(now_ns)

    def stop(self) -> None:
        """Lets the exchange rest."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _overflow(self, conn: int, outbound: Outbound) -> None:
        # A stream with a hole is worse than none: the whole connection goes, and the client starts again from a snapshot.
        log.warning("socket overflowed", conn=conn)
        self.exchange.drop_subscriptions(conn)
        outbound.abort()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_ns = self.exchange.next_due()
        if due_ns is not None:
            delay_s = max(0, due_ns - self.clock.now_ns()) / 1e9
            self._timer = self._loop.call_at(self._loop.time() + delay_s, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self.exchange.advance(self.clock.now_ns())
        self.pump()
