"""`L2Book` from Python: figures by hand, any history against a dict, and input that no venue sends."""

import contextlib
import json
import math
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmbot._native import BookGapError, L2Book

BIDS = [("100.0", "3"), ("99.5", "1"), ("99.0", "6")]
ASKS = [("100.5", "1"), ("101.0", "2.5"), ("102.5", "4")]

Rows = Sequence[tuple[str, str]]


def book() -> L2Book:
    return L2Book("TESTUSDT", "0.5", "0.25")


def filled() -> L2Book:
    fresh = book()
    fresh.apply_snapshot(BIDS, ASKS)
    return fresh


def frame(kind: str, update_id: int, bids: Rows, asks: Rows, topic: str = "orderbook.50.TESTUSDT") -> bytes:
    data = {"s": topic.rpartition(".")[2], "b": bids, "a": asks, "u": update_id, "seq": 10 * update_id}
    return json.dumps({"topic": topic, "type": kind, "ts": 1_700_000_000_000, "data": data}).encode()


def wire_frame(kind: str, update_id: int, bids: Rows, asks: Rows) -> bytes:
    """The same as the venue writes it: without white space, `cts` at its end."""
    message = json.loads(frame(kind, update_id, bids, asks)) | {"cts": 1_700_000_000_000}
    return json.dumps(message, separators=(",", ":")).encode()


# --- figures ------------------------------------------------------------------------------------------------------------------------


def test_figures_by_hand() -> None:
    held = filled()
    assert held.best_bid() == (100.0, 3.0)
    assert held.best_ask() == (100.5, 1.0)
    assert held.mid() == 100.25
    assert held.microprice() == pytest.approx(100.0 * 0.25 + 100.5 * 0.75, rel=1e-12)
    assert held.imbalance(1) == pytest.approx(0.5, rel=1e-12)
    assert held.imbalance(2) == pytest.approx((4 - 3.5) / 7.5, rel=1e-12)
    assert held.spread_bps() == pytest.approx(0.5 / 100.25 * 1e4, rel=1e-12)
    assert held.vwap(2, "Buy") == pytest.approx((100 * 3 + 99.5) / 4, rel=1e-12)
    assert held.vwap(99, "Sell") == pytest.approx((100.5 + 101 * 2.5 + 102.5 * 4) / 7.5, rel=1e-12)
    assert held.depth_at_price("99.5", "Buy") == 4.0
    assert held.depth_at_price("101", "Sell") == 3.5
    assert held.depth_at_price("100.5", "Buy") == 0.0


def test_top_is_best_first_and_as_long_as_the_book() -> None:
    held = filled()
    assert held.top(2) == ([(100.0, 3.0), (99.5, 1.0)], [(100.5, 1.0), (101.0, 2.5)])
    assert held.top_exact(5) == (
        [("100", "3"), ("99.5", "1"), ("99", "6")],
        [("100.5", "1"), ("101", "2.5"), ("102.5", "4")],
    )
    assert held.top(0) == ([], [])


def test_a_row_has_both_sides_level_by_level() -> None:
    held = filled()
    assert held.row(2) == (100.5, 1.0, 100.0, 3.0, 101.0, 2.5, 99.5, 1.0)
    assert held.row(0) == ()
    assert len(held.row()) == 20
    held.apply_delta([("99.5", "0"), ("99.0", "0")], [])
    assert str(held.row(2)) == "(100.5, 1.0, 100.0, 3.0, 101.0, 2.5, nan, nan)"
    with pytest.raises(ValueError, match="levels: 2001"):
        held.row(2001)


def test_a_frame_gives_its_row_unless_the_book_may_not_be_used() -> None:
    held = book()
    assert held.apply_frame_row(frame("snapshot", 2, BIDS, ASKS), 1) == (100.5, 1.0, 100.0, 3.0)
    assert held.apply_frame_row(frame("delta", 3, [("100.0", "5")], []), 1) == (100.5, 1.0, 100.0, 5.0)
    assert held.apply_frame_row(frame("delta", 4, [("101.0", "5")], []), 1) is None
    assert held.apply_frame_row(frame("delta", 5, [("101.0", "0")], []), 1) == (100.5, 1.0, 100.0, 5.0)
    assert held.apply_frame_row(frame("delta", 6, [], [], topic="orderbook.50.OTHERUSDT"), 1) is None
    with pytest.raises(BookGapError):
        held.apply_frame_row(frame("delta", 7, [], []), 1)
    assert held.apply_frame_row(frame("delta", 8, [], []), 1) is None


def test_what_an_empty_side_leaves_undefined() -> None:
    held = book()
    assert held.top(3) == ([], [])
    figures = (held.best_bid(), held.best_ask(), held.mid(), held.microprice(), held.imbalance(3), held.spread_bps())
    assert (*figures, held.vwap(3, "Buy")) == (None,) * 7
    held.apply_delta([("100", "1")], [])
    assert held.best_bid() == (100.0, 1.0)
    assert (held.mid(), held.imbalance(1), held.spread_bps(), held.vwap(1, "Sell")) == (None,) * 4


def test_a_crossed_book_has_levels_and_no_figures() -> None:
    held = filled()
    held.apply_delta([("101.0", "1")], [])
    assert held.best_bid() == (101.0, 1.0)
    assert (held.mid(), held.microprice(), held.imbalance(1), held.spread_bps()) == (None,) * 4


# A tuple is handed out again while its level stands; it must not outlive it.
def test_a_level_shows_its_latest_size() -> None:
    held = filled()
    before = held.top(1)
    held.apply_delta([("100.0", "7")], [("100.5", "0")])
    assert held.top(1) == ([(100.0, 7.0)], [(101.0, 2.5)])
    assert before == ([(100.0, 3.0)], [(100.5, 1.0)])
    far = [(f"{100 - 32 * step}", "1") for step in range(3)]
    held.apply_snapshot(far, ASKS)
    assert held.top(3)[0] == [(100.0, 1.0), (68.0, 1.0), (36.0, 1.0)]


@given(
    st.integers(1, 10**9), st.integers(1, 10**9), st.sampled_from(["0.1", "0.01", "0.0001", "0.00000001", "0.5", "25"])
)
def test_floats_are_those_that_python_reads(ticks: int, lots: int, tick_size: str) -> None:
    held = L2Book("TESTUSDT", tick_size, "0.001")
    price, size = str(ticks * Decimal(tick_size)), str(lots * Decimal("0.001"))
    held.apply_delta([(f"{Decimal(price):f}", f"{Decimal(size):f}")], [])
    assert held.best_bid() == (float(price), float(size))


# --- against a dict -----------------------------------------------------------------------------------------------------------------

Changes = list[tuple[str, int, int]]
changes = st.lists(st.tuples(st.sampled_from("ba"), st.integers(1, 6000), st.integers(0, 5)), max_size=30)


def snapshot_of(rows: Changes) -> Changes:
    """A snapshot has no empty levels and is not crossed."""
    return [(side, price % 2000 + (1 if side == "b" else 3000), size + 1) for side, price, size in rows]


@given(st.lists(st.tuples(st.booleans(), changes), max_size=12), st.integers(0, 12))
def test_any_history_gives_what_a_dict_gives(history: list[tuple[bool, Changes]], depth: int) -> None:
    held, written = book(), book()
    naive: dict[str, dict[int, int]] = {"b": {}, "a": {}}
    for update_id, (is_snapshot, drawn) in enumerate(history, start=2):
        whole = is_snapshot or update_id == 2
        named: dict[str, dict[int, int]] = {"b": {}, "a": {}}
        for side, price, size in snapshot_of(drawn) if whole else drawn:
            named[side][price] = size
        for side, levels in named.items():
            before = {} if whole else naive[side]
            naive[side] = {price: size for price, size in (before | levels).items() if size}
        bids, asks = ([(f"{p * 0.5:.1f}", f"{size * 0.25:.2f}") for p, size in named[side].items()] for side in "ba")
        kind = "snapshot" if whole else "delta"
        assert held.apply_frame(frame(kind, update_id, bids, asks)) is True
        assert written.apply_frame(wire_frame(kind, update_id, bids, asks)) is True
    best_bids = sorted(naive["b"].items(), reverse=True)
    best_asks = sorted(naive["a"].items())
    expected = tuple([(p * 0.5, s * 0.25) for p, s in side[:depth]] for side in (best_bids, best_asks))
    assert held.top(depth) == written.top(depth) == expected
    assert held.depth_at_price("1500", "Buy") == sum(size for price, size in best_bids if price >= 3000) * 0.25
    if best_bids and best_asks and best_bids[0][0] < best_asks[0][0]:
        assert held.mid() == (best_bids[0][0] + best_asks[0][0]) * 0.25
    else:
        assert held.mid() is None


# --- frames -------------------------------------------------------------------------------------------------------------------------


def test_a_gap_is_told_once_and_mended_by_a_snapshot() -> None:
    held = book()
    assert held.apply_frame(frame("snapshot", 7, BIDS, ASKS)) is True
    assert held.apply_frame(frame("delta", 8, [("100.0", "5")], [])) is True
    with pytest.raises(BookGapError, match="expected 9, got 10"):
        held.apply_frame(frame("delta", 10, [], []))
    assert held.best_bid() is None
    assert held.apply_frame(frame("delta", 11, [("100.0", "5")], [])) is False
    assert held.best_bid() is None
    assert held.apply_frame(frame("snapshot", 20, BIDS, ASKS)) is True
    assert held.best_bid() == (100.0, 3.0)


def test_a_delta_before_any_snapshot_is_a_gap() -> None:
    with pytest.raises(BookGapError, match="a snapshot, got 8"):
        book().apply_frame(frame("delta", 8, BIDS, ASKS))


def test_frames_of_others_change_nothing() -> None:
    held = filled()
    before = held.top_exact(9)
    assert held.apply_frame(frame("snapshot", 1, [], [], topic="orderbook.50.OTHERUSDT")) is False
    assert held.apply_frame(b'{"topic":"kline.1.TESTUSDT","type":"snapshot","ts":1,"data":[]}') is False
    assert held.apply_frame(b'{"op":"pong"}') is False
    assert held.top_exact(9) == before


REFUSED = [
    (b"", ""),
    (b"not json", ""),
    (b"\xff\xfe", ""),
    (b"[" * 5000, ""),
    (frame("delta", 8, [("100.1", "1")], []), "b"),
    (frame("delta", 8, [], [("100.5", "0.1")]), "a"),
    (frame("delta", 8, [], [("-100.5", "1")]), "a"),
    (frame("delta", 8, [("NaN", "1")], []), "b"),
    (frame("delta", 8, [("1e2", "1")], []), "b"),
    (frame("delta", 8, [("9" * 60, "1")], []), "b"),
    (frame("sideways", 8, [], []), "type"),
    (frame("delta", -8, [], []), "u"),
    (frame("delta", 8, [], []).replace(b'"u": 8', b'"u": "8"'), "u"),
    (frame("delta", 8, [], []).replace(b'"u": 8', b'"u": 8, "u": 9'), "u"),
    (frame("delta", 8, [], []).replace(b'"a": []', b'"a": NaN'), "a"),
    (frame("delta", 8, [], [])[:-1], ""),
]


@pytest.mark.parametrize(("data", "field"), REFUSED)
def test_a_refused_frame_names_its_field_and_changes_nothing(data: bytes, field: str) -> None:
    held = book()
    held.apply_frame(frame("snapshot", 7, BIDS, ASKS))
    before = held.top_exact(9)
    with pytest.raises(ValueError, match=rf"\b{field}\b" if field else ".+") as refusal:
        held.apply_frame(data)
    assert not isinstance(refusal.value, BookGapError)
    assert held.top_exact(9) == before
    assert held.apply_frame(frame("delta", 8, [], [])) is True


def test_a_crossed_snapshot_empties_the_book() -> None:
    held = book()
    held.apply_frame(frame("snapshot", 7, BIDS, ASKS))
    with pytest.raises(ValueError, match="best bid"):
        held.apply_frame(frame("snapshot", 8, ASKS, BIDS))
    assert held.top(9) == ([], [])
    assert held.apply_frame(frame("delta", 9, [("100", "1")], [])) is False


@given(st.binary(max_size=300))
def test_no_bytes_do_harm(data: bytes) -> None:
    held = filled()
    with contextlib.suppress(ValueError):
        assert held.apply_frame(data) is False
    assert held.best_bid() == (100.0, 3.0)


@given(st.integers(0, 400), st.integers(0, 255))
def test_one_wrong_byte_is_refused_or_read_and_nothing_else(at: int, byte: int) -> None:
    held = book()
    held.apply_frame(frame("snapshot", 7, BIDS, ASKS))
    wrong = bytearray(frame("delta", 8, BIDS, ASKS))
    wrong[at % len(wrong)] = byte
    with contextlib.suppress(ValueError):
        held.apply_frame(bytes(wrong))
    bids, asks = held.top(9)
    assert all(price > 0 and size > 0 and math.isfinite(price * size) for price, size in bids + asks)


# --- rows -------------------------------------------------------------------------------------------------------------------------------

BAD_PRICES = ("nan", "inf", "-100", "0", "100.1", "", "1e2", " 100", "9" * 40)
BAD_SIZES = ("NaN", "Infinity", "-1", "0.1", "", "1e2", "1 ", "9" * 40)
BAD_ROWS = [[("99.5", "1"), (price, "1")] for price in BAD_PRICES] + [
    [("99.5", "1"), ("100", size)] for size in BAD_SIZES
]


@pytest.mark.parametrize("rows", BAD_ROWS)
def test_bad_rows_are_refused_on_both_sides_and_the_book_stays(rows: list[tuple[str, str]]) -> None:
    held = filled()
    before = held.top_exact(9)
    for apply in (held.apply_snapshot, held.apply_delta):
        with pytest.raises(ValueError, match=r"^(bids|price|size)"):
            apply(rows, [])
        with pytest.raises(ValueError, match=r"^(asks|price|size)"):
            apply([("50", "1")], rows)
    assert held.top_exact(9) == before


@pytest.mark.parametrize(
    ("bids", "asks"),
    [
        ([("100", "0")], ASKS),
        ([("100", "1"), ("100.0", "2")], ASKS),
        (ASKS, BIDS),
        ([("100.5", "1")], ASKS),
        ([(f"{1 + step / 2}", "1") for step in range(2001)], []),
    ],
    ids=["zero size", "price twice", "crossed", "locked", "too many levels"],
)
def test_a_snapshot_that_cannot_be_is_refused(bids: list[tuple[str, str]], asks: list[tuple[str, str]]) -> None:
    held = filled()
    before = held.top_exact(9)
    with pytest.raises(ValueError, match=r".+"):
        held.apply_snapshot(bids, asks)
    assert held.top_exact(9) == before


def test_wrong_types_and_counts_are_refused() -> None:
    held = filled()
    with pytest.raises(TypeError):
        held.apply_delta([(100.0, 1.0)], [])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        held.apply_frame("{}")  # type: ignore[arg-type]
    for count in (-1, 10**30):
        with pytest.raises(OverflowError):
            held.top(count)
    with pytest.raises(ValueError, match='side: "bid"'):
        held.vwap(1, "bid")
    with pytest.raises(ValueError, match=r'price: "100\.1"'):
        held.depth_at_price("100.1", "Buy")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("", "0.5", "1"), "symbol"),
        (("TEST USDT", "0.5", "1"), "symbol"),
        (("TESTUSDT", "nan", "1"), "tick_size"),
        (("TESTUSDT", "0", "1"), "tick_size"),
        (("TESTUSDT", "-0.5", "1"), "tick_size"),
        (("TESTUSDT", "0.5", "x"), "qty_step"),
        (("TESTUSDT", "0.5", "1", "inverse"), "category"),
    ],
)
def test_a_book_needs_a_real_instrument(arguments: tuple[str, str, str], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        L2Book(*arguments)
