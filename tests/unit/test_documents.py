"""The examples of the documents run as they stand: all runnable blocks of one document, in order, in one program."""

import re
from pathlib import Path
from typing import Any

import pytest

BLOCK = re.compile(r"^```python runnable\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [path for path in sorted(ROOT.glob("docs/*.md")) if BLOCK.search(path.read_text("utf-8"))]


def test_there_are_examples_of_each_kind() -> None:
    text = "".join(path.read_text("utf-8") for path in DOCUMENTS)
    for name in ("L2Book(", "GLFT(", "LocalExchange(", "Quotes("):
        assert any(name in block for block in BLOCK.findall(text)), f"no runnable example uses {name}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_its_examples_run(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = document.read_text("utf-8")
    names: dict[str, Any] = {"__name__": "example"}
    for match in BLOCK.finditer(text):
        # Line numbers of the document, so that a failure points into it.
        source = "\n" * text.count("\n", 0, match.start(1)) + match[1]
        exec(compile(source, str(document), "exec"), names)  # noqa: S102 - the documents are ours
