"""The compiled half of mmbot."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, final

__all__ = [
    "FAULTS",
    "GLFT",
    "AvellanedaStoikov",
    "BookGapError",
    "Bot",
    "Calibration",
    "CaptureReader",
    "CaptureWriter",
    "Close",
    "Connect",
    "DecisionDue",
    "Exchange",
    "Http",
    "IntensityFit",
    "L2Book",
    "Ladder",
    "LadderQuote",
    "Replayer",
    "Send",
    "fit_intensity",
    "replay",
    "simulate",
]

# --- Bot ----------------------------------------------------------------------------------------------------------------------------

@final
class Connect:
    """Open the socket at `path`; with `auth`, sign in before reporting it up."""

    @property
    def conn(self) -> int: ...
    @property
    def path(self) -> str: ...
    @property
    def auth(self) -> bool: ...

@final
class Close:
    """Close the socket."""

    @property
    def conn(self) -> int: ...

@final
class Send:
    """Send one text frame."""

    @property
    def conn(self) -> int: ...
    @property
    def data(self) -> bytes: ...

@final
class Http:
    """One HTTP request; with `signed`, sign it with `ts_ms` over the exact query (GET) or body (POST)."""

    @property
    def req_id(self) -> int: ...
    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query(self) -> str: ...
    @property
    def body(self) -> bytes: ...
    @property
    def ts_ms(self) -> int: ...
    @property
    def signed(self) -> bool: ...

@final
class DecisionDue:
    """Ask the strategy for the quotes of `market`, and answer with this number."""

    @property
    def decision_seq(self) -> int: ...
    @property
    def market(self) -> str: ...

@final
class Bot:
    """The trading core of one account, with its capture. Every input returns what must be done, in order.

    Times are nanoseconds since the epoch; an earlier one counts as the latest seen.
    """

    def __new__(
        cls,
        config: bytes,
        capture: Path | None = None,
        header: bytes | None = None,
        capture_part_bytes: int | None = None,
    ) -> Bot:
        """`config` is the core's JSON; `capture` a file that must not exist yet, `header` its JSON header.

        With `capture_part_bytes` the capture goes on in `NAME.0002.mmcap`, … when a part is that large, and at midnight UTC.

        ValueError names the key and the value; OSError the file.
        """

    def frame(self, ts_ns: int, conn: int, data: bytes) -> list[Connect | Close | Send | Http | DecisionDue]:
        """One complete text frame."""

    def http_reply(
        self, ts_ns: int, req_id: int, status: int, rate: tuple[int, int, int] | None, body: bytes
    ) -> list[Connect | Close | Send | Http | DecisionDue]:
        """An HTTP answer; `rate` is (limit, remaining, reset in ms)."""

    def send_failed(self, ts_ns: int, req_id: int, definite: bool) -> list[Connect | Close | Send | Http | DecisionDue]:
        """No answer; `definite`: not one byte of the request left this machine."""

    @property
    def unknown_fields(self) -> int:
        """Fields that the venue does not document, met so far; each name came once as the fact `unknown_field`."""

    def stream_up(self, ts_ns: int, conn: int) -> list[Connect | Close | Send | Http | DecisionDue]:
        """The socket is open and signed in."""

    def stream_refused(self, ts_ns: int, conn: int, status: int) -> list[Connect | Close | Send | Http | DecisionDue]:
        """The venue answered the opening handshake with this HTTP status: the socket is down; 403: the address is shut out."""

    def stream_down(self, ts_ns: int, conn: int) -> list[Connect | Close | Send | Http | DecisionDue]:
        """The socket is gone."""

    def timer(self, ts_ns: int) -> list[Connect | Close | Send | Http | DecisionDue]:
        """The deadline is here."""

    def clock_offset(self, ts_ns: int, offset_ns: int) -> list[Connect | Close | Send | Http | DecisionDue]:
        """Venue time less our time."""

    def stop(self, ts_ns: int) -> list[Connect | Close | Send | Http | DecisionDue]:
        """The ordered stop; a repeated one changes nothing."""

    def pause(self, ts_ns: int, market: str, paused: bool) -> list[Connect | Close | Send | Http | DecisionDue]:
        """Stops quoting one market ("linear.BTCUSDT") and cancels its orders, or resumes it; ValueError for an unknown market."""

    def propose_rearm(self, ts_ns: int, minutes: int) -> list[Connect | Close | Send | Http | DecisionDue]:
        """Asks to lift the latched loss stops for so many minutes (1 to 240); the fact `rearm_moved` tells the number to confirm, or why not."""

    def confirm_rearm(self, ts_ns: int, number: int) -> list[Connect | Close | Send | Http | DecisionDue]:
        """Confirms a proposal by its number, within a minute of it."""

    def strategy_answer(
        self, ts_ns: int, decision_seq: int, market: str, quotes: Sequence[tuple[str, str, str, int]]
    ) -> list[Connect | Close | Send | Http | DecisionDue]:
        """The strategy's quotes: ("Buy" or "Sell", price and size as decimals, colour 0 to 255), in any order.

        Rounded to the grid, a bid down, an ask up, a size down. Quotes that cannot be used are a failed answer (`strategy_failed`
        says which figure). ValueError for an unknown market or side.
        """

    def strategy_failed(
        self, ts_ns: int, decision_seq: int, market: str, why: str
    ) -> list[Connect | Close | Send | Http | DecisionDue]:
        """The strategy gave no quotes: `why` is "raised" or "shape". ValueError for anything else."""

    def params(self, ts_ns: int, change: bytes) -> list[Connect | Close | Send | Http | DecisionDue]:
        """New parameters as JSON: {"market", "order_qty", "max_position", "max_order_notional", "strategy": {...}}, each optional.

        Keys are the configuration's; without `market` they count for every market. The fact `params_applied` or `params_refused`
        tells; a refused change changes nothing. `model` and `volatility_half_life_s` need a restart.
        """

    def view(self, market: str) -> dict[str, Any] | None:
        """What the strategy of a market is shown now: decimals as strings, signals as floats.

        None before its first decision, or if a model of the core quotes. ValueError for an unknown market.
        """

    @property
    def deadline_ns(self) -> int | None:
        """When a `timer` is wanted; None once stopped."""

    @property
    def stopped(self) -> bool:
        """The ordered stop is over."""

    @property
    def command_hash(self) -> str:
        """SHA-256 over every output so far, as lowercase hex."""

    @property
    def commands(self) -> int:
        """Outputs so far."""

    @property
    def capture_error(self) -> str | None:
        """Why the capture broke off: trading without a record must stop."""

    def facts(self) -> list[Mapping[str, Any]]:
        """Everything that happened since the last call: `fact` (its name), `ts_ns`, and its fields."""

    def accounts(self) -> dict[str, dict[str, str | int]]:
        """Per market name: position, cash before fees, fees (exact decimal strings), decisions (count)."""

    def close_capture(self) -> tuple[int, int] | None:
        """Completes the capture; (records, bytes), or None without one. OSError if it had broken off."""

# --- Capture ------------------------------------------------------------------------------------------------------------------------

@final
class CaptureReader:
    """Iterates a capture's records as (seq, ts_ns, kind, key, payload). OSError for a file that is none or is broken."""

    def __new__(cls, path: Path) -> CaptureReader: ...
    @property
    def header(self) -> bytes:
        """The header's JSON."""

    def __iter__(self) -> CaptureReader: ...
    def __next__(self) -> tuple[int, int, int, int, bytes]: ...

@final
class CaptureWriter:
    """Writes a capture record by record; `close` makes it complete."""

    def __new__(cls, path: Path, header: bytes) -> CaptureWriter: ...
    def push(self, seq: int, ts_ns: int, kind: int, key: int, payload: bytes) -> None:
        """Hands one record to the writing thread; OSError once that has failed or fallen behind."""

    def close(self) -> tuple[int, int]:
        """(records, bytes)."""

@final
class Replayer:
    """Steps a capture record by record, for a host that wants to look at the core in between.

    ValueError for a configuration, market, side or record that is none.
    """

    def __new__(cls, config: bytes) -> Replayer: ...
    def record(self, seq: int, ts_ns: int, kind: int, key: int, payload: bytes) -> None:
        """Takes the next record, as `CaptureReader` gives it."""

    def view(self, market: str) -> dict[str, Any] | None:
        """As `Bot.view`."""

    def answer(self, market: str, quotes: Sequence[tuple[str, str, str, int]]) -> bytes:
        """The payload that these quotes make."""

    def failure(self, market: str, why: str) -> bytes:
        """The payload that a failure makes."""

    def answered_market(self, payload: bytes) -> str:
        """The market that a recorded answer is for."""

def replay(path: Path, config: bytes) -> dict[str, Any]:
    """Steps a capture's inputs again with this core configuration and compares every command.

    Returns inputs, commands, recorded_hash, replayed_hash, broken_off (None, or why the file ends early) and difference (None, or
    seq, command, recorded and replayed as text).
    """

# --- Book ---------------------------------------------------------------------------------------------------------------------------

class BookGapError(ValueError):
    """Frames are missing: the book is empty until a snapshot."""

@final
class L2Book:
    """The order book of one instrument, as the bot keeps it: integers on the instrument's grid, at most 2000 levels a side.

    Prices are in quote coin, sizes in base coin. A float is the nearest to the exact decimal. Figures of both sides are None while a side
    is empty or the book is crossed. Sides are "Buy" (bids) and "Sell" (asks). ValueError names the field and the value; the book is then as
    it was, unless said otherwise. A negative or huge count of levels is an OverflowError.
    """

    def __new__(cls, symbol: str, tick_size: str, qty_step: str, category: str = "linear") -> L2Book:
        """`tick_size` and `qty_step` are exact decimal strings, positive; `category` is "linear" or "spot".

        ValueError for anything else, and for a symbol that is not 1 to 24 plain characters.
        """

    def apply_frame(self, data: bytes) -> bool:
        """Applies one `orderbook.{depth}` frame of the public socket as received; True if it went into the book.

        False for other topics and symbols, and while a snapshot is awaited. ValueError, with the book unchanged, for a frame that cannot be
        read: wrong type, missing or duplicate field, a number off the grid. BookGapError, once, if `u` does not follow the last one. After
        it, and after a ValueError about a snapshot that is crossed or out of bounds, the book is empty until the next snapshot.
        Feed it one depth only: `u` counts per topic.
        """

    def apply_snapshot(self, bids: Sequence[tuple[str, str]], asks: Sequence[tuple[str, str]]) -> None:
        """Replaces the book by (price, size) exact decimal strings, in any order.

        ValueError for a price or size that is no decimal, off the grid or not positive, a price that comes twice, or a crossed result.
        """

    def apply_delta(self, bids: Sequence[tuple[str, str]], asks: Sequence[tuple[str, str]]) -> None:
        """Sets levels to new sizes, in the order given; size 0 removes one. The result may be crossed.

        ValueError for a price or size that is no decimal, off the grid or negative.
        """

    def apply_frame_row(self, data: bytes, levels: int = 5) -> tuple[float, ...] | None:
        """`apply_frame`, then `row(levels)`, in one call. Errors as for both.

        None where `apply_frame` returns False, and for a book that is crossed: its best levels are nobody's offers.
        """

    def row(self, levels: int = 5) -> tuple[float, ...]:
        """Ask price, ask size, bid price and bid size of the best level, then of the second, and so on: 4 * `levels` floats.

        The column order of LOBSTER's order book files (lobsterdata.com, "Data Structure"); NaN where a side has no such level. ValueError
        for more than 2000 levels.
        """

    def top(self, levels: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """Bids and asks as (price, size), best first, up to `levels` each."""

    def top_exact(self, levels: int) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """The same as exact decimal strings without trailing zeros."""

    def best_bid(self) -> tuple[float, float] | None:
        """(price, size) of the highest bid; None if there is none."""

    def best_ask(self) -> tuple[float, float] | None:
        """(price, size) of the lowest ask; None if there is none."""

    def mid(self) -> float | None:
        """Mean of the best prices."""

    def microprice(self) -> float | None:
        """The mid, drawn towards the thinner side: bid * (1 - I) + ask * I with I = bid size / (bid size + ask size)."""

    def imbalance(self, depth: int) -> float | None:
        """(bid size - ask size) / (bid size + ask size) over the best `depth` levels of each side, in [-1, 1]; None for depth 0."""

    def spread_bps(self) -> float | None:
        """Best ask less best bid in basis points of the mid."""

    def vwap(self, depth: int, side: str) -> float | None:
        """Size-weighted mean price of the best `depth` levels of a side; None if there are none. ValueError for an unknown side."""

    def depth_at_price(self, price: str, side: str) -> float:
        """Size of a side at `price` or better: bids at or above it, asks at or below it. ValueError for a price off the grid."""

# --- Models -------------------------------------------------------------------------------------------------------------------------

@final
class AvellanedaStoikov:
    """Avellaneda and Stoikov, "High-frequency trading in a limit order book", Quantitative Finance 8(3), 2008, 217-224.

    Orders d away from the mid are filled at a rate that falls as exp(-decay * d). Any price unit P does: `gamma` (risk aversion)
    in 1/(P * unit of inventory), `sigma` in P per square root of a second, `decay` (the paper's k) in 1/P.
    """

    def __new__(cls, *, gamma: float, sigma: float, decay: float) -> AvellanedaStoikov:
        """ValueError for a figure that is not positive."""

    def reservation(self, mid: float, inventory: float, time_left_s: float) -> float:
        """Where the holder is indifferent: mid - inventory * gamma * sigma^2 * time_left_s."""

    def spread(self, time_left_s: float) -> float:
        """Around the reservation price: gamma * sigma^2 * time_left_s + (2 / gamma) * ln(1 + gamma / decay)."""

    def quotes(self, mid: float, inventory: float, time_left_s: float) -> tuple[float, float]:
        """(bid, ask): the reservation price less and plus half the spread."""

@final
class GLFT:
    """Gueant, Lehalle and Fernandez-Tapia, "Dealing with the inventory risk", without an end of time.

    Mathematics and Financial Economics 7, 2013, 477-507. Solved when made: by the eigenvector of the paper's matrix up to 200 units of inventory, beyond by its closed form. Any price unit
    P does: `gamma` in 1/(P * unit of inventory), `sigma` in P per square root of a second, `intensity` (A) fills per second at
    the mid, `decay` (k) in 1/P, `drift` (mu) of the mid in P per second, `adverse` (xi) its jump against each fill in P.
    """

    def __new__(
        cls,
        *,
        gamma: float,
        sigma: float,
        intensity: float,
        decay: float,
        max_inventory: int,
        drift: float = 0.0,
        adverse: float = 0.0,
    ) -> GLFT:
        """ValueError for a figure that is not positive (`drift`, `adverse`: not finite)."""

    @property
    def is_exact(self) -> bool:
        """The depths come from the eigenvector."""

    def depths(self, inventory: float) -> tuple[float | None, float | None]:
        """Distances of bid and ask from the mid in P; None where a fill would leave the inventory limit."""

    def closed_form(self, inventory: float) -> tuple[float, float]:
        """The same by the closed form, which knows no limit."""

@final
class LadderQuote:
    """One quote in ticks and lots. `parts` sum exactly to the price in micro-ticks (1e-6 tick)."""

    @property
    def side(self) -> str: ...
    @property
    def level(self) -> int: ...
    @property
    def price_ticks(self) -> int: ...
    @property
    def qty_lots(self) -> int: ...
    @property
    def parts(self) -> dict[str, int]: ...

@final
class Ladder:
    """A spread scaled by volatility around a fair price, floored by fees, skewed against the inventory, in even levels.

    half spread = max(clamp(k_vola_spread * sigma_1m, min, max) / 2, maker fee + adverse + safety, 0); level i lies
    i * level_spacing_coeff half spreads further out; all `_bps` are of the mid.
    """

    def __new__(
        cls,
        *,
        k_vola_spread: float,
        min_spread_bps: float,
        max_spread_bps: float,
        levels: int = 1,
        level_spacing_coeff: float = 0.0,
        skew_bps: float = 0.0,
        microprice_weight: float = 0.0,
        safety_bps: float = 0.0,
        adverse_bps: float = 0.0,
    ) -> Ladder:
        """ValueError names the figure outside its range."""

    def quotes(
        self,
        best_bid_ticks: int,
        best_ask_ticks: int,
        order_qty_lots: int,
        *,
        microprice_ticks: float | None = None,
        sigma_1m_bps: float | None = None,
        inventory_ratio: float = 0.0,
        maker_fee_bps: float = 0.0,
        toxicity_bps: float = 0.0,
    ) -> list[LadderQuote]:
        """Bids, then asks, from the touch outward; rounded away from it, and never through the opposite best.

        Without a microprice it is the mid, without a volatility the spread is the least. ValueError for unusable figures.
        """

@final
class IntensityFit:
    """Market orders reach depth d at intensity_per_s * exp(-decay * d); `_error` are standard errors, `hits` the orders counted."""

    @property
    def intensity_per_s(self) -> float: ...
    @property
    def intensity_error(self) -> float: ...
    @property
    def decay(self) -> float: ...
    @property
    def decay_error(self) -> float: ...
    @property
    def hits(self) -> int: ...

@final
class Calibration:
    """Counts how deep market orders reach beyond the mid, step by step, and fits at the end of each window; depths in ticks.

    Deepest print of each step against the mid before it; binomial likelihood of a Poisson process seen through that maximum.
    """

    def __new__(cls, *, step_ns: int, window_ns: int, range_bps: float) -> Calibration:
        """`range_bps`: how far from the mid is fitted. ValueError unless 0 < step_ns <= window_ns and 0 < range_bps <= 1000."""

    def quoted(self, ts_ns: int, best_bid_ticks: int, best_ask_ticks: int) -> None:
        """From now on the best prices are these."""

    def traded(self, ts_ns: int, taker_side: str, price_ticks: int) -> None:
        """A market order printed; ValueError for a side that is neither "Buy" nor "Sell"."""

    @property
    def fit(self) -> IntensityFit | None:
        """The last good fit; None before the first."""

def fit_intensity(bins: Sequence[tuple[float, float, int, int]], step_s: float) -> IntensityFit | None:
    """Fits (lower, upper, hits, exposed steps) per depth bin, in any unit of depth; steps last `step_s` seconds.

    Maximum likelihood by Fisher scoring. None below 30 hits, or if no positive decay is the most likely. ValueError names a bad bin.
    """

# --- Exchange -----------------------------------------------------------------------------------------------------------------------

@final
class Exchange:
    """The local exchange behind its Bybit V5 door.

    Times are nanoseconds since the epoch and never run back: an earlier one counts as the latest seen. ValueError names the setting,
    field, line or topic at fault.
    """

    ACCOUNT: ClassVar[int]
    """The account that a verified key stands for."""

    def __new__(
        cls, settings: bytes, instruments: Sequence[bytes] = ..., lines: Iterable[bytes] | None = None
    ) -> Exchange:
        """Reads settings (JSON object), instruments-info items (JSON objects) and, if `tape` is set, the lines of a recording."""

    @staticmethod
    def is_signed(method: str, path: str) -> bool:
        """True for a route that needs a valid signature."""

    @staticmethod
    def refusal(now_ns: int, code: int, msg: str) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body of a request that is not let in."""

    def http(
        self, now_ns: int, account: int | None, method: str, path: str, raw_query: str, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body of a request; `account` only if its signature was verified."""

    def open(self, path: str) -> int:
        """A new connection through `/v5/public/linear`, `/v5/private` or `/v5/trade`, without the limits of `connect`."""

    def connect(
        self, now_ns: int, address: str, path: str
    ) -> tuple[int | None, tuple[int, list[tuple[str, str]], bytes] | None]:
        """A new connection from an address (its number), or the answer that refuses it: 403 too many, 404 no such socket."""

    def admit(self, now_ns: int, address: str) -> tuple[int, list[tuple[str, str]], bytes] | None:
        """The 403 of an HTTP request whose address is banned or asks too often; None if it may ask."""

    def alive(self, now_ns: int, conn: int) -> None:
        """A ping or pong came from a connection: it is not idle."""

    def take_closed(self) -> list[int]:
        """Connections that the exchange has closed; their sockets are to be closed."""

    @staticmethod
    def options() -> list[tuple[str, int, int, int, str]]:
        """(name, default, least, most, what it decides) of every option that the settings' `options` object may name."""

    def close(self, now_ns: int, conn: int) -> None:
        """Forgets a connection and what waits for it; where disconnect protection is set, its window begins."""

    def control(self, now_ns: int, command: bytes) -> bytes:
        """Runs an operator's command (`{"command": NAME, ...}`, see docs/exchange.md); the answer as JSON. ValueError names the field."""

    def drop_subscriptions(self, conn: int) -> None:
        """Ends everything that a connection listens to."""

    def frame(self, now_ns: int, conn: int, data: bytes) -> tuple[str, str, str, str | None] | None:
        """Takes a text frame; an `auth` comes back as (key, expires, signature, request id as JSON)."""

    def authenticated(self, now_ns: int, conn: int, account: int, request_id: str | None = None) -> None:
        """Lets a connection in and tells it."""

    def refused(self, now_ns: int, conn: int, code: int, msg: str, request_id: str | None = None) -> None:
        """Tells a connection why it is not let in."""

    def next_due(self) -> int | None:
        """When `advance` next has something to do; None if never."""

    def advance(self, now_ns: int) -> None:
        """Does everything due up to `now_ns`."""

    def take(self, now_ns: int, market: str, side: str, limit_price: str, qty: str) -> None:
        """A stranger takes up to `qty` of a market ("linear.BTCUSDT") at `limit_price` or better, at once.

        Others' size goes first at each level. ValueError names what is none.
        """

    def take_outgoing(self) -> list[tuple[int, int, bytes]]:
        """(connection, due_ns, message) of everything that waits, in order for each connection."""

    def announce(self, now_ns: int, announcement: bytes) -> None:
        """Tells `system.status`: a JSON object with `state` and, if wanted, `id`, `title`, `begin` and `end` (milliseconds, as strings)."""

    def drop_next_delta(self, topic: str) -> None:
        """A fault on purpose: the next delta of a book topic reaches nobody."""

    def record(self, now_ns: int) -> bytes:
        """The exchange's own record as JSON."""

    def status(self, now_ns: int) -> bytes:
        """`{first_subscription_ns, tape_ended, now_ns, connections, dropped_deltas}` as JSON."""

FAULTS: tuple[str, ...]
"""Every fault of the simulator by its row in the fault matrix."""

def simulate(
    seed: int, fault: str | None = None, soak_hours: int | None = None, through_bytes: bool = False
) -> dict[str, Any]:
    """Runs one seed of the fault simulator, from boot through faults and healing to the ordered stop; lets other threads run.

    With `fault` (its row in the fault matrix, one of those that `faults` counts) that fault alone strikes; with `soak_hours` two
    markets trade that long with few faults. ValueError for another name, or for both.
    Most pushes reach the bot typed; with `through_bytes` as the text of a socket, which must change nothing that is returned.
    Returns seed, steps, timers, facts, orders, fills, overlapping, virtual_ns, commands, command_hash, faults (times each struck, by its
    row in the fault matrix), figures (what single faults are measured by, in the unit that the name ends with: clock_wrong_ns, the longest that the
    bot's idea of the venue's time was wrong by more than 250 ms; changes_per_100_fills, new and moved orders; refusals_per_change, after
    one change of rules; drawdown_usdt; cancels_refused_ns, the longest row of cancels refused for their time stamp; days_turned and
    loss_stops_lifted, at the turn of the day), thin (what the seed lacks to count as one, or ""), phase and failure (None, or where and what broke),
    repro, cancels (that left over the trade socket), late_cancels (of these, such as the budget held back for more than 200 ms), and the
    longest times in ns: cancel_wait_ns (the budget held a cancel back), settled_ns (from the last fault to two-sided quotes with everything
    booked), unknown_ns (an order of unknown
    fate), unbooked_ns (an execution not booked), pulled_ns (orders standing after their book lost its trust).
    """
