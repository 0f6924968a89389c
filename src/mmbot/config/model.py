"""What may be configured. A key that is not here is an error; a key that nothing reads fails tests/test_tidy.py."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mmbot.config.fields import (
    BasisPoints,
    PositiveDecimal,
    PrivateUrl,
    PublicLinearUrl,
    PublicSpotUrl,
    RestUrl,
    RunId,
    Symbol,
    TradeUrl,
)
from mmbot.config.secrets import Secret, read_secret_file
from mmbot.config.sections import BootSection, RuntimeSection, Section
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
    """How the account may be used: validity of a request in ms, and requests per second the bot spends at most."""

    recv_window_ms: Annotated[int, Field(ge=100, le=60_000)] = 5000
    orders_per_s: Annotated[int, Field(ge=1, le=1000)] = 10
    queries_per_s: Annotated[int, Field(ge=1, le=1000)] = 50


class MarketConfig(BootSection):
    """One instrument: book depth in levels; sizes in base coin, `max_order_notional` in quote coin, as decimal strings."""

    category: Literal["linear", "spot"]
    symbol: Symbol
    depth: Literal[1, 50, 200, 1000] = 50
    order_qty: PositiveDecimal
    max_position: PositiveDecimal
    max_order_notional: PositiveDecimal


Seconds = Annotated[float, Field(ge=0.001, le=86_400)]
RiskAversion = Annotated[float, Field(gt=0, le=100)]
DecayPerBps = Annotated[float, Field(gt=0, le=1000)]
CalibrationWindow = Annotated[float, Field(ge=0, le=86_400)]


class AvellanedaStoikovConfig(RuntimeSection):
    """Risk aversion per bp and quote of inventory, decay of the fill rate per bp, constant time left in s.

    `calibration_window_s` > 0 fits the decay to public trades once per window; until then the given one counts.
    """

    gamma: RiskAversion = 0.05
    decay_per_bps: DecayPerBps = 0.5
    horizon_s: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    calibration_window_s: CalibrationWindow = 0.0


class GlftConfig(RuntimeSection):
    """Risk aversion per bp and quote of inventory; fill rate at the mid per s and its decay per bp.

    `calibration_window_s` > 0 fits rate and decay to public trades once per window; until then the given ones count.
    """

    gamma: RiskAversion = 0.05
    intensity_per_s: Annotated[float, Field(gt=0, le=1_000_000)] = 1.0
    decay_per_bps: DecayPerBps = 0.5
    calibration_window_s: CalibrationWindow = 0.0


class SignalsConfig(RuntimeSection):
    """Signals beside the microprice, for every model; one whose weight, maximum or ramp is 0 is off."""

    imbalance_levels: Annotated[int, Field(ge=1, le=200)] = 5
    imbalance_bps: Annotated[float, Field(ge=0, le=100)] = 0.0
    order_flow_weight: Annotated[float, Field(ge=0, le=10)] = 0.0
    order_flow_half_life_s: Seconds = 1.0
    toxicity_max_bps: Annotated[float, Field(ge=0, le=100)] = 0.0
    toxicity_half_life_s: Seconds = 300.0
    funding_ramp_s: Annotated[float, Field(ge=0, le=86_400)] = 0.0


MODEL_SECTIONS = {"ladder": "k_vola_spread", "avellaneda_stoikov": "avellaneda_stoikov", "glft": "glft"}


class StrategyConfig(RuntimeSection):
    """The quoting model; spreads and margins in basis points of the mid, half-life in s, times in ms.

    `k_vola_spread` is the ladder's; each other model has a section of its name. Everything else counts for every model.
    """

    model: Literal["ladder", "avellaneda_stoikov", "glft"] = "ladder"
    avellaneda_stoikov: AvellanedaStoikovConfig | None = None
    glft: GlftConfig | None = None
    signals: SignalsConfig = SignalsConfig()
    k_vola_spread: Annotated[float, Field(gt=0, le=2)] = 0.95
    min_spread_bps: BasisPoints = 2.0
    max_spread_bps: BasisPoints = 25.0
    levels_per_side: Annotated[int, Field(ge=1, le=10)] = 3
    level_spacing_coeff: Annotated[float, Field(ge=0, le=10)] = 0.4
    skew_bps: BasisPoints = 5.0
    microprice_weight: Annotated[float, Field(ge=0, le=1)] = 0.5
    safety_bps: BasisPoints = 0.05
    adverse_bps: BasisPoints = 0.0
    volatility_half_life_s: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    min_time_in_book_ms: Annotated[int, Field(ge=0, le=3000)] = 500
    replace_threshold_bps: BasisPoints = 3.0

    @model_validator(mode="after")
    def _spreads_are_ordered(self) -> Self:
        if self.min_spread_bps > self.max_spread_bps:
            limits = {"least": self.min_spread_bps, "most": self.max_spread_bps}
            message = "min_spread_bps {least} exceeds max_spread_bps {most}; lower the first or raise the second"
            raise PydanticCustomError("value", message, limits)
        return self

    @model_validator(mode="before")
    @classmethod
    def _only_the_chosen_model_has_a_section(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        chosen = given.get("model", "ladder")
        if chosen not in MODEL_SECTIONS:
            return given
        for model, key in MODEL_SECTIONS.items():
            if model != chosen and given.get(key) is not None:
                names = {"key": key, "model": model, "chosen": chosen}
                message = (
                    "{key} is read by the model {model} only, but model is {chosen}; remove the key or change model"
                )
                raise PydanticCustomError("value", message, names)
        unset = chosen != "ladder" and given.get(chosen) is None
        return {**given, chosen: {}} if unset else given


class RunConfig(BootSection):
    """`seed` of every random draw of the core; `run_id` begins every client order id (chosen at start if absent)."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    run_id: RunId | None = None


class FilesConfig(BootSection):
    """Files the bot writes. The capture is on unless it is `false`; without a path it gets one under var/capture.

    `state` is the folder of what must outlive the process: the kill switch's latch and the watchdog's report.
    """

    state: Path = DEFAULT_STATE_FOLDER
    capture: Path | Literal[False] | None = None
    report: Path | None = None
    log: Path | None = None

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

    def core_json(self) -> bytes:
        """What the core is built from, compact and with sorted keys: everything but addresses, credentials, watchdog and files."""
        return _canonical(self.model_dump(mode="json", exclude={"venue", "credentials", "watchdog", "files"}))

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
