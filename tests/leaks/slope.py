"""A straight line through samples, and how sure its slope is."""

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

# Two-sided 95 % of Student's t for 30 degrees of freedom; larger samples have a smaller one.
T_95 = 2.042
LEAST_SAMPLES = 32


class Slope(NamedTuple):
    """Least-squares slope with the bounds of its 95 % confidence interval."""

    value: float
    lower: float
    upper: float


def slope(xs: Sequence[float], ys: Sequence[float]) -> Slope:
    """ValueError for fewer than `LEAST_SAMPLES` samples or x that never changes."""
    count = len(xs)
    if count < LEAST_SAMPLES:
        raise ValueError(f"{count} samples are too few: {LEAST_SAMPLES}")
    mean_x, mean_y = math.fsum(xs) / count, math.fsum(ys) / count
    spread = math.fsum((x - mean_x) ** 2 for x in xs)
    if spread == 0:
        raise ValueError("x never changes")
    value = math.fsum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread
    residuals = [y - mean_y - value * (x - mean_x) for x, y in zip(xs, ys, strict=True)]
    error = math.sqrt(math.fsum(residual**2 for residual in residuals) / (count - 2) / spread)
    # Neighbouring samples resemble each other, which makes a slope look surer than it is: count only as many as are independent.
    power = math.fsum(residual**2 for residual in residuals)
    alike = math.fsum(a * b for a, b in itertools.pairwise(residuals)) / power if power else 0.0
    alike = min(max(alike, 0.0), 0.95)
    error *= math.sqrt((1 + alike) / (1 - alike))
    return Slope(value, value - T_95 * error, value + T_95 * error)
