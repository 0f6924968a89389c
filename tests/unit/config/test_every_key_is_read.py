"""A key that nothing reads would be a setting that pretends."""

import ast
import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from mmbot.config import (
    AccountConfig,
    AvellanedaStoikovConfig,
    BootSection,
    BotConfig,
    BreakerConfig,
    CredentialsConfig,
    FilesConfig,
    GlftConfig,
    GuardsConfig,
    MarketConfig,
    PythonConfig,
    RepeatedExecutionConfig,
    RunConfig,
    RuntimeSection,
    SignalsConfig,
    StrategyConfig,
    VenueConfig,
    WatchdogConfig,
)

MODELS = (AvellanedaStoikovConfig, GlftConfig, PythonConfig, SignalsConfig)
GUARDS = (GuardsConfig, RepeatedExecutionConfig, BreakerConfig)
CORE = (AccountConfig, MarketConfig, StrategyConfig, *MODELS, *GUARDS, RunConfig)
# The strategy class itself is loaded by the shell.
STRATEGY_CLASS = [(StrategyConfig, "path"), (StrategyConfig, "options")]
CORE_KEYS = [(model, name) for model in CORE for name in model.model_fields if (model, name) not in STRATEGY_CLASS]
SHELL = (VenueConfig, CredentialsConfig, WatchdogConfig, FilesConfig)
SHELL_KEYS = [*((model, name) for model in SHELL for name in model.model_fields), *STRATEGY_CLASS]


def label(row: object) -> str:
    return row.__name__ if isinstance(row, type) else str(row)


@pytest.mark.parametrize(("model", "name"), CORE_KEYS, ids=label)
def test_the_core_reads_each_of_its_keys(repository: Path, model: type[BaseModel], name: str) -> None:
    sources = [*repository.glob("rust/*/src/**/*.rs")]
    pattern = re.compile(rf'b?"{name}"')
    assert any(pattern.search(path.read_text("utf-8")) for path in sources), (
        f"no Rust source reads {name!r} of {model.__name__}: decode it from core_json, or remove the key"
    )


@pytest.mark.parametrize(("model", "name"), SHELL_KEYS, ids=label)
def test_the_shell_reads_each_of_its_keys(repository: Path, model: type[BaseModel], name: str) -> None:
    read = {
        node.attr
        for path in repository.glob("src/mmbot/**/*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    assert name in read, f"no Python source reads {name!r} of {model.__name__}: use it, or remove the key"


def test_each_section_is_either_boot_or_runtime() -> None:
    for name, field in BotConfig.model_fields.items():
        # A section that may be absent is declared as `Section | None`.
        declared = [kind for kind in get_args(field.annotation) if kind is not type(None)] or [field.annotation]
        kind = MarketConfig if name == "markets" else declared[0]
        assert isinstance(kind, type)
        assert issubclass(kind, BootSection) != issubclass(kind, RuntimeSection), (
            f"{name}: derive the section from BootSection (needs a restart) or RuntimeSection (may change while running)"
        )
