"""From a file to a `BotConfig`, or to one error that says what to change."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mmbot.config.errors import ConfigError, ErrorCode
from mmbot.config.model import BotConfig
from mmbot.config.yaml_document import MAX_DOCUMENT_BYTES, parse_document

_CODES = {
    "extra_forbidden": ErrorCode.UNKNOWN_KEY,
    "missing": ErrorCode.MISSING,
    "value": ErrorCode.VALUE,
    "url": ErrorCode.URL,
    "literal_error": ErrorCode.VALUE,
    "string_pattern_mismatch": ErrorCode.VALUE,
    "finite_number": ErrorCode.RANGE,
    "greater_than": ErrorCode.RANGE,
    "greater_than_equal": ErrorCode.RANGE,
    "less_than": ErrorCode.RANGE,
    "less_than_equal": ErrorCode.RANGE,
    "too_short": ErrorCode.RANGE,
    "too_long": ErrorCode.RANGE,
}


def load_config(path: Path) -> BotConfig:
    """Read and check a YAML configuration; raises `ConfigError` with the first problem. Secrets are not read here."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as error:
        raise ConfigError(ErrorCode.FILE, "", f"{path}: {error.strerror}; name a readable file") from None
    return parse_config(raw)


def parse_config(raw: bytes) -> BotConfig:
    """Check the text of a YAML configuration; errors as `load_config`."""
    document = parse_document(raw)
    try:
        # By way of JSON: strict types then accept a list for a tuple and a string for a path, and nothing else.
        return BotConfig.model_validate_json(json.dumps(document))
    except TypeError:
        raise ConfigError(ErrorCode.TYPE, "", "holds a value that is neither text, number, list nor mapping") from None
    except ValidationError as error:
        raise first_problem(error) from None


def first_problem(error: ValidationError, section: tuple[str, ...] = ()) -> ConfigError:
    """The first of a model's problems, as found in this section of the file."""
    problem = error.errors(include_url=False)[0]
    location = (*section, *(str(part) for part in problem["loc"]))
    code = _CODES.get(problem["type"], ErrorCode.TYPE)
    field = ".".join(location)
    if code is ErrorCode.UNKNOWN_KEY:
        return ConfigError(code, field, "is not a key of this section; remove it or correct its spelling")
    if code is ErrorCode.MISSING:
        return ConfigError(code, field, "is required; add it")
    return ConfigError(code, field, f"{_shown(location, problem['input'])}{_sentence(problem)}")


def _shown(location: tuple[str, ...], value: Any) -> str:
    """The offending value as JSON, where it may be shown and is short enough to help."""
    if location[:1] in {("credentials",), ("watchdog",)} or isinstance(value, dict | list):
        return ""
    text = json.dumps(value)
    return f"{text if len(text) <= 80 else text[:77] + '...'} "  # noqa: PLR2004 - a line's worth


def _sentence(problem: ErrorDetails) -> str:
    message = problem["msg"]
    hint = '; write numbers bare and decimals of sizes in quotes ("0.001")' if problem["type"].endswith("_type") else ""
    return f"is refused: {message}{hint}"
