"""A strategy is named and set in the configuration; a mistake there is one clear line."""

from typing import Any

import pytest

from mmbot.config import ConfigError
from mmbot.strategy import load_strategy
from mmbot.strategy.symmetric import SymmetricQuoter

PATH = "mmbot.strategy.symmetric:SymmetricQuoter"


def test_the_named_class_is_made_with_its_options() -> None:
    assert isinstance(load_strategy(PATH, {"half_spread_bps": 3.0}), SymmetricQuoter)
    assert isinstance(load_strategy(PATH, None), SymmetricQuoter)


@pytest.mark.parametrize(
    ("path", "options", "message"),
    [
        ("mmbot.strategy.absent:Quoter", {}, "strategy.path"),
        ("mmbot.strategy.symmetric:Absent", {}, "strategy.path"),
        ("mmbot.strategy.view:View", {}, "strategy.path"),
        (PATH, {"half_spread_bps": 0.0}, "strategy.options.half_spread_bps"),
        (PATH, {"half_spread_bps": "2"}, "strategy.options.half_spread_bps"),
        (PATH, {"half_spred_bps": 2.0}, "strategy.options.half_spred_bps"),
    ],
)
def test_a_mistake_names_its_key(path: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_strategy(path, options)
