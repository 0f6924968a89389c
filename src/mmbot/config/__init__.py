"""Typed configuration: one YAML file, every key checked, secrets read from files of their own."""

from mmbot.config.errors import ConfigError, ErrorCode
from mmbot.config.load import load_config, parse_config
from mmbot.config.model import (
    AccountConfig,
    AvellanedaStoikovConfig,
    BootSection,
    BotConfig,
    CredentialsConfig,
    FilesConfig,
    GlftConfig,
    MarketConfig,
    RunConfig,
    RuntimeSection,
    SignalsConfig,
    StrategyConfig,
    VenueConfig,
)
from mmbot.config.secrets import Secret, read_secret_file

__all__ = [
    "AccountConfig",
    "AvellanedaStoikovConfig",
    "BootSection",
    "BotConfig",
    "ConfigError",
    "CredentialsConfig",
    "ErrorCode",
    "FilesConfig",
    "GlftConfig",
    "MarketConfig",
    "RunConfig",
    "RuntimeSection",
    "Secret",
    "SignalsConfig",
    "StrategyConfig",
    "VenueConfig",
    "load_config",
    "parse_config",
    "read_secret_file",
]
