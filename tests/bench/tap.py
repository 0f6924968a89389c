"""A TCP tap between bot and exchange: passes bytes on and notes when books went in and orders came out."""

import contextlib
import socket
import threading
import time


class Tap:
    """Listens on loopback and relays every connection to one port."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.last_book_ns = 0
        self.reaction_us: list[float] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                inner, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(inner,), daemon=True).start()

    def _relay(self, inner: socket.socket) -> None:
        with inner, socket.create_connection(("127.0.0.1", self._target)) as outer:
            for end in (inner, outer):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            first = inner.recv(65536)
            outer.sendall(first)
            back = self._books if first.startswith(b"GET /v5/public") else _pump
            backward = threading.Thread(target=back, args=(outer, inner), daemon=True)
            backward.start()
            (self._orders if first.startswith(b"GET /v5/trade") else _pump)(inner, outer)
            backward.join()

    def _books(self, source: socket.socket, sink: socket.socket) -> None:
        while data := source.recv(65536):
            sink.sendall(data)
            if b'"orderbook.50.' in data:
                self.last_book_ns = time.perf_counter_ns()
        _end(sink)

    def _orders(self, source: socket.socket, sink: socket.socket) -> None:
        while data := source.recv(65536):
            if self.last_book_ns:
                # Only the first order bytes after a book count. One that answers a fill or a timer is not told apart: the tail has them.
                self.reaction_us.append((time.perf_counter_ns() - self.last_book_ns) / 1000)
                self.last_book_ns = 0
            sink.sendall(data)
        _end(sink)

    def close(self) -> None:
        """Takes no further connections."""
        self._listener.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    while data := source.recv(65536):
        sink.sendall(data)
    _end(sink)


def _end(sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)


BLOCKING_CLIENT = """
import socket, sys
link = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
answer = b"x" * 300
while link.recv(65536):
    link.sendall(answer)
"""


def round_trips(listener: socket.socket, count: int) -> list[float]:
    """Microseconds from 450 bytes out to the first byte back, at 0.5 ms gaps, for a peer that decodes nothing."""
    link, _ = listener.accept()
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    spent, tick = [], b"x" * 450
    for _ in range(count):
        time.sleep(0.0005)
        begin = time.perf_counter_ns()
        link.sendall(tick)
        link.recv(65536)
        spent.append((time.perf_counter_ns() - begin) / 1000)
    link.close()
    return spent
