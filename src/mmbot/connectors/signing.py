"""Bybit V5 request signatures (docs: v5/guide, "Authentication")."""

import hashlib
import hmac
import json

from mmbot.config.secrets import Secret

# A local clock may run slow by this much and the sign-in still counts as in the future.
_SIGN_IN_VALID_MS = 10_000


class Signer:
    """Signs requests of one API key. The secret stays inside."""

    def __init__(self, api_key: Secret, api_secret: Secret, recv_window_ms: int) -> None:
        self._key = api_key.reveal().decode("ascii")
        self._secret = api_secret
        self._recv_window = str(recv_window_ms)

    def __repr__(self) -> str:
        return "Signer(hidden)"

    def _hmac(self, payload: bytes) -> str:
        return hmac.new(self._secret.reveal(), payload, hashlib.sha256).hexdigest()

    def headers(self, ts_ms: int, payload: bytes) -> dict[str, str]:
        """Headers of one request; `payload` is the raw query string of a GET or the raw body of a POST, as sent."""
        stamp = str(ts_ms)
        origin = (stamp + self._key + self._recv_window).encode("ascii") + payload
        return {
            "X-BAPI-API-KEY": self._key,
            "X-BAPI-TIMESTAMP": stamp,
            "X-BAPI-RECV-WINDOW": self._recv_window,
            "X-BAPI-SIGN": self._hmac(origin),
        }

    def sign_in(self, now_ms: int) -> bytes:
        """The frame that signs a private or trade socket in."""
        expires = now_ms + _SIGN_IN_VALID_MS
        signature = self._hmac(f"GET/realtime{expires}".encode("ascii"))
        return json.dumps({"op": "auth", "args": [self._key, expires, signature]}, separators=(",", ":")).encode(
            "ascii"
        )
