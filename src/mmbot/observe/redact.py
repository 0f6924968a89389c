"""Takes secrets out of finished text: the last step before any sink, so that nothing formatted later can slip past."""

import base64
import ipaddress
import json
import re
from collections.abc import Iterable
from urllib.parse import quote

from mmbot.config import Secret

HIDDEN = "[redacted]"

# A fragment shorter than this could be part of any word.
_MIN_FRAGMENT = 8
_QUOTE = r"""\\*["']?"""
_NAMES = (
    r"x-bapi-api-key|x-bapi-sign|proxy-authorization|authorization|set-cookie|cookie|"
    r"api[_-]?key|api[_-]?secret|secret[_-]?key|secret|password|passwd|token|signature"
)
# name: value, name=value, "name": "value", ('name', 'value'), and the same inside JSON inside JSON; schemes stay readable.
_NAMED = re.compile(
    rf"""(?<![a-z0-9])({_NAMES})({_QUOTE}\s*[:=,]\s*{_QUOTE}(?:b['"])?)((?:bearer|basic)\s+)?([^\s"'\\,;&{{}}\[\]()]+)""",
    re.IGNORECASE,
)
# The login frame of the private sockets: its args are key, expiry and signature.
_AUTH_FRAME = re.compile(rf"({_QUOTE}op{_QUOTE}\s*:\s*{_QUOTE}auth{_QUOTE}.{{0,200}}?args{_QUOTE}\s*:\s*\[)[^\]]*")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_ADDRESS = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)")


class Redactor:
    """Replaces every known secret, in every form it may have been written in, and everything named like one.

    Order ids and private addresses stay: operations needs them.
    """

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret.reveal())}
        # Longest first: a short form must not leave the rest of a longer one behind.
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._known = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def redact(self, text: str) -> str:
        """The text without secrets; idempotent."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        text = _AUTH_FRAME.sub(rf"\g<1>{HIDDEN}", text)
        text = _NAMED.sub(_hide_value, text)
        text = _EMAIL.sub(HIDDEN, text)
        return _ADDRESS.sub(_hide_public_address, text)


def _hide_value(match: re.Match[str]) -> str:
    name, separator, scheme, _ = match.groups()
    return f"{name}{separator}{scheme or ''}{HIDDEN}"


def _hide_public_address(match: re.Match[str]) -> str:
    try:
        address = ipaddress.ip_address(match[0])
    except ValueError:
        return match[0]
    return HIDDEN if address.is_global else match[0]


def _forms(value: bytes) -> set[str]:
    plain = value.decode("latin-1")
    quoted = json.dumps(plain)[1:-1]
    percent = quote(value, safe="")
    forms = {
        plain,
        quoted,
        json.dumps(quoted)[1:-1],
        repr(plain)[1:-1],
        percent,
        re.sub("%..", lambda escape: escape[0].lower(), percent),
        value.hex(),
        value.hex().upper(),
    }
    return forms | {form for shift in range(3) for form in _base64_forms(value, shift)}


def _base64_forms(value: bytes, shift: int) -> set[str]:
    """What of `value` shows in base64 wherever it begins inside a longer text: three bytes become four characters."""
    encoded = (base64.b64encode(bytes(shift) + value), base64.urlsafe_b64encode(bytes(shift) + value))
    start = (shift * 8 + 5) // 6
    end = (shift + len(value)) * 8 // 6
    stable = {text[start:end].decode("ascii") for text in encoded}
    return {form for form in stable if len(form) >= _MIN_FRAGMENT}
