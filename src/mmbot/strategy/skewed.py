"""A strategy that leans: towards the side that the book points to, and against its own inventory."""

from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from mmbot.strategy.protocol import Quote, Quotes, StrategyOptions
from mmbot.strategy.view import View

Bps = Annotated[float, Field(ge=0, le=1000)]


class SkewedOptions(StrategyOptions):
    """All in bps of the mid.

    Half spread of the innermost pair; distance from each pair to the next; shift of both quotes at full inventory, and of the
    fair price when all size stands on one side; `levels` pairs.
    """

    half_spread_bps: Annotated[float, Field(gt=0, le=1000)] = 2.0
    level_step_bps: Bps = 2.0
    skew_bps: Bps = 2.0
    imbalance_bps: Bps = 0.5
    levels: Annotated[int, Field(ge=1, le=10)] = 2


class SkewedQuoter:
    """Pairs around microprice plus imbalance, less inventory: both quotes move the same way, so a long position lowers both."""

    Options: ClassVar[type[StrategyOptions]] = SkewedOptions

    def __init__(self, options: SkewedOptions) -> None:
        self._options = options

    def quotes(self, view: View) -> Quotes:
        """`levels` pairs."""
        options = self._options
        shift_bps = options.imbalance_bps * view.imbalance - options.skew_bps * view.inventory_ratio
        centre = view.microprice * (1 + shift_bps / 1e4)
        bids, asks = [], []
        for level in range(options.levels):
            distance = centre * (options.half_spread_bps + level * options.level_step_bps) / 1e4
            # Signals are floats, money is not: here they part. The grid's rounding follows.
            bids.append(Quote(Decimal(centre - distance), view.order_qty))
            asks.append(Quote(Decimal(centre + distance), view.order_qty))
        return Quotes(bids=tuple(bids), asks=tuple(asks))
