"""The verdict itself: it must not be blind."""

from typing import Any

from tests.chaos.verdict import crowded


def row(run: str, side: str, created_ms: int, updated_ms: int, symbol: str = "BTCUSDT") -> dict[str, Any]:
    times = {"createdTime": str(created_ms), "updatedTime": str(updated_ms)}
    return {"orderLinkId": f"{run}-0-1", "category": "linear", "symbol": symbol, "side": side} | times


def test_a_third_order_on_a_side_of_two_levels_is_a_duplicate() -> None:
    standing = [row("a", "Buy", 10, 50), row("a", "Buy", 11, 50)]
    assert crowded(standing) == []
    assert crowded([*standing, row("a", "Buy", 49, 60)]) == [("a", "linear.BTCUSDT Buy", 49)]
    assert crowded([*standing, row("a", "Buy", 50, 60)]) == [], "two ended when it came"
    others = [row("b", "Buy", 12, 60), row("a", "Sell", 12, 60), row("a", "Buy", 12, 60, "ETHUSDT")]
    assert crowded([*standing, *others]) == []
