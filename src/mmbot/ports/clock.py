"""The one clock that live processes use."""

import time


class WallClock:
    """Wall time anchored once and carried forward by the monotonic clock: it never steps back."""

    def __init__(self) -> None:
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def now_ns(self) -> int:
        """Nanoseconds since the epoch."""
        return self._offset_ns + time.monotonic_ns()
