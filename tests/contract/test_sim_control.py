"""The operator's commands over HTTP: what they do is what a client then sees, and what they refuse names the field."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest


def control(ready: dict[str, str], **command: object) -> dict[str, Any]:
    body = json.dumps(command).encode()
    request = urllib.request.Request(f"{ready['rest']}/sim/control", data=body)  # noqa: S310 - a loopback address
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - a loopback address
        done: dict[str, Any] = json.loads(answer.read())
    return done


def listed(ready: dict[str, str], symbol: str) -> list[dict[str, Any]]:
    address = f"{ready['rest']}/v5/market/instruments-info?category=linear&symbol={symbol}"
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - a loopback address
        rows: list[dict[str, Any]] = json.loads(answer.read())["result"]["list"]
    return rows


def test_a_market_is_settled_and_opened_again(exchange: dict[str, str]) -> None:
    done = control(exchange, command="set_instrument", market="ETHUSDT", info={"status": "Settling"})
    assert done == {"done": "set_instrument"}
    assert listed(exchange, "ETHUSDT") == [], "only what trades is listed unless asked for"
    control(exchange, command="set_instrument", market="ETHUSDT", info={"status": "Trading"})
    assert listed(exchange, "ETHUSDT")[0]["status"] == "Trading"


def test_what_is_no_command_is_refused_with_the_field(exchange: dict[str, str]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        control(exchange, command="settle_funding", market="BTCUSDT", rate="much")
    with refused.value as answer:
        assert (answer.code, answer.read()) == (400, b'rate "much" is not a plain decimal number')
