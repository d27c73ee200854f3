"""What the cell's cameras deliver of the truth: at once and exact, unless they fail."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np

from warewheel.sim.values import ItemState, Pose, Scene, View

# Scenes that are kept for late delivery [control steps].
_KEPT = 40


class Sensors:
    """Delivers views; faults make them freeze, lag or scatter.

    Attributes:
        frozen: Nothing new is delivered.
        lag: Delay [control steps].
        noise: Standard deviation of positions [m].
    """

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 7])
        self._kept: deque[View] = deque(maxlen=_KEPT)
        self._last: View | None = None
        self.frozen = False
        self.lag = 0
        self.noise = 0.0

    def see(self, scene: Scene, step: int) -> View:
        """Return what is delivered in this step of a scene."""
        self._kept.append(View(scene, step))
        if self.frozen and self._last is not None:
            return self._last
        view = self._kept[max(0, len(self._kept) - 1 - self.lag)]
        if self.noise:
            view = View(self._scatter(view.scene), view.step)
        self._last = view
        return view

    def _scatter(self, scene: Scene) -> Scene:
        return replace(scene, items=tuple(self._shift(item) for item in scene.items))

    def _shift(self, item: ItemState) -> ItemState:
        at = np.add(item.pose.position, self._rng.normal(0.0, self.noise, 3))
        return replace(item, pose=Pose((at[0], at[1], at[2]), item.pose.orientation))
