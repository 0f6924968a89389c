"""WebSocket frames as they stand on the wire (RFC 6455, section 5.2), as far as a proxy that reads and alters them needs them."""

from dataclasses import dataclass

TEXT, FINAL = 0x1, 0x80


@dataclass(frozen=True)
class Frame:
    """One frame: its first byte, its payload without the mask, and its bytes as they came."""

    first: int
    payload: bytes
    raw: bytes

    @property
    def is_text(self) -> bool:
        """A whole message of text: what the exchange says all its data with."""
        return self.first == FINAL | TEXT


def take_frame(data: bytearray) -> Frame | None:
    """Takes the first frame out of `data`; None while it is not whole."""
    if len(data) < 2:
        return None
    masked, length, at = data[1] >> 7, data[1] & 0x7F, 2
    if length >= 126:
        wide = 2 if length == 126 else 8
        length, at = int.from_bytes(data[2 : 2 + wide], "big"), 2 + wide
    end = at + 4 * masked + length
    if len(data) < end:
        return None
    raw = bytes(data[:end])
    del data[:end]
    payload = raw[end - length :]
    if masked:
        mask = raw[at : at + 4] * (length // 4 + 1)
        payload = bytes(a ^ b for a, b in zip(payload, mask, strict=False))
    return Frame(raw[0], payload, raw)


def text_frame(payload: bytes) -> bytes:
    """The frame in which an exchange says this."""
    length = len(payload)
    if length < 126:
        head = bytes((FINAL | TEXT, length))
    elif length < 1 << 16:
        head = bytes((FINAL | TEXT, 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((FINAL | TEXT, 127)) + length.to_bytes(8, "big")
    return head + payload
