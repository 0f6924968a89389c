"""The section of the guards: figures at which the bot quotes less, or stops."""

from typing import Annotated

from pydantic import Field

from mmbot.config.fields import PositiveDecimal
from mmbot.config.sections import BootSection

WholeSeconds = Annotated[int, Field(ge=1, le=86_400)]


class RepeatedExecutionConfig(BootSection):
    """So many fills of one side in a row within `window_s` seconds pause that market for `pause_s` seconds."""

    fills: Annotated[int, Field(ge=2, le=10_000)] = 50
    window_s: WholeSeconds = 10
    pause_s: WholeSeconds = 30


class BreakerConfig(BootSection):
    """So many failed requests within `window_s` seconds stop all but cancels for `open_s` seconds; then `probes` requests decide."""

    failures: Annotated[int, Field(ge=1, le=10_000)] = 20
    window_s: WholeSeconds = 60
    open_s: WholeSeconds = 10
    probes: Annotated[int, Field(ge=1, le=100)] = 3


class GuardsConfig(BootSection):
    """Limits in money are decimal strings, in quote or settle coin; one that is absent is off. Everything else is always on.

    `price_collar_bps`: no order further than this from the mid or the mark price. `max_market_notional`, `max_total_notional`: worst case,
    position and all that may still fill, of a market and of all. `duplicate_window_ms`: the same order is not sent twice within it.
    `max_order_age_s`: an order that stood unchanged for longer is renewed. `max_changes_per_s`: orders of one market that are placed or
    moved in a second. `max_orders_per_day`: new orders of the account in a UTC day, over all runs. `losing_markouts`: so
    many fills of a market in a row at a loss five seconds later pause it like repeated executions. `daily_loss`, `drawdown`: loss of the UTC day, and fall from its
    best, that leave only reducing quotes until the day ends. `margin_floor_pct`: equity over worst-case notional that does the same.
    """

    price_collar_bps: Annotated[int, Field(ge=1, le=10_000)] = 500
    max_market_notional: PositiveDecimal | None = None
    max_total_notional: PositiveDecimal | None = None
    duplicate_window_ms: Annotated[int, Field(ge=0, le=60_000)] = 100
    max_order_age_s: WholeSeconds = 600
    max_changes_per_s: Annotated[int, Field(ge=1, le=1000)] | None = None
    max_orders_per_day: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    losing_markouts: Annotated[int, Field(ge=1, le=10_000)] | None = None
    daily_loss: PositiveDecimal | None = None
    drawdown: PositiveDecimal | None = None
    margin_floor_pct: Annotated[int, Field(ge=1, le=10_000)] | None = None
    repeated_execution: RepeatedExecutionConfig = RepeatedExecutionConfig()
    breaker: BreakerConfig = BreakerConfig()
