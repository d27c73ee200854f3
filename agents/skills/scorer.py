"""A grasp scorer: how likely a grip holds, judged by a few small networks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
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
# Grips that are tried, so far as the arm cannot reach those before.
_MOST = 40
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

    def best(
        self, item: ItemState, grasps: Sequence[Grasp], usual: Grasp | None, picture: Portrait,
        attempt: int,
    ) -> list[Grasp]:  # fmt: skip
        """Return the best grips, the best first; another side comes first in each attempt.

        Args:
            item: What is to be gripped.
            grasps: To choose from.
            usual: What the heuristic would try, if anything; at the first attempt it is tried
                unless another is far better.
            picture: Of the item.
            attempt: Counts from 0.
        """
        scores = self.scores(features(item, grasps, picture))
        order = [grasps[k] for k in np.argsort(-scores, kind="stable")]
        # What did not hold once will hardly hold again; the best from each side, in turn.
        sides: dict[float, Grasp] = {}
        for grasp in order:
            sides.setdefault(grasp.yaw, grasp)
        first = list(sides.values())[attempt % len(sides)]
        if usual is not None and attempt == 0:
            (known,) = self.scores(features(item, [usual], picture))
            if _chance(known) + _BETTER >= _chance(scores.max()):
                first = usual
        return [first, *(grasp for grasp in order[:_MOST] if grasp != first)]

    def _forward(self, values: Features) -> Features:
        """Return what each network says of each row, shape (networks, n, 1)."""
        for k, (weight, bias) in enumerate(self._layers):
            if k:
                values = np.maximum(values, 0.0)
            values = values @ weight.transpose(0, 2, 1) + bias[:, None]
        return values


def _chance(score: float) -> float:
    # The logistic function, in a form that no score is too large for.
    return (1 + math.tanh(score / 2)) / 2
