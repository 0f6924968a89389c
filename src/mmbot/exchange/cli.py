"""The `mmbot exchange` command."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from mmbot.exchange.options import ExchangeOptions, Option, named_options


def typed(texts: Iterable[str]) -> dict[str, Option]:
    """Options as they stand on the command line."""
    try:
        return named_options(texts)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--option") from None


def exchange_command(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    symbols: Annotated[
        str,
        typer.Option(help="Comma-separated, spot as spot.BTCUSDT; empty: BTCUSDT,ETHUSDT, or all of the recording."),
    ] = "",
    seed: Annotated[int, typer.Option(min=0, help="Seed of ids and background traders.")] = 1,
    fee_tier: Annotated[
        str, typer.Option(help="vip0-vip5, supreme, pro1, pro6, mm1-mm3, or maker:taker fractions.")
    ] = "vip0",
    deposit: Annotated[
        str,
        typer.Option(
            help='Of every quote coin, and its worth of spot base coins; or by coin: {"USDT":"100","BTC":"1"}.'
        ),
    ] = "100000",
    data: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Recording to play instead of matching.")
    ] = None,
    from_s: Annotated[float, typer.Option("--from", min=0, help="Seconds into the recording to begin at.")] = 0.0,
    to_s: Annotated[float | None, typer.Option("--to", min=0, help="Seconds into the recording to end at.")] = None,
    takers: Annotated[int | None, typer.Option(min=0, help="Seed of takers who hit resting orders.")] = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="Receives the ready line, readable by its owner only.")
    ] = None,
    record_file: Annotated[Path | None, typer.Option(help="Receives the exchange's record at the end.")] = None,
    until_stdin_closes: Annotated[bool, typer.Option(help="Ignore signals; stop when standard input ends.")] = False,
    two_sided_bps: Annotated[
        float, typer.Option(min=0, help="Quotes within this of the mid count as two-sided.")
    ] = 10.0,
    order_latency_ms: Annotated[float, typer.Option(min=0, help="From an accepted request to the book.")] = 2.0,
    reply_delay_ms: Annotated[float, typer.Option(min=1, help="From a socket's message to its reply.")] = 2.0,
    option: Annotated[list[str] | None, typer.Option(help="name=value of docs/exchange.md; may be repeated.")] = None,
) -> None:
    """Run a local exchange that speaks Bybit V5 on loopback."""
    options = ExchangeOptions(
        options=typed(option or ()),
        port=port,
        symbols=tuple(name for name in symbols.split(",") if name),
        seed=seed,
        fee_tier=fee_tier,
        deposit=deposit,
        data=data,
        from_s=from_s,
        to_s=to_s,
        takers=takers,
        ready_file=ready_file,
        record_file=record_file,
        until_stdin_closes=until_stdin_closes,
        two_sided_bps=two_sided_bps,
        order_latency_ms=order_latency_ms,
        reply_delay_ms=reply_delay_ms,
    )
    _run(options)


def _run(options: ExchangeOptions) -> None:
    # Heavy, and no business of the other commands: `mmbot kill` must be quick.
    import uvloop  # noqa: PLC0415

    from mmbot.exchange.process import serve  # noqa: PLC0415

    try:
        uvloop.run(serve(options))
    except (ValueError, OSError) as error:
        sys.stderr.write(f"mmbot exchange: {error}\n")
        raise typer.Exit(2) from None
