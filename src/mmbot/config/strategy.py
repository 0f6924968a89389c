"""What quotes, and how."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from mmbot.config.fields import BasisPoints
from mmbot.config.sections import RuntimeSection

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
    """Risk aversion per bp and quote of inventory; fill rate at the mid per s and its decay per bp; drift of the mid.

    `calibration_window_s` > 0 fits rate and decay to public trades once per window; until then the given ones count.
    """

    gamma: RiskAversion = 0.05
    intensity_per_s: Annotated[float, Field(gt=0, le=1_000_000)] = 1.0
    decay_per_bps: DecayPerBps = 0.5
    drift_bps_per_s: Annotated[float, Field(ge=-100, le=100)] = 0.0
    calibration_window_s: CalibrationWindow = 0.0


class PythonConfig(RuntimeSection):
    """How the class at `path` is asked.

    Least ms between two decisions of a market, ms after which an answer is too late, failures in a row that end a market's
    quoting, book levels shown. With `calibration_window_s` > 0 the trade intensity is fitted and shown.
    """

    decide_every_ms: Annotated[int, Field(ge=1, le=60_000)] = 100
    answer_within_ms: Annotated[int, Field(ge=1, le=60_000)] = 250
    failures_to_halt: Annotated[int, Field(ge=1, le=1000)] = 5
    view_levels: Annotated[int, Field(ge=1, le=200)] = 5
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


MODEL_KEYS = {
    "ladder": ("k_vola_spread",),
    "avellaneda_stoikov": ("avellaneda_stoikov",),
    "glft": ("glft",),
    "python": ("python", "path", "options"),
}
BUILT_IN_KEYS = (
    "min_spread_bps",
    "max_spread_bps",
    "levels_per_side",
    "level_spacing_coeff",
    "skew_bps",
    "microprice_weight",
    "safety_bps",
    "adverse_bps",
)
"""What a strategy of Python decides itself."""


def _refuse_unread(given: dict[str, Any], chosen: str) -> None:
    """A key that the chosen model does not read would be a setting that pretends."""
    unread = {key: f"the model {model}" for model, keys in MODEL_KEYS.items() if model != chosen for key in keys}
    if chosen == "python":
        unread |= dict.fromkeys(BUILT_IN_KEYS, "the built-in models")
    for key, reader in unread.items():
        if given.get(key) is not None:
            names = {"key": key, "reader": reader, "chosen": chosen}
            message = "{key} is read by {reader} only, but model is {chosen}; remove the key or change model"
            raise PydanticCustomError("value", message, names)


class StrategyConfig(RuntimeSection):
    """The quoting model; spreads and margins in basis points of the mid, half-life in s, times in ms.

    `k_vola_spread` is the ladder's; each other model has a section of its name. `python` is a class of yours: `path` names it
    ("package.module:Class"), `options` are its own settings; it takes no spreads, levels, skew or margins from here.
    Everything else counts for every model. `explain` says of each price why it is what it is.
    """

    model: Literal["ladder", "avellaneda_stoikov", "glft", "python"] = "ladder"
    avellaneda_stoikov: AvellanedaStoikovConfig | None = None
    glft: GlftConfig | None = None
    python: PythonConfig | None = None
    path: Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")] | None = None
    options: dict[str, Any] | None = None
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
    explain: bool = False

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
        if chosen not in MODEL_KEYS:
            return given
        _refuse_unread(given, chosen)
        if chosen == "python" and given.get("path") is None:
            message = 'model is python but path is not given; add path: "package.module:Class"'
            raise PydanticCustomError("value", message)
        unset = chosen != "ladder" and given.get(chosen) is None
        return {**given, chosen: {}} if unset else given
