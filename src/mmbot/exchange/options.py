"""What a local exchange is started with."""

from pathlib import Path

import msgspec

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000


class ExchangeOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of one local exchange process.

    `symbols` empty means BTCUSDT and ETHUSDT when matching, and every linear market of the recording otherwise. `from_s` and `to_s`
    count from the recording's first frame. `takers` is the seed of strangers who hit resting orders; None: nobody does.
    `until_stdin_closes` makes the process outlive signals and stop when its standard input ends.
    """

    port: int = 0
    symbols: tuple[str, ...] = ()
    seed: int = 1
    fee_tier: str = "vip0"
    deposit: str = "100000"
    leverage: int = 10
    data: Path | None = None
    from_s: float = 0.0
    to_s: float | None = None
    takers: int | None = None
    ready_file: Path | None = None
    record_file: Path | None = None
    two_sided_bps: float = 10.0
    order_latency_ms: float = 2.0
    reply_delay_ms: float = 2.0
    until_stdin_closes: bool = False


def settings(options: ExchangeOptions) -> bytes:
    """The native exchange's settings as JSON."""
    symbols = options.symbols or (() if options.data else ("BTCUSDT", "ETHUSDT"))
    return msgspec.json.encode(
        {
            "symbols": symbols,
            "seed": options.seed,
            "fee_tier": options.fee_tier,
            "deposit": options.deposit,
            "leverage": options.leverage,
            "takers": options.takers,
            "two_sided_bps": options.two_sided_bps,
            "order_latency_ns": round(options.order_latency_ms * NS_PER_MS),
            "reply_delay_ns": round(options.reply_delay_ms * NS_PER_MS),
            "tape": options.data is not None,
            "from_ns": round(options.from_s * NS_PER_S),
            "to_ns": None if options.to_s is None else round(options.to_s * NS_PER_S),
        }
    )
