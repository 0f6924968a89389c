"""The bot's side of its watchdog."""

import asyncio

import pytest

from mmbot.app.watchdog_link import WatchdogLink


@pytest.mark.parametrize("turns", range(5))
async def test_an_end_that_comes_together_with_an_answer_is_an_end(turns: int) -> None:
    # It was swallowed: the bot waited for one more answer at its end, was silent meanwhile, and its watchdog killed it.
    link = object.__new__(WatchdogLink)
    link._heard, link._said = asyncio.Event(), bytearray(b".")
    waits = asyncio.get_running_loop().create_task(link._answer(60))
    for _ in range(3):
        await asyncio.sleep(0)
    link._heard.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    if waits.cancel():
        with pytest.raises(asyncio.CancelledError):
            await waits
