"""Strategies of your own: a small pure class that says which quotes should stand."""

from mmbot.strategy.ask import Answer, ask
from mmbot.strategy.load import load_strategy
from mmbot.strategy.protocol import Quote, Quotes, Strategy, StrategyOptions
from mmbot.strategy.view import Level, OwnQuote, View, read_view

__all__ = [
    "Answer",
    "Level",
    "OwnQuote",
    "Quote",
    "Quotes",
    "Strategy",
    "StrategyOptions",
    "View",
    "ask",
    "load_strategy",
    "read_view",
]
