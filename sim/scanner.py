"""The scanner: rays from a window that read the label of the item they hit."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pybullet as p

from warewheel.configs.schema import Scanner

from .values import ItemState, Read

# Control steps for which the same item must be hit before its label counts as read.
_DWELL = 4
# How far a solid may stick out of its item's box: Bullet's margins, generously [m].
_PLAY = 0.05


class ScannerBody:
    """A fan of rays from the window upwards, one bundle per control step.

    An item is read once it has been the nearest thing above the window for a few steps running;
    what stands between blocks the view. Each item is read at most once.
    """

    def __init__(self, client: int, config: Scanner) -> None:
        self._client = client
        self._labels: dict[int, Read] = {}
        x, y, z = config.position
        rim = [
            (x + config.radius * math.cos(a), y + config.radius * math.sin(a))
            for a in (0.0, math.pi / 2, math.pi, -math.pi / 2)
        ]
        self._starts = [[x, y, z + 0.012], *([rx, ry, z + 0.012] for rx, ry in rim)]
        # Side rays lean inwards and cross above the window.
        self._ends = [[x, y, z + config.range]] * len(self._starts)
        # Where labels are worth looking for: the fan's axis and reach, with some play [m].
        self._axis, self._bottom, self._top = (x, y), z - _PLAY, z + config.range + _PLAY
        self._aside = config.radius + _PLAY
        self._seen: dict[str, int] = {}
        self._reads: tuple[Read, ...] = ()

    @property
    def reads(self) -> tuple[Read, ...]:
        """All labels read so far, in order."""
        return self._reads

    def print(self, body: int, label: Read) -> None:
        """Put a label on a body."""
        self._labels[body] = label

    def know_all(self) -> None:
        """Take every label as read before the episode starts."""
        self._reads = tuple(self._labels.values())

    def look(self, items: Iterable[ItemState]) -> tuple[Read, ...]:
        """Cast the rays; return the labels read for the first time just now.

        Where none of ``items`` can be hit, casting is left out.
        """
        if not any(map(self._near, items)):
            self._seen = {}
            return ()
        hits = p.rayTestBatch(self._starts, self._ends, physicsClientId=self._client)
        above = {self._labels[h[0]].item: self._labels[h[0]] for h in hits if h[0] in self._labels}
        done = {read.item for read in self._reads}
        fresh = []
        seen = {}
        for name in sorted(above):
            seen[name] = self._seen.get(name, 0) + 1
            if seen[name] >= _DWELL and name not in done:
                fresh.append(above[name])
        self._seen = seen
        self._reads += tuple(fresh)
        return tuple(fresh)

    def _near(self, item: ItemState) -> bool:
        """Tell whether a ray may hit the item: the ball around it reaches into the fan."""
        x, y, z = item.pose.position
        reach = math.hypot(*item.size) / 2
        return (
            self._bottom < z + reach
            and z - reach < self._top
            and math.dist((x, y), self._axis) < self._aside + reach
        )

    def memory(self) -> tuple[dict[str, int], tuple[Read, ...]]:
        """Return what the scanner remembers."""
        return dict(self._seen), self._reads

    def recall(self, memory: tuple[dict[str, int], tuple[Read, ...]]) -> None:
        """Take back what `memory` returned."""
        self._seen, self._reads = dict(memory[0]), memory[1]
