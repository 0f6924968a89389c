"""The `mmbot` command: thin wirings, one per process."""

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from mmbot.app.kill_switch import Level
from mmbot.app.watchdog import EXIT_NOT_VERIFIED
from mmbot.config.errors import ConfigError
from mmbot.exchange.cli import exchange_command

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="A market maker for Bybit."
)
app.command("exchange")(exchange_command)


@app.command("run")
def run_command(config: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="YAML configuration.")]) -> None:
    """Run the bot until SIGINT or SIGTERM; SIGHUP reads the configuration again."""
    import uvloop  # noqa: PLC0415 - heavy imports stay inside commands

    from mmbot.app.run import run_bot  # noqa: PLC0415

    raise typer.Exit(uvloop.run(run_bot(config)))


@app.command("kill")
def kill_command(
    config: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The bot's YAML configuration.")],
    why: Annotated[str, typer.Option(help="The reason, for whoever re-arms.")],
    level: Annotated[
        int, typer.Option(min=1, max=3, help="1: pause markets; 2: the bot ends itself; 3: from outside.")
    ] = 3,
    market: Annotated[
        list[str] | None, typer.Option(help="Level 1: only this market (linear.BTCUSDT); may be repeated.")
    ] = None,
) -> None:
    """Pull the kill switch; it stays latched until `mmbot rearm`."""
    from mmbot.app.kill import EXTERNAL, kill  # noqa: PLC0415
    from mmbot.config.load import load_config  # noqa: PLC0415
    from mmbot.observe.log import configure_logging  # noqa: PLC0415

    configure_logging()
    levels: dict[int, Level] = {1: 1, 2: 2, 3: 3}
    report = kill(load_config(config), levels[level], why, tuple(market or ()))
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n")
    swept = report.sweep is not None and report.sweep.verified
    raise typer.Exit(0 if swept or report.latch.level < EXTERNAL else EXIT_NOT_VERIFIED)


@app.command("rearm")
def rearm_command(
    config: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The bot's YAML configuration.")],
    why: Annotated[str, typer.Option(help="What was found and mended; required but with --confirm.")] = "",
    minutes: Annotated[
        int | None, typer.Option(min=1, max=240, help="Propose to lift the running bot's loss stops for so long.")
    ] = None,
    confirm: Annotated[str | None, typer.Option(help="Confirm that proposal by the token that it printed.")] = None,
) -> None:
    """Take the kill switch's latch away; with --minutes, then --confirm, lift a loss stop of the running bot instead."""
    from mmbot.app.kill_switch import rearm  # noqa: PLC0415
    from mmbot.app.rearm_request import ask_rearm  # noqa: PLC0415
    from mmbot.config.load import load_config  # noqa: PLC0415

    if minutes is not None and confirm is not None:
        raise ValueError("--minutes proposes and --confirm confirms: give one of them")
    if not why.strip() and confirm is None:
        raise ValueError("--why must say what was found")
    loaded = load_config(config)
    outcome: object
    if minutes is None and confirm is None:
        outcome = {"taken_away": rearm(loaded.files.state), "why": why}
    else:
        outcome = ask_rearm(loaded, minutes=minutes, token=confirm, why=why)
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(outcome), indent=2).decode() + "\n")


@app.command("replay")
def replay_command(
    capture: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A capture file.")],
    re_ask: Annotated[bool, typer.Option("--re-ask", help="Ask its strategy again and compare the answers.")] = False,
) -> None:
    """Step a capture again; fails unless every command, and with --re-ask every answer, is the same."""
    from mmbot.app.replay import ask_again, replay_capture  # noqa: PLC0415

    outcome = replay_capture(capture)
    if re_ask:
        outcome["re_ask"] = ask_again(capture)
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(outcome), indent=2).decode() + "\n")
    same = outcome["difference"] is None and outcome["broken_off"] is None
    raise typer.Exit(0 if same and not (re_ask and outcome["re_ask"]["different"]) else 1)


@app.command("simulate")
def simulate_command(
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds.")] = 10,
    start: Annotated[int, typer.Option(min=0, help="The first seed.")] = 1,
    seed: Annotated[int | None, typer.Option(min=0, help="One seed only: replays a failure.")] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Threads; 0: one a core.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    matrix: Annotated[bool, typer.Option("--matrix", help="Every fault alone, in each of the seeds.")] = False,
    soak_hours: Annotated[
        int | None, typer.Option(min=1, help="One long run of two markets, from the first seed.")
    ] = None,
) -> None:
    """Run seeds of the fault simulator; fails if an invariant or liveness fails in one of them."""
    from mmbot.app.fault_matrix import run_matrix, shown_matrix  # noqa: PLC0415
    from mmbot.app.simulate import run_seeds, run_soak, shown  # noqa: PLC0415

    chosen = range(start, start + seeds) if seed is None else range(seed, seed + 1)
    if matrix:
        rows = run_matrix(chosen, jobs)
        sys.stdout.write((msgspec.json.encode(rows).decode() if as_json else shown_matrix(rows)) + "\n")
        raise typer.Exit(1 if any(row.failures for row in rows) else 0)
    summary = run_soak(chosen[0], soak_hours) if soak_hours else run_seeds(chosen, jobs)
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
    profile: Annotated[str, typer.Option(help="How to quote; an unknown one lists them.")] = "demo-mm1",
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
