"""Typed configuration: one YAML file, every key checked, secrets read from files of their own."""

from mmbot.config.errors import ConfigError, ErrorCode
from mmbot.config.load import load_config, parse_config
from mmbot.config.model import (
    AccountConfig,
    BootSection,
    BotConfig,
    CredentialsConfig,
    FilesConfig,
    MarketConfig,
    RunConfig,
    RuntimeSection,
    StrategyConfig,
    VenueConfig,
)
from mmbot.config.secrets import Secret, read_secret_file

__all__ = [
    "AccountConfig",
    "BootSection",
    "BotConfig",
    "ConfigError",
    "CredentialsConfig",
    "ErrorCode",
    "FilesConfig",
    "MarketConfig",
    "RunConfig",
    "RuntimeSection",
    "Secret",
    "StrategyConfig",
    "VenueConfig",
    "load_config",
    "parse_config",
    "read_secret_file",
]
