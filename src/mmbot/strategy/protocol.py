"""What a strategy is, and what it says."""

from decimal import Decimal
from typing import Any, ClassVar, Protocol, runtime_checkable

import msgspec
from pydantic import BaseModel, ConfigDict

from mmbot.strategy.view import View


class StrategyOptions(BaseModel):
    """The settings of one strategy class; an unknown or mistyped key stops the start. Derive from it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Quote(msgspec.Struct, frozen=True):
    """A wanted order: price in quote coin, size in base coin; `colour` (0 to 255) marks the parameter set that made it.

    Off the grid, a bid is rounded down, an ask up, a size down.
    """

    price: Decimal
    qty: Decimal
    colour: int = 0


class Quotes(msgspec.Struct, frozen=True):
    """All orders that should stand in a market, in any order, at most 10 a side; what is not here is cancelled."""

    bids: tuple[Quote, ...] = ()
    asks: tuple[Quote, ...] = ()


@runtime_checkable
class Strategy(Protocol):
    """Says which quotes should stand. One instance serves every market.

    It must be a function of the views it was shown: no clock, no randomness, no network. Then a replay can ask it again.
    """

    Options: ClassVar[type[StrategyOptions]]

    def __init__(self, options: Any) -> None: ...

    def quotes(self, view: View) -> Quotes:
        """The quotes for this market as it is now. They stand until the next decision; raising an error pulls them."""
