"""From a class's name in the configuration to a strategy with checked options."""

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from pydantic import ValidationError

from mmbot.config.errors import ConfigError, ErrorCode
from mmbot.config.load import first_problem
from mmbot.strategy.protocol import Strategy, StrategyOptions

_PATH, _OPTIONS = "strategy.path", "strategy.options"


def load_strategy(path: str, options: Mapping[str, Any] | None) -> Strategy:
    """Import "package.module:Class", check `options` by its `Options`, and make one.

    Raises `ConfigError` that names strategy.path, or the option at fault. An error inside the module itself is not caught.
    """
    module_name, _, class_name = path.partition(":")
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        problem = f"{path!r} is refused: no module {error.name!r}; install it or add its folder to PYTHONPATH"
        raise ConfigError(ErrorCode.VALUE, _PATH, problem) from None
    made = getattr(module, class_name, None)
    schema = getattr(made, "Options", None)
    if not (
        isinstance(made, type)
        and isinstance(schema, type)
        and issubclass(schema, StrategyOptions)
        and callable(getattr(made, "quotes", None))
    ):
        problem = f"{path!r} is refused: not a class with quotes() and an Options derived from StrategyOptions"
        raise ConfigError(ErrorCode.VALUE, _PATH, problem)
    try:
        # By way of JSON, as the file itself: the same strict types.
        checked = schema.model_validate_json(json.dumps(options or {}))
    except ValidationError as error:
        raise first_problem(error, tuple(_OPTIONS.split("."))) from None
    strategy: Strategy = made(checked)
    return strategy
