"""Collision-aware motions: goals for the tool become joint trajectories."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .trajectory import trajectory
from .twin import TOUCH, Twin
from .values import Array, Pose, Quat

# Distance that a free motion keeps from everything [m], the joint step between two checks while a
# way is looked for [rad], and the distance that it must turn out to keep everywhere [m]; the widest
# tried first. At full reach 0.06 rad move the tool by 5 cm: between two such checks a corner can
# be cut.
_MARGINS = ((0.015, 0.06, 0.008), (0.015, 0.02, 0.008), (0.005, 0.02, 0.001), (TOUCH, 0.02, TOUCH))
# How far around is seen at the last look along a way, and its shortest step [m].
_SIGHT, _STRIDE = 0.12, 0.004
# How far links, hand and goods reach from the line that joins the arm's joints and its tool [m].
_GIRTH = 0.1
_TURN_STEP = 0.06
_LINE_STEP = 0.01
# How far before a corner its bend may begin, halved so many times where that would touch [rad].
_BEND, _HALVINGS = 0.5, 5
_TREE_STEP = 0.35
# What is added to shoulder and elbow at home to start the search for a posture: near, low, far.
_SEEDS = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.1), (-0.3, -0.25), (0.7, 1.4))
_TREE_NODES = 1500

# Nodes and the index of each one's parent; -1 for the root.
Tree = tuple[list[Array], list[int]]


def down(yaw: float) -> Quat:
    """Return the orientation of a tool that points straight down.

    ``yaw`` is the angle of the jaws' opening axis about W's z, from W's x axis [rad]; the jaws
    being alike, yaw and yaw + pi grip the same way.
    """
    half = (yaw - math.pi / 2) / 2
    return (math.cos(half), math.sin(half), 0.0, 0.0)


class Motion:
    """Plans motions of one arm in the believed cell.

    Args:
        twin: The believed cell.
        base: Position of the arm's base in W [m].
        home: A posture to start searches from [rad].
        rng: Source of the random trees.
    """

    def __init__(
        self, twin: Twin, base: Sequence[float], home: Array, rng: np.random.Generator
    ) -> None:
        self.twin = twin
        self._base = base
        self.home = np.array(home, dtype=float)
        # Angle of the opening axis, less what the first and the last joint add to it.
        x, y, _, _ = twin.pose(self.home).orientation
        self._rest = 2 * math.atan2(y, x) + math.pi / 2 - self.home[0] + self.home[-1]
        self._rng = rng
        self._ignore: frozenset[str] = frozenset()
        self._margin, self._step, self._keep = _MARGINS[0]

    def postures(self, position: Sequence[float], yaw: float, near: Array) -> list[Array]:
        """Return postures that point the tool down at ``position``, nearest to ``near`` first."""
        azimuth = math.atan2(position[1] - self._base[1], position[0] - self._base[0])
        found = []
        for turn in (yaw, yaw + math.pi):
            target = Pose(tuple(position), down(turn))  # type: ignore[arg-type]
            for shoulder, elbow in _SEEDS:
                seed = self.home.copy()
                seed[0] = azimuth
                seed[1] += shoulder
                seed[3] += elbow
                # With the tool down, its opening axis turns with q1 - q7.
                last = azimuth - turn + self._rest
                seed[-1] = math.atan2(math.sin(last), math.cos(last))
                joints = self.twin.solve(target, seed)
                if joints is not None:
                    found.append(joints)
                    break
        return sorted(found, key=lambda q: float(np.abs(q - near).max()))

    def line(
        self, start: Array, goal: Pose, ignore: frozenset[str] = frozenset(), check: bool = True
    ) -> Array | None:
        """Return waypoints that move the tool in a straight line to ``goal``, or None."""
        at = self.twin.pose(start)
        a, b = np.array(at.position), np.array(goal.position)
        q0, q1 = np.array(at.orientation), np.array(goal.orientation)
        if q0 @ q1 < 0:
            q1 = -q1
        turn = 2 * math.acos(min(1.0, float(q0 @ q1)))
        count = math.ceil(max(2.0, float(np.linalg.norm(b - a)) / _LINE_STEP, turn / _TURN_STEP))
        points = [np.array(start, dtype=float)]
        for k in range(1, count + 1):
            mix = (1 - k / count) * q0 + (k / count) * q1
            mix /= np.linalg.norm(mix)
            where = a + (b - a) * (k / count)
            step = self.twin.solve(Pose(tuple(where), tuple(mix)), points[-1])
            if step is None or np.abs(step - points[-1]).max() > 0.5:
                return None
            if check and self.twin.touches(step, ignore):
                return None
            points.append(step)
        return np.array(points)

    def path(self, start: Array, goal: Array, ignore: frozenset[str] = frozenset()) -> Array | None:
        """Return waypoints of a path from ``start`` to ``goal`` that keeps clear, or None.

        It is made of straight lines of the joints, and of bends where these would meet in corners.
        """
        self._ignore = ignore
        for self._margin, self._step, self._keep in _MARGINS:
            if self._free(start, goal):
                points = np.array([start, goal])
            elif (corners := self._grow(start, goal)) is not None:
                points = self._bend(corners)
            else:
                continue
            if self._keeps_clear(points):
                return points
        return None

    def _keeps_clear(self, points: Array) -> bool:
        """Tell whether a way keeps its distance between the points that were looked at, too.

        From each look to the next nothing moves farther than it was from what it could run into.
        """
        if self._keep <= TOUCH:
            return True
        way = [points[0]]
        for point in points[1:]:
            way += self._straight(way[-1], point)
        sweeps, knots, at = self._sweeps(way), np.arange(len(way)), 0.0
        while True:
            k = min(int(at), len(way) - 2)
            joints = way[k] + (way[k + 1] - way[k]) * (at - k)
            room = [_SIGHT] * len(sweeps)
            for n, gap in self.twin.gaps(joints, self._ignore, _SIGHT):
                room[n] = min(room[n], gap)
            if min(room) < self._keep:
                return False
            if at >= knots[-1]:
                return True
            ahead = []
            for gap, swept in zip(room, sweeps, strict=True):
                reached = np.interp(at, knots, swept) + max(gap - self._keep, _STRIDE)
                ahead.append(float(np.interp(reached, swept, knots)))
            at = min(ahead)

    def _sweeps(self, way: list[Array]) -> Array:
        """Return how far what n joints move (row) can have got at each point of a way [m]."""
        spines = np.array([self.twin.spine(joints) for joints in way])
        shifts = np.linalg.norm(np.diff(spines, axis=0), axis=2)
        # A link moves no more than the farther of its ends, and what is around it by its turn.
        moved = np.maximum(shifts, np.roll(shifts, 1, axis=1))
        moved[:, 0] = 0.0
        moved[:, 1:] += _GIRTH * np.cumsum(np.abs(np.diff(way, axis=0)), axis=1)
        # Every entry grows, so that it can be looked up.
        start = np.zeros((1, moved.shape[1]))
        return np.vstack([start, np.cumsum(moved + 1e-9, axis=0)]).T

    def _bend(self, corners: list[Array]) -> Array:
        """Round the corners off as far as that keeps clear; the arm need not stop for a bend."""
        points = [corners[0]]
        for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
            legs = [before - corner, after - corner]
            lengths = [float(np.linalg.norm(leg)) for leg in legs]
            reach = min(_BEND, *(length / 2 for length in lengths))
            for _ in range(_HALVINGS):
                a, b = (corner + leg * (reach / n) for leg, n in zip(legs, lengths, strict=True))
                t = np.linspace(0.0, 1.0, 2 + math.ceil(2 * reach / self._step))[:, None]
                bend = (1 - t) ** 2 * a + 2 * t * (1 - t) * corner + t**2 * b
                if not any(self._touches(joints) for joints in bend):
                    break
                reach /= 2
            points += self._straight(points[-1], bend[0]) + list(bend[1:])
        points += self._straight(points[-1], corners[-1])
        return np.array(points)

    def _straight(self, a: Array, b: Array) -> list[Array]:
        """Return points on the way from ``a`` to ``b``, so many that it stays straight."""
        count = max(1, math.ceil(float(np.linalg.norm(b - a)) / _TURN_STEP))
        return [a + (b - a) * (k / count) for k in range(1, count + 1)]

    def timed(
        self, waypoints: Array, slow: float, period: float, smooth: float | None = None
    ) -> Array:
        """Return joint targets per control period.

        Args:
            waypoints: Of the joints [rad], shape (n, dof).
            slow: Share of full speed.
            period: Control period [s].
            smooth: Share of full acceleration; ``slow`` if absent.
        """
        acceleration = self.twin.acceleration * (slow if smooth is None else smooth)
        return trajectory(waypoints, self.twin.speed * slow, acceleration, period)

    def _touches(self, joints: Array) -> bool:
        return self.twin.touches(joints, self._ignore, self._margin)

    def _free(self, a: Array, b: Array) -> bool:
        count = max(1, math.ceil(float(np.abs(b - a).max()) / self._step))
        # Far ends first: a blocked goal shows at once.
        return not any(self._touches(a + (b - a) * (k / count)) for k in range(count, 0, -1))

    def _grow(self, start: Array, goal: Array) -> list[Array] | None:
        """Search with two random trees (RRT-Connect: Kuffner and LaValle, ICRA 2000)."""
        if self._touches(goal) or self._touches(start):
            return None
        trees: list[Tree] = [([np.array(start)], [-1]), ([np.array(goal)], [-1])]
        for round_ in range(_TREE_NODES):
            near, far = trees[round_ % 2], trees[1 - round_ % 2]
            sample = self._rng.uniform(self.twin.lower, self.twin.upper)
            # Wide swings of the elbow are never needed; stay near both ends.
            sample = 0.5 * sample + 0.5 * (start + goal) / 2
            new = self._extend(near, sample)
            if new is None:
                continue
            while (step := self._extend(far, new)) is not None:
                if np.abs(step - new).max() < 1e-9:
                    return self._shorten(self._join(trees))
        return None

    def _extend(self, tree: Tree, target: Array) -> Array | None:
        nodes, parents = tree
        k = int(np.argmin(np.linalg.norm(np.array(nodes) - target, axis=1)))
        gap = target - nodes[k]
        reach = float(np.abs(gap).max())
        if reach < 1e-9:
            return None
        new = target if reach <= _TREE_STEP else nodes[k] + gap * (_TREE_STEP / reach)
        if not self._free(nodes[k], new):
            return None
        nodes.append(new)
        parents.append(k)
        return new

    @staticmethod
    def _join(trees: list[Tree]) -> list[Array]:
        def trunk(tree: Tree) -> list[Array]:
            nodes, parents = tree
            k, branch = len(nodes) - 1, []
            while k >= 0:
                branch.append(nodes[k])
                k = parents[k]
            return branch

        # Both trees end at the meeting point.
        return trunk(trees[0])[::-1] + trunk(trees[1])[1:]

    def _shorten(self, points: list[Array]) -> list[Array]:
        k = 0
        while k < len(points) - 2:
            for far in range(len(points) - 1, k + 1, -1):
                if self._free(points[k], points[far]):
                    points[k + 1 : far] = []
                    break
            k += 1
        return points
