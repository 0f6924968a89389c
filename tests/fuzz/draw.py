"""Answers that a broken or hostile venue might give, drawn from a seed: well-formed ones with a few things changed."""

import json
import random
from typing import Any

TIME = {
    "retCode": 0,
    "retMsg": "OK",
    "result": {"timeSecond": "1700000000", "timeNano": "1700000000123456789"},
    "time": 1,
}
ROW = {"symbol": "ABCUSDT", "orderId": "o-1", "orderLinkId": "r-0-1", "side": "Buy", "price": "1.5", "qty": "2"}
LISTING = {"retCode": 0, "retMsg": "OK", "result": {"list": [ROW, ROW], "nextPageCursor": ""}, "time": 1700000000123}
CANCELLED = {
    "retCode": 0,
    "retMsg": "OK",
    "result": {"list": [{"orderId": "o-1"}], "success": "1"},
    "time": 1700000000123,
}
REFUSED = {"retCode": 10006, "retMsg": "Too many visits", "result": {}, "time": 1700000000123}
BODIES = (TIME, LISTING, CANCELLED, REFUSED)
SIGNED_IN = (
    {"success": True, "ret_msg": "", "op": "auth", "conn_id": "c"},
    {"retCode": 0, "retMsg": "OK", "op": "auth", "connId": "c"},
    {"success": False, "ret_msg": "no", "op": "auth", "conn_id": "c"},
)
BOOK = {
    "topic": "orderbook.50.ABCUSDT",
    "type": "delta",
    "ts": 1,
    "data": {"b": [["1.5", "2"]], "a": [], "u": 7, "seq": 9},
}
HEADERS = (
    ("Content-Type", "application/json"),
    ("X-Bapi-Limit", "10"),
    ("X-Bapi-Limit-Status", "9"),
    ("X-Bapi-Limit-Reset-Timestamp", "1700000000123"),
)
WHOLE_NUMBERS = (0, -1, 1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**30, 10**400)
TEXTS = ("", " ", "0", "-1", "9" * 30, "9" * 5000, "1e999", "nan", "\u00e9\u2603", "a b\r\nc: d", "\x00", "x" * 70_000)


class Draw:
    """Each answer is a pure function of the seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - cases, not secrets
        self.chance = self._random.random
        self.below = self._random.randrange

    def one(self, values: Any) -> Any:
        return self._random.choice(values)

    def value(self) -> bytes:
        """A JSON value, or what only looks like one."""
        deep = self.one((3, 900, 2000, 100_000))
        drawn: bytes = self.one(
            (
                lambda: str(self.one(WHOLE_NUMBERS)).encode(),
                lambda: json.dumps(self.one(TEXTS)).encode(),
                lambda: self.one((b"null", b"true", b"[]", b"{}", b"[[]]", b'[{"a":null}]', b"NaN", b"1e400", b"-")),
                lambda: b"[" * deep + b"]" * deep,
                lambda: b'{"a":' * deep + b"1" + b"}" * deep,
            )
        )()
        return drawn

    def document(self, documents: Any) -> bytes:
        """One of these, as JSON; often with a value replaced, a key lost or bytes altered."""
        document = json.loads(json.dumps(self.one(documents)))
        marks: list[str] = []
        while self.chance() < 0.5:
            self._harm(document, marks)
        raw = json.dumps(document, ensure_ascii=self.chance() < 0.5).encode()
        for mark in marks:
            raw = raw.replace(mark.encode(), self.value())
        return raw if self.chance() < 0.7 else self.altered(raw)

    def _harm(self, document: Any, marks: list[str]) -> None:
        """Replaces a value somewhere by a mark, or drops it."""
        while True:
            places = list(range(len(document))) if isinstance(document, list) else list(document)
            if not places:
                return
            place = self.one(places)
            inner = document[place]
            if not isinstance(inner, dict | list) or not inner or self.chance() < 0.3:
                break
            document = inner
        if self.chance() < 0.3:
            del document[place]
        else:
            document[place] = f"mark {len(marks)}."
            marks.append(f'"mark {len(marks)}."')

    def altered(self, data: bytes) -> bytes:
        """The bytes with some flipped, cut out, repeated or put in."""
        changed = bytearray(data)
        for _ in range(self.one((1, 1, 2, 8))):
            at = self.below(len(changed) + 1)
            match self.below(5):
                case 0 if at < len(changed):
                    changed[at] ^= 1 << self.below(8)
                case 1:
                    del changed[at : at + self.one((1, 4, 100))]
                case 2:
                    changed[at:at] = changed[max(0, at - self.one((1, 4, 100))) : at] * self.one((1, 2, 50))
                case 3:
                    changed[at:at] = bytes(self.below(256) for _ in range(self.one((1, 2, 9))))
                case _:
                    del changed[at:]
        return bytes(changed)

    def chunks(self, data: bytes) -> list[bytes]:
        """The same bytes as the network may cut them."""
        if self.chance() < 0.5 or len(data) < 2:
            return [data]
        cuts = sorted(self.below(len(data)) for _ in range(self.one((1, 2, 6))))
        return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]

    def answer(self) -> bytes:
        """An HTTP answer."""
        body = self.document(BODIES)
        status = self.one(
            ("200 OK", "200 OK", "200 OK", "403 Forbidden", "503 No", "204 None", "302 Found", "100 Continue", "999 X")
        )
        lines = [f"HTTP/1.1 {status}".encode()]
        for name, value in HEADERS:
            text = value if self.chance() < 0.8 else self.one(TEXTS)
            lines.append(f"{name}: {text}".encode())
        match self.below(8):
            case 0:
                lines.append(b"Transfer-Encoding: chunked")
                body = (
                    b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in self.chunks(body) if part) + b"0\r\n\r\n"
                )
            case 1:
                lines.append(b"Content-Encoding: " + self.one((b"gzip", b"deflate", b"br", b"zstd", b"x")))
            case 2:
                lines.append(b"Content-Length: " + self.one((b"-1", b"9" * 25, b"0", b"5, 6", b"x", b"99999")))
            case 3:
                lines.append(b"Location: http://127.0.0.1:1/")
                lines.append(b"Set-Cookie: " + self.one(TEXTS).encode())
            case _:
                lines.append(b"Content-Length: %d" % len(body))
        whole = b"\r\n".join(lines) + b"\r\n\r\n" + body
        return whole if self.chance() < 0.7 else self.altered(whole)

    def frame(self, payload: bytes) -> bytes:
        """A WebSocket frame, seldom a legal one."""
        first = 0x81 if self.chance() < 0.6 else self.below(256)
        length = (
            len(payload)
            if self.chance() < 0.85
            else self.one((0, 1, 125, 126, 65_535, 2**21 + 1, 2**32, 2**63 - 1, 2**64 - 1))
        )
        masked = 0x80 if self.chance() < 0.1 else 0
        if length < 126 and self.chance() < 0.95:
            head = bytes((first, masked | length))
        elif length < 1 << 16 and self.chance() < 0.95:
            head = bytes((first, masked | 126)) + length.to_bytes(2, "big")
        else:
            head = bytes((first, masked | 127)) + length.to_bytes(8, "big")
        return head + payload

    def talk(self, *, signs_in: bool) -> bytes:
        """What a socket says after its handshake."""
        said = [self.frame(self.document(SIGNED_IN))] if signs_in else []
        said += [self.frame(self.document((BOOK, *SIGNED_IN))) for _ in range(self.below(6))]
        if self.chance() < 0.3:
            code = self.one((0, 999, 1000, 1006, 4999, 65_535)).to_bytes(2, "big")
            said.append(self.frame(self.one((b"", b"\x03", code, code + b"bye", code + b"\xff\xfe"))))
        whole = b"".join(said)
        return whole if self.chance() < 0.8 else self.altered(whole)
