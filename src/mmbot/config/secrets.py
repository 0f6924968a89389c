"""Secrets come from files and never leave by accident."""

import os
import stat
from pathlib import Path
from typing import NoReturn, final

from mmbot.config.errors import ConfigError, ErrorCode

MAX_SECRET_BYTES = 4096
_PRINTABLE = range(0x21, 0x7F)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@final
class Secret:
    """A key that shows itself only to code that asks by name.

    It has no useful `repr`, `str` or format, and refuses to be pickled, copied or serialised: each of these has put a key
    into somebody's log.
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        """The key itself, for signing."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __str__(self) -> str:
        return "Secret(hidden)"

    def __format__(self, format_spec: str) -> str:
        return "Secret(hidden)"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied")

    def __copy__(self) -> NoReturn:
        raise TypeError("a Secret cannot be copied")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("a Secret cannot be copied")


def read_secret_file(path: Path, field: str) -> Secret:
    """Read the secret that the configuration key `field` points to.

    The file must be regular, at most 4 KiB, readable by its owner alone, one line of printable ASCII without spaces (one
    trailing line end is stripped). A link may only stay inside the folder it lies in, as mounted secrets do.
    """
    _check_link(path, field)
    raw = _read_private(path, field)
    value = raw.removesuffix(b"\n").removesuffix(b"\r")
    if not value:
        raise _refuse(field, "names an empty file; put the secret into it")
    # Printable ASCII without space: anything else is a damaged copy, which would only show as a failed signature.
    if not all(byte in _PRINTABLE for byte in value):
        raise _refuse(
            field, "names a file with spaces, line breaks or control characters; keep the secret alone on one line"
        )
    return Secret(value)


def _check_link(path: Path, field: str) -> None:
    try:
        folder = path.parent.resolve(strict=True)
        target = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        raise _refuse(field, "names a file that does not exist or cannot be reached") from None
    if not target.is_relative_to(folder):
        raise _refuse(field, "names a link that leaves its folder; name the file itself")


def _read_private(path: Path, field: str) -> bytes:
    try:
        # Non-blocking: opening a pipe by mistake must not hang the start.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        raise _refuse(field, "names a file that cannot be opened") from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _refuse(field, "must name a regular file")
        if status.st_mode & _OTHERS:
            raise _refuse(field, "names a file that others may access; run chmod 600 on it")
        if status.st_size > MAX_SECRET_BYTES:
            raise _refuse(field, f"names a file larger than {MAX_SECRET_BYTES} bytes; that is no API key")
        return os.read(descriptor, MAX_SECRET_BYTES + 1)
    finally:
        os.close(descriptor)


def _refuse(field: str, problem: str) -> ConfigError:
    return ConfigError(ErrorCode.SECRET, field, problem)
