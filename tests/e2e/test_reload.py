"""SIGHUP on a real bot: live parameters are taken over and recorded, anything else is refused by name and changes nothing."""

import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.chaos.fleet import PROGRAM, BotProcess, Venue, configuration, until

from mmbot.app.replay import replay_capture


def rewrite(bot: BotProcess, config: dict[str, Any]) -> None:
    bot.config_file.write_text(yaml.safe_dump(config))
    bot.send(signal.SIGHUP)


def open_sizes(venue: Venue) -> dict[str, set[str]]:
    sizes: dict[str, set[str]] = {}
    for row in venue.open_orders():
        sizes.setdefault(row["symbol"], set()).add(row["qty"])
    return sizes


def test_a_running_bot_takes_over_what_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with ExitStack() as stack:
        venue = Venue(tmp_path)
        stack.callback(venue.close)
        config = configuration(venue, tmp_path, venue.port)
        capture = tmp_path / "run.mmcap"
        config["files"]["capture"] = str(capture)
        sizes = {row["symbol"]: row["order_qty"] for row in config["markets"]}
        bot = BotProcess(tmp_path, config, PROGRAM)
        stack.callback(bot.close)
        bot.until_consistent()
        until(lambda: open_sizes(venue).get("BTCUSDT") == {sizes["BTCUSDT"]}, 20, "quotes of the first size")

        config["markets"][0]["order_qty"] = "0.003"
        config["strategy"]["skew_bps"] = 7.0
        rewrite(bot, config)
        sent = bot.until_fact("reload_sent")
        assert sent["keys"] == ["markets.linear.BTCUSDT.order_qty", "strategy.skew_bps"]
        until(lambda: open_sizes(venue).get("BTCUSDT") == {"0.003"}, 20, "quotes of the new size")
        until(lambda: open_sizes(venue).get("ETHUSDT") == {sizes["ETHUSDT"]}, 20, "the other market keeps its own")

        kept = yaml.safe_load(bot.config_file.read_text())
        config["markets"][0]["order_qty"] = "0.004"
        config["account"] = {"orders_per_s": 9}
        rewrite(bot, config)
        refused = bot.until_fact("reload_refused")
        assert (refused["code"], refused["field"]) == ("E_CFG_RESTART", "account.orders_per_s")

        off_grid = yaml.safe_load(yaml.safe_dump(kept))
        off_grid["markets"][0]["order_qty"] = "0.0035"
        rewrite(bot, off_grid)
        assert bot.until_fact("params_refused")["field"] == "order_qty"

        bot.config_file.write_text("markets: [")
        bot.send(signal.SIGHUP)
        bot.until_fact("reload_refused", code="E_CFG_YAML")
        rewrite(bot, kept)
        bot.until_fact("reload_changes_nothing")
        assert open_sizes(venue).get("BTCUSDT") == {"0.003"}, "what was refused changed nothing"

        bot.send(signal.SIGTERM)
        assert bot.finish(40) == 0, bot.errors()
        outcome = replay_capture(capture)
        assert outcome["difference"] is None
        assert outcome["recorded_hash"] == outcome["replayed_hash"]
