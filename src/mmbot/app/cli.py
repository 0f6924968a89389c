"""The `mmbot` command: thin wirings, one per process."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from mmbot.config.errors import ConfigError
from mmbot.exchange.cli import exchange_command

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="A market maker for Bybit."
)
app.command("exchange")(exchange_command)


@app.command("run")
def run_command(config: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="YAML configuration.")]) -> None:
    """Run the bot until SIGINT or SIGTERM."""
    import uvloop  # noqa: PLC0415 - heavy imports stay inside commands

    from mmbot.app.run import run_bot  # noqa: PLC0415
    from mmbot.config.load import load_config  # noqa: PLC0415

    raise typer.Exit(uvloop.run(run_bot(load_config(config))))


@app.command("replay")
def replay_command(
    capture: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A capture file.")],
) -> None:
    """Step a capture again; fails unless every command is the same."""
    from mmbot.app.replay import replay_capture  # noqa: PLC0415

    outcome = replay_capture(capture)
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(outcome), indent=2).decode() + "\n")
    raise typer.Exit(0 if outcome["difference"] is None and outcome["broken_off"] is None else 1)


@app.command("simulate")
def simulate_command(
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds.")] = 10,
    start: Annotated[int, typer.Option(min=0, help="The first seed.")] = 1,
    seed: Annotated[int | None, typer.Option(min=0, help="One seed only: replays a failure.")] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Threads; 0: one a core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Run seeds of the fault simulator; fails if an invariant or liveness fails in one of them."""
    from mmbot.app.simulate import run_seeds, shown  # noqa: PLC0415

    chosen = range(start, start + seeds) if seed is None else range(seed, seed + 1)
    summary = run_seeds(chosen, jobs)
    text = msgspec.json.format(msgspec.json.encode(summary), indent=2).decode() if as_json else shown(summary)
    sys.stdout.write(text + "\n")
    raise typer.Exit(0 if summary.passed else 1)


@app.command("demo")
def demo_command(
    run_s: Annotated[
        float | None, typer.Option(min=1, help="Seconds from the first subscription; default: until Ctrl-C.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Recording to make a market on.")
    ] = None,
    from_s: Annotated[float, typer.Option("--from", min=0, help="Seconds into the recording to begin at.")] = 0.0,
    to_s: Annotated[float | None, typer.Option("--to", min=0, help="Seconds into the recording to end at.")] = None,
    takers: Annotated[int | None, typer.Option(min=0, help="Seed of takers who hit resting orders.")] = None,
    symbols: Annotated[
        str, typer.Option(help="Comma-separated; default: BTCUSDT,ETHUSDT or all of the recording.")
    ] = "",
    report: Annotated[Path | None, typer.Option(help="Where the report goes.")] = None,
    profile: Annotated[str, typer.Option(help="demo-mm1, vip0, fixed-1bp or fixed-2bp.")] = "demo-mm1",
) -> None:
    """Run a local exchange and a bot on it, both on this machine."""
    import uvloop  # noqa: PLC0415

    from mmbot.app.demo import DemoOptions, run_demo  # noqa: PLC0415

    names = tuple(name for name in symbols.split(",") if name)
    options = DemoOptions(
        run_s=run_s, data=data, from_s=from_s, to_s=to_s, takers=takers, symbols=names, report=report, profile=profile
    )
    raise typer.Exit(uvloop.run(run_demo(options)))


def main() -> None:
    """Entry point: an expected mistake is one line on stderr, never a traceback."""
    try:
        app()
    except (ConfigError, ValueError, OSError) as error:
        sys.stderr.write(f"mmbot: {error}\n")
        raise SystemExit(2) from None
