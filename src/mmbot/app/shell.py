"""The shell around the core: one inbox that stamps, one place that carries outputs out, one timer.

Everything runs on one event loop, so the core has a single writer. A frame is stepped inside the socket's callback and its
orders are written before the callback returns; facts are handed to subscribers afterwards.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mmbot._native import Bot, Close, Connect, DecisionDue, Http, Send
from mmbot.app.latency import LatencyHistogram
from mmbot.app.strategist import Strategist
from mmbot.observe.log import get_logger
from mmbot.ports import Clock, FactSubscriber, HttpTransport, RateHeaders, SocketTransport
from mmbot.strategy import Strategy

_log = get_logger(__name__)


class Shell:
    """Feeds one core and does what it says."""

    def __init__(self, core: Bot, clock: Clock, strategy: Strategy | None = None) -> None:
        self._core = core
        self._clock = clock
        self._strategist = None if strategy is None else Strategist(core, clock, strategy)
        self._subscribers: list[FactSubscriber] = []
        self._sockets: SocketTransport | None = None
        self._http: HttpTransport | None = None
        self._timer: asyncio.TimerHandle | None = None
        # Kept beside the handle: a loop may hand out one that does not tell its time.
        self._timer_at = 0.0
        self._publishing = False
        self._halted = False
        self.stopped = asyncio.Event()
        self.frames = 0
        self.latency = LatencyHistogram()

    def subscribe(self, *subscribers: FactSubscriber) -> None:
        """Adds views of facts; they are told in this order."""
        self._subscribers.extend(subscribers)

    def attach(self, sockets: SocketTransport, http: HttpTransport) -> None:
        """Connects the transports; they know this inbox already."""
        self._sockets, self._http = sockets, http

    def begin(self) -> None:
        """The first step: the core asks for its connections."""
        self._carry(self._core.timer(self._clock.now_ns()))

    # ---- the inbox ----

    def frame(self, conn: int, data: bytes) -> None:
        """One complete text frame."""
        read_ns = time.perf_counter_ns()
        self.frames += 1
        outputs = self._core.frame(self._clock.now_ns(), conn, data)
        self._carry(outputs)
        if outputs:
            self.latency.add(time.perf_counter_ns() - read_ns)

    def stream_up(self, conn: int) -> None:
        """The socket is open and, where it must be, signed in."""
        self._carry(self._core.stream_up(self._clock.now_ns(), conn))

    def stream_down(self, conn: int) -> None:
        """The socket is gone, or never came up."""
        self._carry(self._core.stream_down(self._clock.now_ns(), conn))

    def stream_refused(self, conn: int, status: int) -> None:
        """The venue did not let the socket in."""
        self._carry(self._core.stream_refused(self._clock.now_ns(), conn, status))

    def http_reply(self, req_id: int, status: int, rate: RateHeaders | None, body: bytes) -> None:
        """An HTTP answer, whatever its status."""
        self._carry(self._core.http_reply(self._clock.now_ns(), req_id, status, rate, body))

    def send_failed(self, req_id: int, *, definite: bool) -> None:
        """No answer."""
        self._carry(self._core.send_failed(self._clock.now_ns(), req_id, definite))

    def clock_offset(self, offset_ns: int) -> None:
        """Venue time less our time."""
        self._carry(self._core.clock_offset(self._clock.now_ns(), offset_ns))

    def params(self, change: Mapping[str, Any]) -> None:
        """New parameters: `market` (all if absent), `order_qty`, `max_position`, `max_order_notional`, `strategy`, each optional.

        The fact `params_applied` or `params_refused` says what came of it; a refused change changes nothing.
        """
        self._carry(self._core.params(self._clock.now_ns(), msgspec.json.encode(change)))

    def stop(self) -> None:
        """The ordered stop. Repeating it changes nothing."""
        self._carry(self._core.stop(self._clock.now_ns()))

    def pause(self, market: str, *, paused: bool) -> None:
        """Stops the quoting of one market and cancels its orders, or resumes it."""
        self._carry(self._core.pause(self._clock.now_ns(), market, paused))

    def propose_rearm(self, minutes: int) -> None:
        """Asks to lift the latched loss stops for so many minutes; the fact `rearm_moved` says what came of it."""
        self._carry(self._core.propose_rearm(self._clock.now_ns(), minutes))

    def confirm_rearm(self, number: int) -> None:
        """Confirms a proposal; likewise."""
        self._carry(self._core.confirm_rearm(self._clock.now_ns(), number))

    # ---- outputs, timer, facts ----

    def _carry(self, outputs: Sequence[Connect | Close | Send | Http | DecisionDue]) -> None:
        if self._sockets is None or self._http is None:
            raise RuntimeError("attach the transports before the first input")
        for output in outputs:
            match output:
                case Send():
                    self._sockets.send(output.conn, output.data)
                case Http():
                    self._http.start(output)
                case Connect():
                    self._sockets.open(output.conn, output.path, auth=output.auth)
                case Close():
                    self._sockets.close(output.conn)
                case DecisionDue() if self._strategist is not None:
                    # Its orders leave before the callback that brought the frame returns.
                    self._carry(self._strategist.answer(output))
        self._arm()
        self._schedule_publishing()

    def _arm(self) -> None:
        """Keeps one timer at the core's deadline; one that fires early costs a step and nothing else."""
        deadline_ns = self._core.deadline_ns
        if deadline_ns is None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            return
        loop = asyncio.get_running_loop()
        at = loop.time() + max(0, deadline_ns - self._clock.now_ns()) / 1e9
        if self._timer is None or at < self._timer_at - 0.0005:
            if self._timer is not None:
                self._timer.cancel()
            self._timer, self._timer_at = loop.call_at(at, self._on_timer), at

    def _on_timer(self) -> None:
        self._timer = None
        deadline_ns = self._core.deadline_ns
        if deadline_ns is not None and deadline_ns <= self._clock.now_ns():
            self._carry(self._core.timer(self._clock.now_ns()))
        else:
            self._arm()

    def _schedule_publishing(self) -> None:
        if not self._publishing:
            self._publishing = True
            asyncio.get_running_loop().call_soon(self._publish)

    def _publish(self) -> None:
        self._publishing = False
        facts = self._core.facts()
        # First what must be done; telling others may fail.
        if any(fact["fact"] == "fatal" for fact in facts):
            self.halt("fatal")
        if self._core.capture_error is not None:
            # What is not recorded must not trade; cancels still go out.
            self.halt("capture_lost")
        for subscriber in self._subscribers:
            subscriber.on_facts(facts)
        if self._core.stopped:
            self.stopped.set()

    def halt(self, why: str) -> None:
        """The ordered stop, for a reason that is not the operator's wish; the first reason counts."""
        if not self._halted:
            self._halted = True
            _log.error("halted", why=why, capture_error=self._core.capture_error)
            self.stop()

    @property
    def halted(self) -> bool:
        """The stop was not the operator's wish."""
        return self._halted
