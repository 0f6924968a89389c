"""No form of a secret survives redaction, and what operations needs does."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmbot.config import Secret
from mmbot.observe.redact import HIDDEN, Redactor

CANARY = 'c4n"ary/KEY+7f3=é\\x'
REDACTOR = Redactor([Secret(CANARY.encode("latin-1")), Secret(b"plainSecretKey01")])

FORMS = [
    CANARY,
    json.dumps(CANARY)[1:-1],
    json.dumps(json.dumps(CANARY))[3:-3],
    repr(CANARY)[1:-1],
    quote(CANARY.encode("latin-1"), safe=""),
    CANARY.encode("latin-1").hex(),
    CANARY.encode("latin-1").hex().upper(),
    base64.b64encode(CANARY.encode("latin-1")).decode().rstrip("=")[:-1],
    base64.urlsafe_b64encode(CANARY.encode("latin-1")).decode().rstrip("=")[:-1],
]


@pytest.mark.parametrize("form", FORMS)
def test_each_written_form_of_a_known_secret_is_taken_out(form: str) -> None:
    assert form not in REDACTOR.redact(f"before {form} after")


@pytest.mark.parametrize("before", ["", "u", "us", "use"])
@pytest.mark.parametrize("after", ["", "1", "12", "123"])
def test_base64_of_a_longer_text_is_found(before: str, after: str) -> None:
    encoded = base64.b64encode(f"{before}plainSecretKey01{after}".encode()).decode()
    redacted = REDACTOR.redact(f"header {encoded}")
    left = redacted.replace("header ", "").replace(HIDDEN, "")
    assert len(left) <= 12, f"{left!r} is still readable of {encoded!r}"


HIDDEN_BY_NAME = [
    ("X-BAPI-API-KEY: abcDEF123", "X-BAPI-API-KEY: [redacted]"),
    ("x-bapi-sign=deadbeef", "x-bapi-sign=[redacted]"),
    (
        "{'X-BAPI-SIGN': 'deadbeef', 'X-BAPI-TIMESTAMP': '17'}",
        "{'X-BAPI-SIGN': '[redacted]', 'X-BAPI-TIMESTAMP': '17'}",
    ),
    ('{"X-BAPI-API-KEY":"abc"}', '{"X-BAPI-API-KEY":"[redacted]"}'),
    ('{\\"api_key\\":\\"abc\\"}', '{\\"api_key\\":\\"[redacted]\\"}'),
    ("[(b'X-BAPI-SIGN', b'dead')]", "[(b'X-BAPI-SIGN', b'[redacted]')]"),
    ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
    ("Cookie: session=1", "Cookie: [redacted]"),
    ("https://host/?api_key=abc&symbol=BTCUSDT", "https://host/?api_key=[redacted]&symbol=BTCUSDT"),
    ("api_secret=abc password: hunter2 token=t", "api_secret=[redacted] password: [redacted] token=[redacted]"),
    ('{"req_id":"1","op":"auth","args":["key",17,"sig"]}', '{"req_id":"1","op":"auth","args":[[redacted]]}'),
    ('{\\"op\\":\\"auth\\",\\"args\\":[\\"key\\",17]}', '{\\"op\\":\\"auth\\",\\"args\\":[[redacted]]}'),
    ("write to jane.doe+x@mail.example.org now", "write to [redacted] now"),
    ("connected to 8.8.8.8:443", "connected to [redacted]:443"),
]


@pytest.mark.parametrize(("text", "expected"), HIDDEN_BY_NAME)
def test_what_is_named_like_a_secret_is_taken_out(text: str, expected: str) -> None:
    assert Redactor().redact(text) == expected


KEPT = [
    '{"event":"order_moved","order_id":"9f1c2a34-0000-4000-8000-123456789abc","client_order_id":"r1-0-4f"}',
    "connected to 127.0.0.1:8080 and 10.0.0.7 and 192.168.1.5",
    '{"op":"subscribe","args":["orderbook.50.BTCUSDT"]}',
    "max_position 0.05 price 64000.10 version 1.2.3",
    '{"event":"tokens_left","count":3}',
    "999.1.1.1",
]


@pytest.mark.parametrize("text", KEPT)
def test_what_operations_needs_stays(text: str) -> None:
    assert REDACTOR.redact(text) == text


@given(
    secret=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=12, max_size=40),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
def test_any_secret_in_any_json_is_taken_out(secret: str, before: str, after: str) -> None:
    redactor = Redactor([Secret(secret.encode())])
    redacted = redactor.redact(json.dumps({"event": before + secret + after, "nested": {"hex": secret.encode().hex()}}))
    assert secret not in redacted
    assert json.dumps(secret)[1:-1] not in redacted
    assert secret.encode().hex() not in redacted
