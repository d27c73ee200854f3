"""Drills: one item, on the table or in an open carton, to be gripped at once and carried."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from warewheel.agents.hand import scorer_of
from warewheel.agents.perceive import Belief, TruePoses
from warewheel.agents.plan import Outcome
from warewheel.agents.skills.crops import Features, Portrait, packed
from warewheel.agents.skills.grasp import Grasp
from warewheel.agents.skills.hands import Hand, JawHand
from warewheel.agents.skills.moves import Mover, Skill
from warewheel.agents.skills.picking import pick
from warewheel.agents.skills.placing import place
from warewheel.agents.skills.proposals import proposals
from warewheel.agents.skills.scanning import scan
from warewheel.agents.skills.spots import spots
from warewheel.configs import load_body, load_catalogue, load_facility
from warewheel.configs.schema import Jaws, Sku, Unit
from warewheel.envs.draw import manifest, pack
from warewheel.sim.facts import Places
from warewheel.sim.motion import Motion
from warewheel.sim.spec import Parcel, Placement, WorldSpec
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
# Of the grips that chance picks, so many are tried until one can be reached.
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Drill:
    """An item to be gripped.

    Attributes:
        catalogue: Name of the item's.
        sku: What it is.
        seed: Of where it stands, how it is turned, and of what chance picks.
        hand: Folder of the hand's model.
        choice: Whose grip is tried.
        beside: What else is in the carton with it, by SKU; None if it is alone on the table.
        rough: It is carried at full speed, whatever the grip, and on to the rack: a grip that
            holds by a hair is found out.
    """

    catalogue: str
    sku: str
    seed: int
    hand: str
    choice: Choice = "best"
    beside: tuple[str, ...] | None = None
    rough: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a drill.

    Attributes:
        success: The item was lifted, and was not lost on the way.
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
    known = {one.sku: one for one in load_catalogue(job.catalogue).items}
    rng = np.random.default_rng([job.seed, 8])
    if job.beside is None:
        seen = bench.on_table(known[job.sku], rng)
    else:
        seen = bench.in_carton([known[name] for name in (job.sku, *job.beside)], rng)
    hand = JawHand(bench.jaws, scorer_of(job.hand) if job.choice == "best" else None)
    if job.choice == "random":
        some = proposals(seen.view.scene.item(_ITEM), bench.jaws)
        hand = _Given(bench.jaws, [some[int(k)] for k in rng.permutation(len(some))[:_TRIES]])
    return bench.attempt(hand, seen, job.seed, job.rough)


def logged(job: Drill) -> dict[str, Any]:
    """Return what came of a drill as a row, with what it was about."""
    return {"sku": job.sku, "seed": job.seed, **drill(job).json()}


@functools.cache
def _bench() -> _Bench:
    return _Bench()


class _Given(JawHand):
    """A hand that knows some grips."""

    def __init__(self, jaws: Jaws, some: list[Grasp]) -> None:
        super().__init__(jaws)
        self._some = some

    def grasps(
        self, item: ItemState, attempt: int, picture: Portrait | None,
        failed: Sequence[Features] = (),
    ) -> list[Grasp]:  # fmt: skip
        """Return those grips."""
        return self._some


class _Bench:
    """A cell with one item on its table."""

    def __init__(self) -> None:
        self.facility, self.body = load_facility(_SITE), load_body(BODY)
        assert isinstance(self.body.effector, Jaws)
        self.jaws = self.body.effector
        self._world, self._places = World(), Places(self.facility)

    def on_table(self, sku: Sku, rng: np.random.Generator) -> Observation:
        """Stand an item on the table and let it come to rest."""
        unit = Unit(sku=sku)
        x, y = (m + rng.uniform(-a, a) for m, a in zip(_MIDDLE, _AROUND, strict=True))
        z = self.facility.table.centre[2] + sku.size[2] / 2 + _DROP
        half = rng.uniform(-math.pi, math.pi) / 2
        pose = Pose((x, y, z), (0.0, 0.0, math.sin(half), math.cos(half)))
        return self._built(loose=(Placement(_ITEM, unit, pose, unit),))

    def in_carton(self, skus: Sequence[Sku], rng: np.random.Generator) -> Observation:
        """Put items into an open carton at the dock, as deliveries are packed."""
        layout = self.facility.cartons[int(rng.integers(len(self.facility.cartons)))]
        dock = self.facility.conveyor.dock
        columns, rows = layout.cells
        units = [Unit(sku=sku) for sku in skus[: columns * rows]]
        placements = pack(rng, layout, dock, units, 0)
        promised = manifest("carton-0", units, 0)
        return self._built(
            parcels=(Parcel("carton-0", layout, Pose(dock), placements, promised, opened=True),)
        )

    def _built(self, **content: Any) -> Observation:
        """Build a cell with this content and let it come to rest."""
        seen = self._world.build(WorldSpec(self.facility, self.body, **content))
        still = Action(np.array(self.body.home), (0.0,))
        for _ in range(_SETTLE):
            seen = self._world.step(still)
        return seen

    def attempt(self, hand: Hand, seen: Observation, seed: int, rough: bool = False) -> Trial:
        """Let a hand pick the item up, in one attempt, and carry it to the scanner, or farther."""
        mover, perceiver = self.mover(hand, seed), TruePoses()
        try:
            belief = perceiver.perceive(seen)
            outcome, belief = self._run(pick(mover, belief, _ITEM, attempts=1), perceiver, belief)
            held = mover.held is not None
            if held:
                mover.gently &= not rough
                outcome, belief = self._run(scan(mover, belief), perceiver, belief)
                held = mover.held is not None
            if held and rough:
                slot = self._places.slots[seed % len(self._places.slots)]
                goal = spots(self._places, belief, _ITEM, slot)
                outcome, _ = self._run(place(mover, belief, goal), perceiver, belief)
                held = outcome.success or mover.held is not None
        finally:
            mover.motion.twin.close()
        row = mover.tried[0].row if mover.tried else None
        return Trial(held, "" if held else outcome.cause, row)

    def mover(self, hand: Hand, seed: int) -> Mover:
        """Return who moves a hand here; its twin is the caller's to close."""
        twin, home = Twin(self.facility, self.body), np.array(self.body.home)
        motion = Motion(twin, self.body.base, home, np.random.default_rng([seed, 1]))
        return Mover(self.facility, self.body, motion, PERIOD, hand)

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
