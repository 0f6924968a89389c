"""A TCP tap between bot and exchange, which can take the exchange's place once the bot quotes.

At first it passes everything on. While it plays, what the exchange publishes stops at it: it sends books itself, waits for the order request,
and answers that as the exchange would.
"""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

LIMITS = {"X-Bapi-Limit": "100000", "X-Bapi-Limit-Status": "99999", "X-Bapi-Limit-Reset-Timestamp": "0"}


def framed(payload: bytes) -> bytes:
    """A text frame as a server sends it."""
    size = len(payload)
    head = bytes((0x81, size)) if size < 126 else bytes((0x81, 126)) + size.to_bytes(2, "big")
    return head + payload


def take_frames(buffer: bytearray) -> Iterator[tuple[bytes, bytes]]:
    """Removes whole frames from the front of `buffer`: each as it came, and its payload."""
    while len(buffer) >= 2:
        size, at = buffer[1] & 0x7F, 2
        if size >= 126:
            at = 4 if size == 126 else 10
            size = int.from_bytes(buffer[2:at], "big")
        mask = bytes(buffer[at : at + 4]) if buffer[1] & 0x80 else b""
        end = at + len(mask) + size
        if len(buffer) < end:
            return
        whole, payload = bytes(buffer[:end]), bytes(buffer[end - size : end])
        del buffer[:end]
        yield whole, bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if mask else payload


class Tap:
    """Listens on loopback and relays every connection to one port."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._bots: dict[str, socket.socket] = {}
        self._playing = threading.Event()
        self._parked = threading.Event()
        self.orders: dict[str, dict[str, Any]] = {}
        self._links: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._run(self._accept)

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                bot, _ = self._listener.accept()
            except OSError:
                return
            venue = socket.create_connection(("127.0.0.1", self._target))
            for end in (bot, venue):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            request = bot.recv(65536)
            venue.sendall(request)
            role = next(name for name in ("public", "private", "trade") if b"/v5/" + name.encode() in request)
            self._bots[role] = bot
            self._links += [bot, venue]
            self._run(self._to_venue, role, bot, venue)
            self._run(self._to_bot, bot, venue)

    def _to_venue(self, role: str, bot: socket.socket, venue: socket.socket) -> None:
        while True:
            if role == "trade" and self._playing.is_set():
                self._parked.set()
                time.sleep(0.05)
                continue
            bot.settimeout(0.05)
            try:
                data = bot.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                data = b""
            if not data:
                with contextlib.suppress(OSError):
                    venue.shutdown(socket.SHUT_RDWR)
                return
            venue.sendall(data)

    def _to_bot(self, bot: socket.socket, venue: socket.socket) -> None:
        buffer = bytearray()
        try:
            bot.sendall(venue.recv(65536))
            while data := venue.recv(65536):
                buffer += data
                for frame, payload in take_frames(buffer):
                    if b'"topic":"order"' in payload:
                        rows = json.loads(payload)["data"]
                        self.orders |= {row["orderLinkId"]: row for row in rows if row["orderStatus"] == "New"}
                    if not (self._playing.is_set() and b'"topic":' in payload):
                        bot.sendall(frame)
        except OSError:
            return

    # --- in the exchange's place ----------------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Takes the exchange's place."""
        self._playing.set()
        assert self._parked.wait(5)
        self._bots["trade"].settimeout(1)

    def resume(self) -> None:
        """Gives it back."""
        self._playing.clear()

    def tick(self, book: bytes, *, expect: bool) -> float | None:
        """Microseconds from a book out to the order request in, which is then answered; None if none is expected or none came."""
        trade, frame = self._bots["trade"], framed(book)
        begin = time.perf_counter_ns()
        self._bots["public"].sendall(frame)
        if not expect:
            return None
        try:
            data = bytearray(trade.recv(65536))
        except TimeoutError:
            return None
        spent_us = (time.perf_counter_ns() - begin) / 1000
        for _, payload in take_frames(data):
            self._answer(json.loads(payload))
        return spent_us

    def _answer(self, request: dict[str, Any]) -> None:
        arguments = request["args"][0]
        now_ms = str(time.time_ns() // 1_000_000)
        rows = arguments.get("request", [arguments])
        pushed = [self.orders[row["orderLinkId"]] | {"price": row["price"], "updatedTime": now_ms} for row in rows]
        result = [{key: row[key] for key in ("category", "symbol", "orderId", "orderLinkId")} for row in pushed]
        reply = {"reqId": request["reqId"], "retCode": 0, "retMsg": "OK", "op": request["op"], "header": LIMITS}
        if "request" in arguments:
            reply |= {"data": {"list": result}, "retExtInfo": {"list": [{"code": 0, "msg": "OK"}] * len(rows)}}
        else:
            reply |= {"data": result[0], "retExtInfo": {}}
        push = {"id": "tap", "topic": "order", "creationTime": int(now_ms), "data": pushed}
        self._bots["trade"].sendall(framed(json.dumps(reply).encode()))
        self._bots["private"].sendall(framed(json.dumps(push).encode()))

    def close(self) -> None:
        """Takes no further connections and lets go of those there are."""
        # A shutdown ends the accept and the reads that its threads wait in; closing alone would not.
        for link in (self._listener, *self._links):
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for link in (self._listener, *self._links):
            link.close()


def round_trips(listener: socket.socket, ticks: list[bytes], gap_s: float) -> list[float]:
    """Microseconds from a book out to the first byte back, for a peer that decodes nothing."""
    link, _ = listener.accept()
    spent = []
    with link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for tick in ticks:
            time.sleep(gap_s)
            begin = time.perf_counter_ns()
            link.sendall(framed(tick))
            link.recv(65536)
            spent.append((time.perf_counter_ns() - begin) / 1000)
    return spent
