"""One error class for configuration, with a stable code per kind of mistake."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """What kind of mistake it is; scripts may match on these, so they never change meaning."""

    FILE = "E_CFG_FILE"
    YAML = "E_CFG_YAML"
    DUPLICATE_KEY = "E_CFG_DUPLICATE_KEY"
    UNKNOWN_KEY = "E_CFG_UNKNOWN_KEY"
    MISSING = "E_CFG_MISSING"
    TYPE = "E_CFG_TYPE"
    RANGE = "E_CFG_RANGE"
    VALUE = "E_CFG_VALUE"
    URL = "E_CFG_URL"
    RESTART = "E_CFG_RESTART"
    SECRET = "E_CFG_SECRET"  # noqa: S105 - the name of a code


class ConfigError(Exception):
    """A configuration that must not run.

    `field` is the dotted path of the key (`markets.0.symbol`), empty if the whole file is meant; the message names field,
    value and fix. No secret and no value given under `credentials` ever appears in it.
    """

    def __init__(self, code: ErrorCode, field: str, problem: str) -> None:
        self.code = code
        self.field = field
        self.problem = problem
        super().__init__(f"{code}: {field}: {problem}" if field else f"{code}: {problem}")
