"""Signatures against published and independent vectors."""

import json
import pickle
from pathlib import Path

import pytest

from mmbot.config.secrets import Secret
from mmbot.connectors.signing import Signer
from mmbot.exchange.signature import KeyPair, check_request


def signer() -> Signer:
    return Signer(Secret(b"testkey"), Secret(b"testsecret"), 5000)


def test_a_get_signs_its_raw_query() -> None:
    headers = signer().headers(1_700_000_000_000, b"category=linear&symbol=BTCUSDT")
    assert headers["X-BAPI-SIGN"] == "f2f79889fd1201752936b389c890e9d393e01e0311a6d8785fb80753aa26c69b"
    assert headers["X-BAPI-TIMESTAMP"] == "1700000000000"
    assert headers["X-BAPI-RECV-WINDOW"] == "5000"
    assert headers["X-BAPI-API-KEY"] == "testkey"


def test_a_post_signs_its_raw_body() -> None:
    headers = signer().headers(1_700_000_000_000, b'{"category":"linear","symbol":"BTCUSDT"}')
    assert headers["X-BAPI-SIGN"] == "f42da2d9c4b8c2d6d28353a1599894049533ee04291205fdda32dd85ed4de04b"


def test_a_socket_signs_in_with_a_time_in_the_future() -> None:
    frame = json.loads(signer().sign_in(1_700_000_000_000))
    assert frame["op"] == "auth"
    key, expires, signature = frame["args"]
    assert (key, expires) == ("testkey", 1_700_000_010_000)
    assert signature == "6a806639d27b1c24c3808a191e9d0274d0c9d3a04a160233856d65840dfda2c8"


def test_a_signer_shows_no_secret() -> None:
    assert "test" not in repr(signer())
    with pytest.raises(TypeError):
        pickle.dumps(signer())


def test_independent_vectors(data_dir: Path) -> None:
    document = json.loads((data_dir / "conformance/signing_vectors/pybotters.json").read_text())
    key, secret, stamp = document["api_key"], document["api_secret"], document["timestamp"]
    pair, checked = KeyPair(key, secret), []
    for vector in document["vectors"]:
        if vector["kind"] == "ws_auth":
            ours = Signer(Secret(key.encode()), Secret(secret.encode()), 5000)
            args = json.loads(ours.sign_in(vector["expires"] - 10_000))["args"]
            assert args == [key, vector["expires"], vector["sig"]]
        else:
            # These leave the window header out, so the exchange's half judges them.
            headers = {"X-BAPI-API-KEY": key, "X-BAPI-TIMESTAMP": stamp, "X-BAPI-SIGN": vector["sig"]}
            assert check_request((pair,), headers, vector["payload"].encode(), int(stamp)) is None
            headers["X-BAPI-RECV-WINDOW"] = "5000"
            assert check_request((pair,), headers, vector["payload"].encode(), int(stamp)) is not None
        checked.append(vector["kind"])
    assert checked == ["rest_get", "rest_post", "ws_auth"]
