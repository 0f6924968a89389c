"""How much of the official SDK was used: counted at its own objects, by whether the exchange answered."""

import sys

import pytest
from tests.contract.calls import CALLS


@pytest.mark.usefixtures("whole_folder")
def test_the_sdk_was_answered_by_sixty_distinct_calls(capsys: pytest.CaptureFixture[str]) -> None:
    distinct = sorted(CALLS.distinct)
    with capsys.disabled():
        by_door = sorted(f"{door} {name}" for door, name in CALLS.answered)
        head = f"{len(distinct)} distinct methods and topics were answered ({len(by_door)} by door): "
        sys.stdout.write("\n" + head + ", ".join(distinct) + "\n")
    assert len(distinct) >= 60
