"""The kinds of value a configuration holds."""

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

_DECIMAL = re.compile(r"(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?", re.ASCII)


def _positive_decimal(text: str) -> str:
    if not _DECIMAL.fullmatch(text) or not text.strip("0."):
        raise PydanticCustomError("value", 'must be a positive decimal in quotes, such as "0.001"')
    return text


def _endpoint(url: str, secure: str, plain: str, path: str) -> str:
    """Check one address: TLS unless the host is this machine, and nothing in it but host, port and the expected path."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise PydanticCustomError("url", "is not an address") from None
    if parts.scheme not in {secure, plain} or not host:
        raise PydanticCustomError("url", "must begin with {secure}://HOST", {"secure": secure})
    if parts.scheme == plain and not _is_loopback(host):
        raise PydanticCustomError(
            "url", "must use {secure}: plain {plain} is for this machine only", _schemes(secure, plain)
        )
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise PydanticCustomError("url", "must hold no user, password, query or fragment")
    if parts.path.rstrip("/") != path:
        raise PydanticCustomError("url", "must end with {path} after the host", {"path": path or "nothing"})
    return url.rstrip("/")


def _schemes(secure: str, plain: str) -> dict[str, str]:
    return {"secure": secure, "plain": plain}


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _rest(url: str) -> str:
    return _endpoint(url, "https", "http", "")


def _public_linear(url: str) -> str:
    return _endpoint(url, "wss", "ws", "/v5/public/linear")


def _public_spot(url: str) -> str:
    return _endpoint(url, "wss", "ws", "/v5/public/spot")


def _private(url: str) -> str:
    return _endpoint(url, "wss", "ws", "/v5/private")


def _trade(url: str) -> str:
    return _endpoint(url, "wss", "ws", "/v5/trade")


PositiveDecimal = Annotated[str, AfterValidator(_positive_decimal)]
"""A positive decimal kept as its digits: it becomes an integer through the instrument, never a float."""

RestUrl = Annotated[str, AfterValidator(_rest)]
PublicLinearUrl = Annotated[str, AfterValidator(_public_linear)]
PublicSpotUrl = Annotated[str, AfterValidator(_public_spot)]
PrivateUrl = Annotated[str, AfterValidator(_private)]
TradeUrl = Annotated[str, AfterValidator(_trade)]

Symbol = Annotated[str, Field(pattern=r"^[A-Z0-9-]{1,24}$")]
RunId = Annotated[str, Field(pattern=r"^[a-z0-9]{1,8}$")]
BasisPoints = Annotated[float, Field(ge=0, le=1000)]
