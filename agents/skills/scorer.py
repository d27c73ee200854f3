"""A grasp scorer: how likely a grip holds, judged by a few small networks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from warewheel.sim.values import ItemState

from .crops import WIDTH, Features, Portrait, features, mirrored
from .grasp import Grasp

WEIGHTS = "model.safetensors"
# By how much likelier another grip must be to hold than the usual one. The best of many guesses is
# mostly one that is too high.
_BETTER = 0.05
# By how much the log-odds of a grip fall when one that looks the same did not hold, and by how much
# grips look different that have little to do with one another [of 4 cm].
_DOUBT, _ALIKE = 3.0, 0.15
# Grips of each side that are tried, so far as the arm cannot reach those before.
_EACH = 5
Weights = Mapping[str, NDArray[np.float32]]


class Scorer:
    """Perceptrons with rectified hidden layers, which have learnt alike; NumPy alone runs them.

    Of many grips the best by one network is mostly one that it is wrong about; several are seldom
    wrong about the same (Lakshminarayanan et al., NeurIPS 2017).

    Args:
        weights: ``0.weight``, shape (networks, out, in), and ``0.bias``, shape (networks, out), of
            the first layers, and so on.

    Raises:
        ValueError: They do not make such networks.
    """

    def __init__(self, weights: Weights) -> None:
        count = len(weights) // 2
        names = {f"{k}.{part}" for k in range(count) for part in ("weight", "bias")}
        if not count or set(weights) != names:
            raise ValueError(f"weights are {sorted(weights)}; expected 0.weight, 0.bias and so on")
        self._layers = [(weights[f"{k}.weight"], weights[f"{k}.bias"]) for k in range(count)]
        networks, width = self._layers[0][0].shape[:1], WIDTH
        for weight, bias in self._layers:
            fits = weight.ndim == 3 and bias.shape == weight.shape[:2] and weight.size
            if not fits or (weight.shape[:1], weight.shape[2]) != (networks, width):
                raise ValueError(f"a layer of {width} inputs has weights of shape {weight.shape}")
            if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
                raise ValueError("a weight is not a number")
            width = weight.shape[1]
        if width != 1:
            raise ValueError(f"the last layer has {width} outputs; expected 1")

    @classmethod
    def load(cls, folder: Path) -> Scorer:
        """Return the scorer that is kept in a folder.

        Raises:
            ValueError: There is none, or it is damaged; the file is named.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = folder / WEIGHTS
        try:
            return cls(load_file(path))
        except (OSError, SafetensorError, ValueError) as error:
            raise ValueError(f"'{path}' is no grasp scorer: {error}") from error

    def scores(self, rows: Features) -> NDArray[np.float64]:
        """Return the log-odds that each grip holds, shape (n,): a mean of views and networks."""
        views = mirrored(rows)
        found = self._forward(np.concatenate(views)).reshape(-1, len(rows))
        mean: NDArray[np.float64] = found.mean(axis=0, dtype=np.float64)
        return mean

    def ranked(
        self, item: ItemState, grasps: Sequence[Grasp], picture: Portrait,
        failed: Sequence[Features] = (),
    ) -> list[Grasp]:  # fmt: skip
        """Return grips with their chances, the best first, and no more than a few of each side.

        Args:
            item: What is to be gripped.
            grasps: To choose from.
            picture: Of the item.
            failed: Features of grips that did not hold it, each of shape (WIDTH,); those that look
                like them will hardly hold either.
        """
        if not grasps:
            return []
        rows = features(item, grasps, picture)
        scores = self.scores(rows) - _DOUBT * _likeness(rows, failed)
        sides = Counter[float]()
        found = []
        for k in np.argsort(-scores, kind="stable").tolist():
            sides[grasps[k].yaw] += 1
            if sides[grasps[k].yaw] <= _EACH:
                found.append(replace(grasps[k], chance=_chance(scores[k])))
        return found

    def best(
        self, item: ItemState, grasps: Sequence[Grasp], usual: Grasp | None, picture: Portrait,
        failed: Sequence[Features] = (),
    ) -> list[Grasp]:  # fmt: skip
        """Return what `ranked` does, with the usual grip first unless another is far better.

        Args:
            item: What is to be gripped.
            grasps: To choose from.
            usual: What the heuristic would try, if anything; once something failed, it is one of
                many.
            picture: Of the item.
            failed: As for `ranked`.
        """
        found = self.ranked(item, grasps, picture, failed)
        (known,) = self.ranked(item, [usual], picture, failed) if usual else [None]
        if known is None:
            return found
        if not failed and known.chance + _BETTER >= found[0].chance:
            return [known, *found]
        return sorted([*found, known], key=lambda grasp: -grasp.chance)

    def _forward(self, values: Features) -> Features:
        """Return what each network says of each row, shape (networks, n, 1)."""
        for k, (weight, bias) in enumerate(self._layers):
            if k:
                values = np.maximum(values, 0.0)
            values = values @ weight.transpose(0, 2, 1) + bias[:, None]
        return values


def _likeness(rows: Features, others: Sequence[Features]) -> NDArray[np.float64]:
    """Return how many of other grips each is like, shape (n,): 1 for each that looks the same."""
    total = np.zeros(len(rows))
    views = np.stack(mirrored(rows))
    for other in others:
        apart = np.sqrt(np.square(views - other).mean(axis=-1)).min(axis=0)
        total += np.exp(-np.square(apart / _ALIKE) / 2)
    return total


def _chance(score: float) -> float:
    # The logistic function, in a form that no score is too large for.
    return (1 + math.tanh(score / 2)) / 2
