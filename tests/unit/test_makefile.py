"""`make demo` hands over what was set, and nothing else."""

import subprocess
from pathlib import Path

import pytest

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


def demo_line(repository: Path, *settings: str) -> str:
    command = ("make", "--dry-run", "--no-print-directory", "demo", *settings)
    output = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True).stdout
    return output.splitlines()[-1].strip()


def test_nothing_set_gives_no_option(repository: Path) -> None:
    assert demo_line(repository) == "exec .venv/bin/mmbot demo"


@pytest.mark.parametrize(("variable", "option"), OPTIONS.items())
def test_each_setting_becomes_its_option(repository: Path, variable: str, option: str) -> None:
    assert demo_line(repository, f"{variable}=a b,c") == f"exec .venv/bin/mmbot demo {option} 'a b,c'"


def test_all_settings_go_together(repository: Path) -> None:
    line = demo_line(repository, *(f"{variable}=1" for variable in OPTIONS))
    assert line == "exec .venv/bin/mmbot demo " + " ".join(f"{option} '1'" for option in OPTIONS.values())
