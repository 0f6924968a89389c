"""Two spot markets that trade the same coin: told apart in the ledgers, summed in the wallet, equal to the last digit."""

from tests.e2e.conftest import Start

MARKETS = ("spot.BTCUSDC", "spot.BTCUSDT")


def test_two_spot_markets_of_one_coin_reconcile(start_demo: Start) -> None:
    run = start_demo("--run-s", "15", "--takers", "7", "--symbols", ",".join(MARKETS))
    assert run.finish(60) == 0, run.errors.read_text()
    report = run.report()
    assert report["bot"] == report["exchange"]
    assert sorted(report["bot"]) == sorted(MARKETS)
    traded = [market for market in MARKETS if report["bot"][market]["cash"] != "0"]
    assert traded == list(MARKETS), "both must have moved the coin"
    odd = [row for row in run.log() if row["event"] in {"balance_mismatch", "position_mismatch", "fatal"}]
    assert odd == [], "what one market buys is no surprise to the other"
    stages = [row["stage"] for row in run.log() if row["event"] == "recovery_moved"]
    assert stages.count("done") == 2, "at the start and at the stop, and never between"
