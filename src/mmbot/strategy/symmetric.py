"""The smallest strategy: one bid and one ask, equally far from the mid."""

from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import Field

from mmbot.strategy.protocol import Quote, Quotes, StrategyOptions
from mmbot.strategy.view import View


class SymmetricOptions(StrategyOptions):
    """Distance of either quote from the mid in bps of it."""

    half_spread_bps: Annotated[float, Field(gt=0, le=1000)] = 2.0


class SymmetricQuoter:
    """Quotes the configured size on both sides; the inventory limit alone bounds its position."""

    Options: ClassVar[type[StrategyOptions]] = SymmetricOptions

    def __init__(self, options: SymmetricOptions) -> None:
        self._half_spread = Decimal(str(options.half_spread_bps)) / 10_000

    def quotes(self, view: View) -> Quotes:
        """One pair around the mid."""
        distance = view.mid * self._half_spread
        bid = Quote(view.mid - distance, view.order_qty)
        ask = Quote(view.mid + distance, view.order_qty)
        return Quotes(bids=(bid,), asks=(ask,))
