"""Mutation testing of what must not lose an order or a cent: does some test fail when the code is wrong?

A fixed sample of the mutants of order table, risk gate, ledger and book is built and tested one by one, in parts that a broken-off
run need not repeat. What the tests miss must stand in `missed.json` with its reason; so a new miss fails, and so does a reason for
a mutant that is caught by now.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SAMPLE = 200
PARTS = 5
CAUGHT_SHARE = 0.8
FILES = (
    "orders/mod.rs",
    "orders/life.rs",
    "orders/client_id.rs",
    "risk.rs",
    "ledger.rs",
    "book.rs",
    "book/side.rs",
)
# The published tables take seconds a run and hold a model, none of the files above.
LEFT_OUT = "all_24_cells"
# A mutant that never ends counts as caught after this long; the tests themselves take a second.
TIMEOUT_S = 60
POSITION = re.compile(r":\d+:\d+: ")
MISSED = Path(__file__).with_name("missed.json")


def place_free(name: str) -> str:
    """A mutant's name without line and column, which every edit above it moves."""
    return POSITION.sub(": ", name)


def sampled(listed: list[dict[str, Any]]) -> dict[str, str]:
    """Names of the mutants in the sample, in an order that has nothing to do with where they stand, and what each is known by.

    That is the place-free name, numbered from the second one that has it. Drawn by its digest: an edit of the code changes the
    sample only by what it adds and takes away.
    """
    twins: Counter[str] = Counter()
    drawn = []
    for mutant in listed:
        free = place_free(mutant["name"])
        known_by = f"{free} ({twins[free] + 1})" if twins[free] else free
        drawn.append((hashlib.sha256(f"{free}#{twins[free]}".encode()).digest(), mutant["name"], known_by))
        twins[free] += 1
    return {name: known_by for _, name, known_by in sorted(drawn)[:SAMPLE]}


# Of the run too, and not only its pattern: the tool lets a field left out of a struct past the pattern.
OF_THE_FILES = [word for name in FILES for word in ("--file", f"rust/mm-core/src/{name}")]


@pytest.fixture(scope="module")
def sample(repository: Path) -> dict[str, str]:
    words = ("cargo", "mutants", "--list", "--json", "--package", "mm-core", *OF_THE_FILES)
    listed = subprocess.run(words, cwd=repository, check=True, capture_output=True, text=True)
    return sampled(json.loads(listed.stdout))


def outcomes(repository: Path, folder: Path, names: list[str]) -> Iterator[tuple[str, str]]:
    """Each mutant's name, and what became of it."""
    pattern = f"^({'|'.join(map(re.escape, names))})$"
    run = ["cargo", "mutants", "--package", "mm-core", *OF_THE_FILES, "--re", pattern, "--output", str(folder)]
    run += ["--no-times", "--timeout", str(TIMEOUT_S), "--build-timeout", "600", "--colors", "never"]
    if shutil.which("cargo-nextest"):
        run += ["--test-tool", "nextest", "--", "-E", f"not test({LEFT_OUT})"]
    else:
        run += ["--", "--lib", "--tests", "--", "--skip", LEFT_OUT]
    # Property tests draw the same cases for each mutant.
    environment = os.environ | {"PROPTEST_RNG_SEED": "1"}
    # Its exit code tells of misses, which are judged here.
    done = subprocess.run(run, cwd=repository, check=False, env=environment, capture_output=True, text=True)
    written = folder / "mutants.out" / "outcomes.json"
    assert written.is_file(), done.stdout + done.stderr
    for row in json.loads(written.read_text())["outcomes"]:
        if row["scenario"] != "Baseline":
            yield row["scenario"]["Mutant"]["name"], row["summary"]


@pytest.mark.prove
@pytest.mark.timeout(40 * 60)
@pytest.mark.parametrize("part", range(PARTS))
def test_wrong_core_code_is_caught(
    repository: Path, tmp_path: Path, sample: dict[str, str], record_property: Callable[[str, object], None], part: int
) -> None:
    names = list(sample)[part::PARTS]
    found: dict[str, list[str]] = {}
    for name, summary in outcomes(repository, tmp_path, names):
        found.setdefault(summary, []).append(name)
    missed = sorted(sample[name] for name in found.get("MissedMutant", []))
    caught = [sample[name] for summary in ("CaughtMutant", "Timeout") for name in found.get(summary, [])]
    record_property("tried", sum(map(len, found.values())))
    record_property("caught", len(caught))
    record_property("did_not_build", len(found.get("Unviable", [])))
    record_property("missed", missed)
    assert sum(map(len, found.values())) == len(names), "not every mutant of the part was tried"
    assert len(caught) >= CAUGHT_SHARE * (len(caught) + len(missed)), missed
    known: dict[str, str] = json.loads(MISSED.read_text())
    assert [name for name in missed if name not in known] == [], "test it, or say in missed.json why no test can"
    assert [name for name in caught if name in known] == [], "caught by now: strike its reason"
    assert known.keys() <= set(sample.values()), "no longer in the sample: strike its reason"


def test_the_sample_outlives_an_edit_above_it() -> None:
    # Column, so that `replace` comes twice at one line as it does in real listings.
    names = [f"rust/a.rs:{line}:{column}: replace + with - in f{line // 4}" for line in range(400) for column in (4, 9)]
    before = sampled([{"name": name} for name in names])
    moved = [re.sub(r":(\d+):", lambda found: f":{int(found[1]) + 12}:", name, count=1) for name in names]
    after = sampled([{"name": name} for name in moved])
    assert len(set(before.values())) == SAMPLE
    assert list(before.values()) == list(after.values())
    assert before.keys() != after.keys()


def test_mutants_of_one_name_are_told_apart() -> None:
    names = [f"rust/a.rs:7:{column}: delete ! in f" for column in (4, 9, 14)]
    told = sampled([{"name": name} for name in names])
    assert [told[name] for name in names] == [
        "rust/a.rs: delete ! in f",
        "rust/a.rs: delete ! in f (2)",
        "rust/a.rs: delete ! in f (3)",
    ]


def test_a_miss_is_known_by_a_place_free_name_and_a_reason() -> None:
    for name, reason in json.loads(MISSED.read_text()).items():
        assert place_free(name) == name
        assert name.startswith("rust/mm-core/src/")
        assert len(reason.split()) >= 4, name
