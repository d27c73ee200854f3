"""Figures: means with 95 % intervals, and tests between planners on the same cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import binomtest, bootstrap

from warewheel.flywheel.summary import Share

Figure = dict[str, float | int | None]


def share(count: int, n: int) -> Figure:
    """Return a share with Wilson's interval; see `Share`."""
    if not n:
        return {"mean": None, "low": None, "high": None, "n": 0}
    return _figure(count / n, *Share(count, n).interval, n)


def mean(values: Sequence[float]) -> Figure:
    """Return a mean with a percentile bootstrap interval (Efron & Tibshirani 1993, ch. 13)."""
    n = len(values)
    if not n:
        return {"mean": None, "low": None, "high": None, "n": 0}
    array = np.asarray(values, dtype=float)
    middle = float(array.mean())
    if n < 2 or np.all(array == array[0]):
        return _figure(middle, middle, middle, n)
    found = bootstrap(
        (array,), np.mean, n_resamples=2000, method="percentile",
        random_state=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    return _figure(middle, float(found.low), float(found.high), n)


def paired(one: Sequence[bool], other: Sequence[bool]) -> dict[str, Any]:
    """Compare two planners on the same cases by McNemar's exact test (Biometrika 1947).

    Returns:
        Cases that only the one and only the other solved, and the two-sided p-value.
    """
    only_one = sum(a and not b for a, b in zip(one, other, strict=True))
    only_other = sum(b and not a for a, b in zip(one, other, strict=True))
    p = 1.0
    if only_one + only_other:
        p = float(binomtest(only_one, only_one + only_other).pvalue)
    return {"only_first": only_one, "only_second": only_other, "n": len(one), "p": round(p, 6)}


def _figure(middle: float, low: float, high: float, n: int) -> Figure:
    return {"mean": round(middle, 6), "low": round(low, 6), "high": round(high, 6), "n": n}
