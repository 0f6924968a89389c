"""The local exchange: a Bybit V5 compatible REST and WebSocket server on loopback over the native matching engine or a recording."""

from mmbot.exchange.options import ExchangeOptions
from mmbot.exchange.process import serve

__all__ = ["ExchangeOptions", "serve"]
