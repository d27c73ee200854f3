"""Tasks: what an episode starts from, what it is for, and how it is judged."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from warewheel.configs.schema import Body, Catalogue, Facility
from warewheel.sim.facts import Places, fallen
from warewheel.sim.values import Observation
from warewheel.sim.world import WorldSpec

from .goal import STAGES, Fact, facts, goal
from .rules import Rules
from .scenario import delivery, in_totes, on_table
from .violations import Violation

INSTRUCTIONS = {
    "unpack": "Unpack the delivery onto the table.",
    "classify": "Scan what is on the table and sort it into the totes.",
    "store": "Put away what is in the totes; keep frozen goods cold.",
    "chain": "Unpack the delivery, sort it and put it away; keep frozen goods cold.",
}
TASKS = tuple(INSTRUCTIONS)


def instruction_for(task: str, facility: Facility) -> str:
    """Return the sentence that a robot is told: the facility's own, or the task's."""
    own = {str(name): text for name, text in facility.instructions.items()}
    return own.get(task, INSTRUCTIONS[task])


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an episode stands.

    Attributes:
        success: Every condition of the goal holds.
        progress: Share of the goal's conditions that hold, 0 to 1; it can fall again.
        stages: The same share for each stage that the task has.
        violations: Rules broken so far, whether or not put right.
        standing: Those of them that have not been put right.
        events: What happened in this step: violations, labels read, items fallen.
        facts: All that is true now.
    """

    success: bool
    progress: float
    stages: dict[str, float]
    violations: tuple[str, ...]
    standing: tuple[str, ...]
    events: tuple[str, ...]
    facts: frozenset[Fact]


def scenario(
    task: str, facility: Facility, body: Body, catalogue: Catalogue, seed: int
) -> WorldSpec:
    """Return the world that an episode of ``task`` starts from."""
    sample = {"classify": on_table, "store": in_totes}.get(task, delivery)
    return sample(facility, body, catalogue, seed)


class Judge:
    """Judges an episode from the truth, step by step, apart from any agent."""

    def __init__(self, task: str, spec: WorldSpec) -> None:
        self._facility = spec.facility
        self._places = Places(spec.facility)
        units = {placement.name: placement.unit for placement in spec.placements}
        self._goal = goal(task, spec.facility, self._places, units)
        self._about = {
            name: [
                condition.any_of
                for condition in self._goal
                if any(fact[1] == name for fact in condition.any_of)
            ]
            for name in units
        }
        self._rules = Rules(spec.facility, self._places, units)
        self._fallen: set[str] = set()
        self._read = 0

    @property
    def fallen(self) -> tuple[str, ...]:
        """Items that lie where no body can reach them."""
        return tuple(sorted(self._fallen))

    @property
    def record(self) -> tuple[Violation, ...]:
        """Every violation with the steps at which it began and was put right."""
        return self._rules.record

    def settled(self, item: str, now: frozenset[Fact]) -> bool:
        """Tell whether every condition about ``item`` holds."""
        return not any(wanted.isdisjoint(now) for wanted in self._about[item])

    def copy(self) -> Judge:
        """Return a judge that goes on from here on its own."""
        return copy.deepcopy(self)

    def look(self, observation: Observation) -> Verdict:
        """Judge one observation; call it once for each step."""
        now = facts(observation, self._places)
        events = [f"VIOLATION {text}" for text in self._rules.watch(observation.scene, now)]
        events += [f"READ {read.item} {read.gtin}" for read in observation.reads[self._read :]]
        self._read = len(observation.reads)
        for item in observation.scene.items:
            if item.name not in self._fallen and fallen(self._facility, item):
                self._fallen.add(item.name)
                events.append(f"FALLEN {item.name}")
        held = [not condition.any_of.isdisjoint(now) for condition in self._goal]
        stages = {}
        for stage in STAGES:
            mine = [h for h, c in zip(held, self._goal, strict=True) if c.stage == stage]
            if mine:
                stages[stage] = sum(mine) / len(mine)
        return Verdict(
            success=all(held),
            progress=sum(held) / len(held),
            stages=stages,
            violations=self._rules.violations,
            standing=self._rules.standing,
            events=tuple(events),
            facts=now,
        )
