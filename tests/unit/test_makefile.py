"""`make demo` hands over what was set, and nothing else; `make prove` leaves no long test out."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

DEMO = ["exec", ".venv/bin/mmbot", "demo"]
OPTIONS = {
    "RUN_S": "--run-s",
    "DATA": "--data",
    "FROM": "--from",
    "TO": "--to",
    "TAKERS": "--takers",
    "SYMBOLS": "--symbols",
    "REPORT": "--report",
    "PROFILE": "--profile",
}


def demo_command(repository: Path, *settings: str) -> list[str]:
    command = ("make", "--dry-run", "--no-print-directory", "demo", *settings)
    output = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True).stdout
    return shlex.split(output.splitlines()[-1])


def test_nothing_set_gives_no_option(repository: Path) -> None:
    assert demo_command(repository) == DEMO


@pytest.mark.parametrize(("variable", "option"), OPTIONS.items())
def test_each_setting_becomes_its_option(repository: Path, variable: str, option: str) -> None:
    assert demo_command(repository, f"{variable}=a b,c") == [*DEMO, option, "a b,c"]


def test_all_settings_go_together(repository: Path) -> None:
    expected = [word for option in OPTIONS.values() for word in (option, "1")]
    assert demo_command(repository, *(f"{variable}=1" for variable in OPTIONS)) == DEMO + expected


def test_each_long_test_belongs_to_one_part_of_the_long_set(repository: Path) -> None:
    parts = ("make", "--dry-run", "--no-print-directory", "--always-make", "prove")
    recipe = subprocess.run(parts, cwd=repository, capture_output=True, text=True, check=True).stdout
    long_runs = re.findall(r"-m prove (.*)", recipe.replace("\\\n", " "))
    folders = [folder for words in long_runs for folder in re.findall(r" (tests/\w+)", words)]
    assert len(folders) == len(set(folders)), folders
    marked = {
        path.relative_to(repository).parts[1]
        for path in (repository / "tests").rglob("test_*.py")
        if "mark.prove" in path.read_text() and path != Path(__file__)
    }
    assert marked <= {folder.partition("/")[2] for folder in folders}
