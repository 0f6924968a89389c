"""Reading a recording from disk: its lines, and the instrument that lies beside it."""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import zstandard


def lines(path: Path) -> Iterator[bytes]:
    """The lines of a recording without their line ends, decompressed on the way if it is `.zst`."""
    with ExitStack() as stack:
        file = stack.enter_context(path.open("rb"))
        if path.suffix == ".zst":
            reader = stack.enter_context(zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True))
            yield from (line.rstrip(b"\r\n") for line in io.BufferedReader(reader))
        else:
            yield from (line.rstrip(b"\r\n") for line in file)


def sidecar(path: Path) -> bytes | None:
    """The instruments-info item in `<stem>.instrument.json` beside a recording; None if there is none.

    The stem is the file name without `.jsonl.zst` or whatever else follows its first dot.
    """
    beside = path.with_name(path.name.partition(".")[0] + ".instrument.json")
    return beside.read_bytes() if beside.is_file() else None
