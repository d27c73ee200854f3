"""Drills: one item alone on the table, to be gripped at the first attempt and carried."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from warewheel.agents.hand import scorer_of
from warewheel.agents.perceive import Belief, TruePoses
from warewheel.agents.plan import Outcome
from warewheel.agents.skills.crops import Features, Portrait, packed
from warewheel.agents.skills.grasp import Grasp
from warewheel.agents.skills.hands import JawHand
from warewheel.agents.skills.moves import Mover, Skill
from warewheel.agents.skills.picking import pick
from warewheel.agents.skills.proposals import proposals
from warewheel.agents.skills.scanning import scan
from warewheel.configs import load_body, load_catalogue, load_facility
from warewheel.configs.schema import Jaws, Sku, Unit
from warewheel.sim.motion import Motion
from warewheel.sim.spec import Placement, WorldSpec
from warewheel.sim.twin import Twin
from warewheel.sim.values import Action, ItemState, Observation, Pose
from warewheel.sim.world import PERIOD, World

# Whose grip is tried: the one that the hand likes best or the heuristic does, or one that chance
# picks.
Choice = Literal["best", "heuristic", "random"]
BODY = "panda"
_SITE, _ITEM = "parcel_hub", "item-0"
# Where on the table an item may stand [m]: the middle, and how far from it along x and y.
_MIDDLE, _AROUND = (0.35, -0.45), (0.08, 0.06)
# How high over the table it is let go [m], and for how long it comes to rest [control steps].
_DROP, _SETTLE = 0.002, 40


@dataclass(frozen=True, slots=True)
class Drill:
    """An item to be gripped.

    Attributes:
        catalogue: Name of the item's.
        sku: What it is.
        seed: Of where it stands, how it is turned, and of what chance picks.
        hand: Folder of the hand's model.
        choice: Whose grip is tried.
    """

    catalogue: str
    sku: str
    seed: int
    hand: str
    choice: Choice = "best"


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a drill.

    Attributes:
        success: The item was lifted, and was not lost on the way to the scanner.
        cause: Of failure.
        row: Features of the grip; None if no grip could be reached.
    """

    success: bool
    cause: str
    row: Features | None = field(default=None, compare=False)

    def json(self) -> dict[str, Any]:
        """Return it as plain data, the row in half precision."""
        row = "" if self.row is None else packed(self.row)
        return {"success": self.success, "cause": self.cause, "row": row}


def drill(job: Drill) -> Trial:
    """Let the hand grip the item, once, and carry it."""
    bench = _bench()
    sku = next(one for one in load_catalogue(job.catalogue).items if one.sku == job.sku)
    rng = np.random.default_rng([job.seed, 8])
    seen = bench.stand(sku, rng)
    hand = JawHand(bench.jaws, scorer_of(job.hand) if job.choice == "best" else None)
    if job.choice == "random":
        some = proposals(seen.view.scene.item(_ITEM), bench.jaws)
        hand = _Fixed(bench.jaws, some[int(rng.integers(len(some)))])
    return bench.attempt(hand, seen, job.seed)


def logged(job: Drill) -> dict[str, Any]:
    """Return what came of a drill as a row, with what it was about."""
    return {"sku": job.sku, "seed": job.seed, **drill(job).json()}


@functools.cache
def _bench() -> _Bench:
    return _Bench()


class _Fixed(JawHand):
    """A hand that knows one grip."""

    def __init__(self, jaws: Jaws, grasp: Grasp) -> None:
        super().__init__(jaws)
        self._grasp = grasp

    def grasps(self, item: ItemState, attempt: int, picture: Portrait | None) -> list[Grasp]:
        """Return that grip."""
        return [self._grasp]


class _Bench:
    """A cell with one item on its table."""

    def __init__(self) -> None:
        self.facility, self.body = load_facility(_SITE), load_body(BODY)
        assert isinstance(self.body.effector, Jaws)
        self.jaws = self.body.effector
        self._world = World()

    def stand(self, sku: Sku, rng: np.random.Generator) -> Observation:
        """Stand an item on the table and let it come to rest."""
        unit = Unit(sku=sku)
        x, y = (m + rng.uniform(-a, a) for m, a in zip(_MIDDLE, _AROUND, strict=True))
        z = self.facility.table.centre[2] + sku.size[2] / 2 + _DROP
        half = rng.uniform(-math.pi, math.pi) / 2
        pose = Pose((x, y, z), (0.0, 0.0, math.sin(half), math.cos(half)))
        seen = self._world.build(
            WorldSpec(self.facility, self.body, (Placement(_ITEM, unit, pose, unit),))
        )
        still = Action(np.array(self.body.home), (0.0,))
        for _ in range(_SETTLE):
            seen = self._world.step(still)
        return seen

    def attempt(self, hand: JawHand, seen: Observation, seed: int) -> Trial:
        """Let a hand pick the item up, in one attempt, and carry it to the scanner."""
        twin, perceiver = Twin(self.facility, self.body), TruePoses()
        motion = Motion(
            twin, self.body.base, np.array(self.body.home), np.random.default_rng([seed, 1])
        )
        mover = Mover(self.facility, self.body, motion, PERIOD, hand)
        try:
            belief = perceiver.perceive(seen)
            outcome, belief = self._run(pick(mover, belief, _ITEM, attempts=1), perceiver, belief)
            if mover.held is not None:
                outcome, _ = self._run(scan(mover, belief), perceiver, belief)
        finally:
            twin.close()
        held = mover.held is not None
        row = mover.tried[0].row if mover.tried else None
        return Trial(held, "" if held else outcome.cause, row)

    def _run(self, skill: Skill, perceiver: TruePoses, belief: Belief) -> tuple[Outcome, Belief]:
        """Run a skill to its end; return how it ended, and what was believed last."""
        try:
            action = next(skill)
            while True:
                belief = perceiver.perceive(self._world.step(action))
                action = skill.send(belief)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome, belief
