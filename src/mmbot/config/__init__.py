"""Typed configuration: one YAML file, every key checked, secrets read from files of their own."""

from mmbot.config.errors import ConfigError, ErrorCode
from mmbot.config.guards import BreakerConfig, GuardsConfig, RepeatedExecutionConfig
from mmbot.config.load import load_config, parse_config
from mmbot.config.model import (
    AccountConfig,
    BotConfig,
    CredentialsConfig,
    FilesConfig,
    MarketConfig,
    RunConfig,
    VenueConfig,
)
from mmbot.config.secrets import Secret, read_secret_file
from mmbot.config.sections import BootSection, RuntimeSection
from mmbot.config.strategy import AvellanedaStoikovConfig, GlftConfig, PythonConfig, SignalsConfig, StrategyConfig
from mmbot.config.watchdog import WatchdogConfig

__all__ = [
    "AccountConfig",
    "AvellanedaStoikovConfig",
    "BootSection",
    "BotConfig",
    "BreakerConfig",
    "ConfigError",
    "CredentialsConfig",
    "ErrorCode",
    "FilesConfig",
    "GlftConfig",
    "GuardsConfig",
    "MarketConfig",
    "PythonConfig",
    "RepeatedExecutionConfig",
    "RunConfig",
    "RuntimeSection",
    "Secret",
    "SignalsConfig",
    "StrategyConfig",
    "VenueConfig",
    "WatchdogConfig",
    "load_config",
    "parse_config",
    "read_secret_file",
]
