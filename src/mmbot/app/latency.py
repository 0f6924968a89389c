"""A bounded histogram of microseconds."""

from array import array

_LIMIT_US = 50_000


class LatencyHistogram:
    """Counts per microsecond up to 50 ms; what is slower counts as 50 ms."""

    def __init__(self) -> None:
        self._counts = array("Q", bytes(8 * (_LIMIT_US + 1)))
        self.total = 0

    def add(self, elapsed_ns: int) -> None:
        """Counts one duration."""
        self._counts[min(elapsed_ns // 1000, _LIMIT_US)] += 1
        self.total += 1

    def quantile(self, share: float) -> int | None:
        """The smallest whole number of microseconds that `share` of the durations do not exceed; None without any."""
        if self.total == 0:
            return None
        wanted, seen = share * self.total, 0
        for microseconds, count in enumerate(self._counts):
            seen += count
            if seen >= wanted and seen > 0:
                return microseconds
        return _LIMIT_US
