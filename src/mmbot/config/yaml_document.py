"""YAML, read strictly: one document, no duplicate keys, no aliases, no tags, nothing deeper than a configuration is."""

from typing import Any

import yaml

from mmbot.config.errors import ConfigError, ErrorCode

MAX_DOCUMENT_BYTES = 64 * 1024
MAX_DEPTH = 16


class _StrictLoader(yaml.SafeLoader):
    """`SafeLoader` without the parts of YAML that make a file mean something else than it shows."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]  # missing from the stubs
            line = _line(event.start_mark)
            raise ConfigError(ErrorCode.YAML, "", f"line {line}: aliases are refused; write the value out")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ConfigError(ErrorCode.YAML, "", f"nested deeper than {MAX_DEPTH} levels")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: dict[Any, int] = {}
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            line = _line(key_node.start_mark)
            if not isinstance(key, str):
                raise ConfigError(ErrorCode.YAML, "", f"line {line}: key {key!r} is not a word; quote it")
            if key in seen:
                problem = f"line {line}: already given in line {seen[key]}; keep one of the two"
                raise ConfigError(ErrorCode.DUPLICATE_KEY, key, problem)
            seen[key] = line
        return super().construct_mapping(node, deep=deep)


# Dates stay strings and `<<` stays a key: no configuration value is a date, and a merged key hides where it came from.
_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":merge"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse_document(raw: bytes) -> dict[str, Any]:
    """Mapping at the top of a YAML document of at most 64 KiB.

    Raises `ConfigError` with the line number for anything that is not exactly one mapping.
    """
    if len(raw) > MAX_DOCUMENT_BYTES:
        raise ConfigError(ErrorCode.FILE, "", f"larger than {MAX_DOCUMENT_BYTES} bytes; that is no configuration")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(ErrorCode.FILE, "", f"byte {error.start} is not UTF-8; save the file as UTF-8") from None
    try:
        document = _StrictLoader(text).get_single_data()
    except yaml.MarkedYAMLError as error:
        # The problem mark only: the context would print the line, and a line may hold what somebody mistook for its place.
        raise ConfigError(ErrorCode.YAML, "", f"line {_line(error.problem_mark)}: {error.problem}") from None
    except (yaml.YAMLError, ValueError):
        raise ConfigError(ErrorCode.YAML, "", "not a YAML document") from None
    if not isinstance(document, dict):
        raise ConfigError(ErrorCode.YAML, "", "the document must be a mapping of sections")
    return document


def _line(mark: Any) -> int:
    """One-based line of a mark of either parser; 0 if there is none."""
    return 0 if mark is None else int(mark.line) + 1
