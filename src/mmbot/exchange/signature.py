"""Who may ask: keys, signatures over raw bytes and the time window, with the venue's refusals."""

import hashlib
import hmac
import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

DEFAULT_RECV_WINDOW_MS = 5000
FUTURE_TOLERANCE_MS = 1000


class KeyPair(NamedTuple):
    """An API key and its secret; `repr` shows no secret."""

    api_key: str
    api_secret: str

    def __repr__(self) -> str:
        return f"KeyPair(api_key={self.api_key!r})"


class Refusal(NamedTuple):
    """Why a request is not let in: the venue's code and text."""

    code: int
    msg: str


def new_key_pair() -> KeyPair:
    """A fresh pair for one run."""
    return KeyPair(os.urandom(9).hex(), os.urandom(18).hex())


def sign(secret: str, payload: bytes) -> str:
    """HMAC-SHA256 as lowercase hex."""
    return hmac.new(secret.encode(), payload, hashlib.sha256).hexdigest()


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _named(pairs: Sequence[KeyPair], key: str) -> KeyPair | None:
    return next((pair for pair in pairs if hmac.compare_digest(key.encode(), pair.api_key.encode())), None)


def check_request(pairs: Sequence[KeyPair], headers: Mapping[str, str], signed: bytes, now_ms: int) -> Refusal | None:
    """Judges a REST request. `signed` is the raw query string of a GET or the raw body of a POST."""
    key, stamp = headers.get("X-BAPI-API-KEY", ""), headers.get("X-BAPI-TIMESTAMP", "")
    signature = headers.get("X-BAPI-SIGN", "")
    # What was not sent is signed as nothing, and counts as the default.
    sent_window = headers.get("X-BAPI-RECV-WINDOW", "")
    window = sent_window or str(DEFAULT_RECV_WINDOW_MS)
    stamp_ms, window_ms = _whole(stamp), _whole(window)
    if not key or not signature or stamp_ms is None or window_ms is None:
        return Refusal(
            10001,
            f"empty value: apiTimestamp[{stamp}] apiKey[{key}] apiSignature[{signature}]: openapi sign params error!",
        )
    pair = _named(pairs, key)
    if pair is None:
        return Refusal(10003, "API key is invalid.")
    if not now_ms - window_ms <= stamp_ms < now_ms + FUTURE_TOLERANCE_MS:
        times = f"req_timestamp[{stamp}],server_timestamp[{now_ms}],recv_window[{window}]"
        return Refusal(10002, f"invalid request, please check your server timestamp or recv_window param. {times}")
    origin = f"{stamp}{key}{sent_window}".encode() + signed
    if not hmac.compare_digest(sign(pair.api_secret, origin).encode(), signature.encode()):
        return Refusal(10004, f"error sign! origin_string[{origin.decode(errors='replace')}]")
    return None


def check_socket(pairs: Sequence[KeyPair], key: str, expires: str, signature: str, now_ms: int) -> Refusal | None:
    """Judges the `auth` operation of a socket; the signature covers `GET/realtime` and the text of `expires`."""
    expires_ms = _whole(expires)
    if expires_ms is None:
        return Refusal(10001, "Params Error: expires is not a number")
    pair = _named(pairs, key)
    if pair is None:
        return Refusal(10003, "API key is invalid.")
    if expires_ms <= now_ms:
        return Refusal(10004, f"Request expired: expires[{expires}],server_timestamp[{now_ms}]")
    if not hmac.compare_digest(sign(pair.api_secret, f"GET/realtime{expires}".encode()).encode(), signature.encode()):
        return Refusal(10004, "error sign!")
    return None
