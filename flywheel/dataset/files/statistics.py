"""Statistics of columns and images, exact, and equal to NumPy's."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
# What is kept for one feature: by name of the statistic, nested lists.
Stats = dict[str, Any]

QUANTILES = {"q01": 0.01, "q10": 0.1, "q50": 0.5, "q90": 0.9, "q99": 0.99}
KINDS = ("min", "max", "mean", "std", "count", *QUANTILES)
CHANNELS, LEVELS = 3, 256


def describe(columns: Mapping[str, Array]) -> dict[str, Stats]:
    """Return the statistics of columns (frames x elements), each a list over elements."""
    # All at once: NumPy's quantiles cost the same for one element as for fifty.
    real = np.concatenate([column.astype(np.float64) for column in columns.values()], axis=1)
    mean, std = real.mean(axis=0), real.std(axis=0)
    ranks = quantiles(real)
    made: dict[str, Stats] = {}
    start = 0
    for name, column in columns.items():
        end = start + column.shape[1]
        ends = column.astype(np.int64 if column.dtype.kind in "iub" else np.float64)
        made[name] = {
            "min": ends.min(axis=0).tolist(),
            "max": ends.max(axis=0).tolist(),
            "mean": mean[start:end].tolist(),
            "std": std[start:end].tolist(),
            "count": [len(column)],
        }
        made[name] |= {rank: values[start:end] for rank, values in ranks.items()}
        start = end
    return made


def quantiles(values: Array) -> dict[str, list[float]]:
    """Return the quantiles of a column (frames x elements) alone."""
    found = np.quantile(values.astype(np.float64), list(QUANTILES.values()), axis=0)
    return {name: row.tolist() for name, row in zip(QUANTILES, found, strict=True)}


def histogram(image: Array) -> Array:
    """Return how often each level occurs in each channel of an RGB image: 3 x 256."""
    from PIL import Image

    # Three times as fast as counting with NumPy.
    counts = Image.fromarray(image).histogram()
    return np.array(counts, np.int64).reshape(CHANNELS, LEVELS)


def describe_images(counts: Array, frames: int) -> Stats:
    """Return the statistics of images from their histogram (3 x 256): levels are 0 to 1.

    Each is shaped 3 x 1 x 1 but for ``count``, which counts frames.
    """
    levels = np.arange(LEVELS)
    kept: dict[str, list[float]] = {name: [] for name in KINDS if name != "count"}
    for channel in counts:
        n = int(channel.sum())
        there = levels[channel > 0]
        # Whole numbers until the last division, so that nothing is lost on the way.
        total, squares = int(channel @ levels), int(channel @ levels**2)
        kept["min"].append(there[0] / 255)
        kept["max"].append(there[-1] / 255)
        kept["mean"].append(total / (255 * n))
        kept["std"].append((n * squares - total * total) ** 0.5 / (255 * n))
        upto = np.cumsum(channel)
        for name, share in QUANTILES.items():
            rank = share * (n - 1)
            below = int(rank)
            first, second = np.searchsorted(upto, [below, min(below + 1, n - 1)], side="right")
            kept[name].append((first + (rank - below) * (second - first)) / 255)
    made: Stats = {name: [[[float(one)]] for one in row] for name, row in kept.items()}
    return made | {"count": [frames]}


class Running:
    """Statistics of features over episodes, from those of each.

    Quantiles cannot be had from quantiles. Until they are worked out from the values, their
    mean over frames stands in for them, as it does in lerobot.

    Args:
        widths: Elements of each feature.
        dtype: NumPy type of least and greatest values.
    """

    def __init__(self, widths: Mapping[str, int], dtype: type) -> None:
        self._dtype, self._n = dtype, 0
        stops = np.cumsum(list(widths.values()), dtype=int).tolist()
        starts = [0, *stops][: len(stops)]
        self._spans = dict(zip(widths, zip(starts, stops, strict=True), strict=True))

    def add(self, row: Mapping[str, Any]) -> None:
        """Take in an episode: ``stats/FEATURE/KIND`` for each."""
        n = row["length"]
        # All features at once: NumPy takes as long for one element as for hundreds.
        mean, std = self._flat(row, "mean"), self._flat(row, "std")
        ends = [self._flat(row, name, self._dtype) for name in ("min", "max")]
        shares = np.array([self._flat(row, name) for name in QUANTILES]) * n
        if self._n == 0:
            self._n, self._mean, self._square = n, mean, std**2 * n
            self._ends, self._shares = ends, shares
            return
        both = self._n + n
        away = mean - self._mean
        self._square = self._square + std**2 * n + away**2 * (self._n * n / both)
        self._mean = self._mean + away * (n / both)
        low, high = self._ends
        self._ends = [np.minimum(low, ends[0]), np.maximum(high, ends[1])]
        self._shares = self._shares + shares
        self._n = both

    def stats(self) -> dict[str, Stats]:
        """Return the statistics so far, by feature."""
        rows = {
            "min": self._ends[0], "max": self._ends[1], "mean": self._mean,
            "std": np.sqrt(self._square / self._n),
            **dict(zip(QUANTILES, self._shares / self._n, strict=True)),
        }  # fmt: skip
        return {
            name: {kind: [self._n] if kind == "count" else rows[kind][start:stop].tolist()
                   for kind in KINDS}
            for name, (start, stop) in self._spans.items()
        }  # fmt: skip

    def _flat(self, row: Mapping[str, Any], kind: str, dtype: type = np.float64) -> Array:
        parts = (row[f"stats/{name}/{kind}"] for name in self._spans)
        return np.array(list(chain.from_iterable(parts)), dtype)
