"""A secret is read only from a file that is fit for one, and gets out only through `reveal`."""

import base64
import copy
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmbot.config import ConfigError, Secret, read_secret_file

CANARY = b"c4naryKEY7f3"


def private(path: Path, content: bytes = CANARY, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def linked_outside(folder: Path) -> Path:
    outside = folder / "outside"
    outside.mkdir()
    inside = folder / "inside"
    inside.mkdir()
    link = inside / "key"
    link.symlink_to(private(outside / "key"))
    return link


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "key", 0o600)
    return folder / "key"


REFUSED: list[tuple[str, Callable[[Path], Path], str]] = [
    ("absent", lambda f: f / "key", "does not exist"),
    ("empty", lambda f: private(f / "key", b""), "empty"),
    ("only a line end", lambda f: private(f / "key", b"\n"), "empty"),
    ("group may read", lambda f: private(f / "key", mode=0o640), "chmod 600"),
    ("world may read", lambda f: private(f / "key", mode=0o604), "chmod 600"),
    ("too large", lambda f: private(f / "key", b"x" * 4097), "larger than 4096"),
    ("a folder", lambda f: f, "regular file"),
    ("a pipe", pipe, "regular file"),
    ("a link that leaves its folder", linked_outside, "leaves its folder"),
    ("two lines", lambda f: private(f / "key", b"one\ntwo\n"), "one line"),
    ("spaces", lambda f: private(f / "key", b"one two"), "one line"),
    ("not ASCII", lambda f: private(f / "key", "schlüssel".encode()), "one line"),
]


@pytest.mark.parametrize(("prepare", "why"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_unfit_files_are_refused_without_their_content(
    tmp_path: Path, prepare: Callable[[Path], Path], why: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read_secret_file(prepare(tmp_path), "credentials.api_key_file")
    assert (caught.value.code, caught.value.field) == ("E_CFG_SECRET", "credentials.api_key_file")
    assert why in str(caught.value)
    assert CANARY.decode() not in str(caught.value)


@pytest.mark.parametrize("content", [CANARY, CANARY + b"\n", CANARY + b"\r\n"])
def test_one_trailing_line_end_is_stripped(tmp_path: Path, content: bytes) -> None:
    assert read_secret_file(private(tmp_path / "key", content, 0o400), "field").reveal() == CANARY


def test_a_link_inside_its_folder_is_followed(tmp_path: Path) -> None:
    data = tmp_path / "..data"
    data.mkdir()
    private(data / "key")
    (tmp_path / "key").symlink_to(data / "key")
    assert read_secret_file(tmp_path / "key", "field").reveal() == CANARY


def test_the_largest_secret_fits(tmp_path: Path) -> None:
    assert len(read_secret_file(private(tmp_path / "key", b"x" * 4096), "field").reveal()) == 4096


SHOWN: list[Callable[[Secret], object]] = [
    repr,
    str,
    format,
    lambda s: f"{s:>40}",
    lambda s: [s],
    lambda s: {"k": s},
    vars,
    dir,
]


@pytest.mark.parametrize("show", SHOWN)
def test_a_secret_does_not_show_itself(show: Callable[[Secret], object]) -> None:
    try:
        shown = str(show(Secret(CANARY)))
    except TypeError:
        return
    assert CANARY.decode() not in shown


# Half of these refuse by type already: they must go on refusing.
LEAKS: list[Callable[[Any], object]] = [
    pickle.dumps,
    copy.copy,
    copy.deepcopy,
    json.dumps,
    bytes,
    list,
    base64.b64encode,
]


@pytest.mark.parametrize("leak", LEAKS)
def test_a_secret_refuses_to_be_written_or_copied(leak: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError) as caught:
        leak(Secret(CANARY))
    assert CANARY.decode() not in str(caught.value)
