"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent

# CI must not fail on a slow machine, and must fail the same way twice.
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci")


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of recorded market data, read in place; skips the test where there is none."""
    folder = os.environ.get("MMBOT_DATA_DIR")
    if not folder:
        pytest.skip("MMBOT_DATA_DIR is unset: this test needs the recorded market data")
    path = Path(folder)
    assert (path / "SHA256SUMS").is_file(), f"MMBOT_DATA_DIR={folder} holds no SHA256SUMS: wrong folder"
    return path
