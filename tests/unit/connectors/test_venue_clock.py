"""A sign-in is stamped with the venue's time, however wrong our clock is."""

import json
from types import SimpleNamespace
from typing import cast

from mmbot.config.secrets import Secret
from mmbot.connectors.signing import Signer
from mmbot.connectors.venue_time import VenueClock
from mmbot.ports import Clock

NS_PER_MS = 1_000_000


def test_it_is_our_clock_until_the_venues_is_read_and_the_venues_afterwards() -> None:
    ours = cast("Clock", SimpleNamespace(now_ns=lambda: 1_000 * NS_PER_MS))
    clock = VenueClock(ours)
    assert clock.now_ns() == 1_000 * NS_PER_MS
    clock.correct(10_000 * NS_PER_MS)
    clock.correct(9_500 * NS_PER_MS)
    assert clock.now_ns() == 10_500 * NS_PER_MS, "the newest counts, not the sum"
    frame = Signer(Secret(b"key"), Secret(b"secret"), 5000).sign_in(clock.now_ns() // NS_PER_MS)
    assert json.loads(frame)["args"][1] > 10_500
