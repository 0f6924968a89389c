"""What may be configured. A key that is not here is an error; a key that nothing reads fails tests/test_tidy.py."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mmbot.config.fields import (
    PositiveDecimal,
    PrivateUrl,
    PublicLinearUrl,
    PublicSpotUrl,
    RestUrl,
    RunId,
    Symbol,
    TradeUrl,
)
from mmbot.config.guards import GuardsConfig
from mmbot.config.secrets import Secret, read_secret_file
from mmbot.config.sections import BootSection, Section
from mmbot.config.strategy import StrategyConfig
from mmbot.config.watchdog import WatchdogConfig

DEFAULT_CAPTURE_FOLDER = Path("var/capture")
DEFAULT_STATE_FOLDER = Path("var/state")


class VenueConfig(BootSection):
    """Addresses of the exchange. Plain http and ws are accepted for this machine only; `ws_public_spot` is for spot markets."""

    rest: RestUrl
    ws_public_linear: PublicLinearUrl
    ws_public_spot: PublicSpotUrl | None = None
    ws_private: PrivateUrl
    ws_trade: TradeUrl


class CredentialsConfig(BootSection):
    """Where the API key lies; see `read_secret_file` for what such a file must be."""

    api_key_file: Path
    api_secret_file: Path

    def read(self) -> tuple[Secret, Secret]:
        """API key and API secret."""
        return (
            read_secret_file(self.api_key_file, "credentials.api_key_file"),
            read_secret_file(self.api_secret_file, "credentials.api_secret_file"),
        )


class AccountConfig(BootSection):
    """How the account may be used: validity of a request in ms, and requests per second the bot spends at most.

    `shared_account`: others trade on it, in other symbols. Their orders are left alone; without it a foreign order stops the bot.
    """

    recv_window_ms: Annotated[int, Field(ge=100, le=60_000)] = 5000
    orders_per_s: Annotated[int, Field(ge=1, le=1000)] = 10
    queries_per_s: Annotated[int, Field(ge=1, le=1000)] = 50
    shared_account: bool = False


class MarketConfig(BootSection):
    """One instrument: book depth in levels; sizes in base coin, `max_order_notional` in quote coin, as decimal strings."""

    category: Literal["linear", "spot"]
    symbol: Symbol
    depth: Literal[1, 50, 200, 1000] = 50
    order_qty: PositiveDecimal
    max_position: PositiveDecimal
    max_order_notional: PositiveDecimal


class RunConfig(BootSection):
    """`seed` of every random draw of the core; `run_id` begins every client order id (chosen at start if absent)."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    run_id: RunId | None = None


class FilesConfig(BootSection):
    """Files the bot writes. The capture is on unless it is `false`; without a path it gets one under var/capture.

    A capture goes on in a new part of `capture_part_mib` MiB, and every UTC day; `capture_keep_mib` bounds them all together.
    `state` is the folder of what must outlive the process: the kill switch's latch and the watchdog's report.
    """

    state: Path = DEFAULT_STATE_FOLDER
    capture: Path | Literal[False] | None = None
    capture_part_mib: Annotated[int, Field(ge=1, le=65_536)] = 256
    capture_keep_mib: Annotated[int, Field(ge=2, le=67_108_864)] = 51_200
    report: Path | None = None
    log: Path | None = None

    @model_validator(mode="after")
    def _two_parts_are_kept(self) -> Self:
        if self.capture_keep_mib < 2 * self.capture_part_mib:
            message = "files.capture_keep_mib must hold two parts; make it at least {least}"
            raise PydanticCustomError("value", message, {"least": 2 * self.capture_part_mib})
        return self

    def capture_path(self, run_name: str) -> Path | None:
        """Where this run's capture goes; `None` if it was switched off."""
        if self.capture is False:
            return None
        return self.capture or DEFAULT_CAPTURE_FOLDER / f"{run_name}.mmcap"


class BotConfig(Section):
    """The whole configuration of one bot: one account, one strategy, some markets."""

    venue: VenueConfig
    credentials: CredentialsConfig
    account: AccountConfig = AccountConfig()
    markets: Annotated[tuple[MarketConfig, ...], Field(min_length=1, max_length=256)]
    strategy: StrategyConfig = StrategyConfig()
    guards: GuardsConfig = GuardsConfig()
    watchdog: WatchdogConfig | None = None
    run: RunConfig = RunConfig()
    files: FilesConfig = FilesConfig()

    @model_validator(mode="after")
    def _markets_are_distinct(self) -> Self:
        keys = [(market.category, market.symbol) for market in self.markets]
        for key in keys:
            if keys.count(key) > 1:
                name = {"name": ".".join(key)}
                raise PydanticCustomError("value", "markets lists {name} more than once; keep one entry", name)
        return self

    @model_validator(mode="after")
    def _spot_has_an_address(self) -> Self:
        if self.venue.ws_public_spot is None and any(market.category == "spot" for market in self.markets):
            message = "markets has a spot market but venue.ws_public_spot is not given; add the address"
            raise PydanticCustomError("value", message)
        return self

    def with_run_id(self, run_id: str) -> Self:
        """The same configuration under a run id chosen at start."""
        return self.model_copy(update={"run": RunConfig(seed=self.run.seed, run_id=run_id)})

    def core_json(self, orders_before: dict[str, int] | None = None) -> bytes:
        """What the core is built from, compact and with sorted keys: all but addresses, keys, watchdog, files, strategy class.

        `orders_before`: `day` (whole UTC days since the epoch) and how many new orders earlier runs have `placed` in it.
        """
        outside: dict[str, Any] = {
            "venue": True,
            "credentials": True,
            "watchdog": True,
            "files": True,
            "strategy": {"path", "options"},
        }
        document = self.model_dump(mode="json", exclude=outside)
        if orders_before is not None:
            document["guards"]["orders_before"] = orders_before
        return _canonical(document)

    def sanitised(self) -> dict[str, Any]:
        """The configuration as it may be logged: without anything about credentials."""
        return self.model_dump(
            mode="json", exclude={"credentials": True, "watchdog": {"api_key_file", "api_secret_file"}}
        )

    def sha256(self) -> str:
        """Hash of the sanitised configuration, defaults included: the same under other keys, secrets and key orders."""
        return hashlib.sha256(_canonical(self.sanitised())).hexdigest()


def _canonical(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
