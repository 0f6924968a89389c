"""What a local exchange is started with."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

Option = bool | int | str
NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000


class ExchangeOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of one local exchange process.

    `symbols` name contracts (`BTCUSDT`, `linear.BTCUSDT`) and spot markets (`spot.BTCUSDT`); empty means the contracts BTCUSDT and ETHUSDT
    when matching, and otherwise every contract of the recording, or every spot market of one without contracts. `deposit` is an amount of
    every quote coin, with as much worth of every spot base coin, or a JSON object of exact amounts by coin that says it all. `from_s` and `to_s`
    count from the recording's first frame. `takers` is the seed of strangers who hit resting orders; None: nobody does.
    `options` are those of docs/exchange.md by name, for what the venue's documents leave open.
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
    options: dict[str, Option] = {}


def deposits(text: str) -> str | dict[str, str]:
    """A deposit option as the native exchange takes it; ValueError if it begins like an object of amounts by coin but is none."""
    if not text.startswith("{"):
        return text
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except msgspec.MsgspecError as error:
        raise ValueError(f"deposit {text!r} is not a JSON object of decimal strings by coin: {error}") from None


def named_options(texts: Iterable[str]) -> dict[str, Option]:
    """`name=value` texts as options; ValueError names the one that is none. The exchange knows which names and values there are."""
    options: dict[str, Option] = {}
    for text in texts:
        name, given, value = text.partition("=")
        if not name or not given:
            raise ValueError(f"option {text!r} is not name=value, as in ip_requests=600")
        if value in {"true", "false"}:
            options[name] = value == "true"
        else:
            options[name] = int(value) if value.isascii() and value.isdigit() else value
    return options


def settings(options: ExchangeOptions) -> bytes:
    """The native exchange's settings as JSON."""
    symbols = options.symbols or (() if options.data else ("BTCUSDT", "ETHUSDT"))
    return msgspec.json.encode(
        {
            "symbols": symbols,
            "seed": options.seed,
            "fee_tier": options.fee_tier,
            "deposit": deposits(options.deposit),
            "leverage": options.leverage,
            "takers": options.takers,
            "two_sided_bps": options.two_sided_bps,
            "order_latency_ns": round(options.order_latency_ms * NS_PER_MS),
            "reply_delay_ns": round(options.reply_delay_ms * NS_PER_MS),
            "options": options.options,
            "tape": options.data is not None,
            "from_ns": round(options.from_s * NS_PER_S),
            "to_ns": None if options.to_s is None else round(options.to_s * NS_PER_S),
        }
    )
