"""Asking a strategy: whatever it does, there is an answer."""

import traceback
from decimal import Decimal
from typing import Any

import msgspec

from mmbot.strategy.protocol import Quote, Quotes, Strategy
from mmbot.strategy.view import View

_MAX_COLOUR = 255
_SHOWN_FRAMES = -3


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What to hand to the core: `quotes` as (side, price, size, colour), or `failed` ("raised" or "shape") and why."""

    quotes: tuple[tuple[str, str, str, int], ...] = ()
    failed: str | None = None
    why: str = ""


def ask(strategy: Strategy, view: View) -> Answer:
    """The strategy's answer to this view; an error of its own becomes a failed one."""
    try:
        said: Any = strategy.quotes(view)
    except Exception as error:  # noqa: BLE001 - code that is not ours may raise anything, and must not stop the bot
        return Answer(failed="raised", why="".join(traceback.format_exception(error, limit=_SHOWN_FRAMES)))
    if not isinstance(said, Quotes):
        return Answer(failed="shape", why=f"quotes() gave {type(said).__name__}; return Quotes")
    sides = (("Buy", said.bids), ("Sell", said.asks))
    for side, quotes in sides:
        for quote in quotes:
            problem = _problem(quote)
            if problem:
                return Answer(failed="shape", why=f"{side} {quote!r}: {problem}")
    rows = tuple(
        (side, f"{quote.price:f}", f"{quote.qty:f}", quote.colour) for side, quotes in sides for quote in quotes
    )
    return Answer(quotes=rows)


def _problem(quote: Any) -> str | None:
    if not isinstance(quote, Quote):
        return "not a Quote"
    for name in ("price", "qty"):
        value = getattr(quote, name)
        if not isinstance(value, Decimal) or not value.is_finite():
            return f"{name} must be a finite Decimal"
    if type(quote.colour) is not int or not 0 <= quote.colour <= _MAX_COLOUR:
        return f"colour must be a whole number from 0 to {_MAX_COLOUR}"
    return None
