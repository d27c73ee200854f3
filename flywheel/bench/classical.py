"""The classical planner: a case as a planning problem, solved by Fast Downward.

It knows everything: what each item is and what the goal asks. What it proves is that a case can be
solved, and how; it needs the ``classical`` extra (unified-planning with Fast Downward).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from warewheel.agents.plan import Subgoal
from warewheel.agents.request import Briefing, Request
from warewheel.envs.goal import Before, Condition, Fact, Within
from warewheel.sim.facts import TABLE, Places
from warewheel.sim.spec import Placement

from .play import Stage

# Longest search [s].
_SECONDS = 60.0


class Unsolved(Exception):
    """No plan was found, and why."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Where each item is to end, what is to be told, and what comes first.

    Attributes:
        ends: Places for each item.
        reports: Findings to tell, as facts.
        before: Items that are to be stored before others.
    """

    ends: Mapping[str, frozenset[str]]
    reports: tuple[Fact, ...] = ()
    before: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()


class Classical:
    """A planner that follows a plan of Fast Downward's, and tries again what fails.

    Raises:
        ValueError: The ``classical`` extra is not installed, or the episode is no case of a suite.
    """

    name = "classical"
    privileged = True

    def __init__(self, briefing: Briefing) -> None:
        if briefing.case is None:
            raise ValueError("the classical planner is for cases of suites: see warewheel bench")
        _shortcuts()
        self._stage = Stage(briefing.case, briefing.body.name)

    @cached_property
    def plan(self) -> list[Subgoal]:
        """The plan; empty if there is none."""
        if self._stage.case.refuse:
            return [Subgoal("refuse", reason=self._stage.case.refuse)]
        try:
            return solve(self._stage)
        except Unsolved:
            return []

    def next(self, request: Request) -> Subgoal | None:
        """Return the first step of the plan that has not succeeded yet, or None after the last."""
        done = sum(step.outcome.success for step in request.history)
        return self.plan[done] if done < len(self.plan) else None


def solve(stage: Stage) -> list[Subgoal]:
    """Return a plan for a case.

    Raises:
        Unsolved: There is none, or none was found in time.
        ValueError: The ``classical`` extra is not installed.
    """
    if stage.case.refuse:
        raise Unsolved("it is to be refused")
    up = _shortcuts()
    up.get_environment().credits_stream = None
    problem = _Problem(stage, wish(stage), up)
    with up.OneshotPlanner(name="fast-downward") as planner:
        found = planner.solve(problem.made, timeout=_SECONDS, output_stream=io.StringIO())
    if found.plan is None:
        raise Unsolved(f"{found.status.name.lower().replace('_', ' ')}")
    return [problem.steps[action.action.name] for action in found.plan.actions]


def _shortcuts() -> Any:
    try:
        import unified_planning.shortcuts
    except ImportError:
        raise ValueError(
            "the classical planner needs: pip install 'warewheel[classical]'"
        ) from None
    return unified_planning.shortcuts


def wish(stage: Stage) -> Wish:
    """Return what a case asks for, with one choice made where the goal leaves it open.

    Of goods that are to be counted, the first so many go where they are counted, and the others do
    not; whoever fulfils that fulfils the goal.
    """
    ends: dict[str, frozenset[str]] = {}
    reports = []
    goal = stage.judge().goal
    for condition in goal.conditions:
        if condition.stage == "store" and condition.most is None:
            (item,) = {fact[1] for fact in condition.any_of}
            ends[item] = frozenset(fact[2] for fact in condition.any_of)
        reports += [fact for fact in condition.any_of if fact[0] == "reported"]
    for condition in goal.conditions:
        if condition.most is not None:
            _count_off(condition, ends)
    before = []
    for constraint in goal.constraints:
        if isinstance(constraint, Before):
            first = frozenset(f[1] for c in constraint.first for f in c.any_of)
            before.append((first, frozenset(fact[1] for fact in constraint.then)))
        elif isinstance(constraint, Within):
            # What has a deadline goes first.
            first = frozenset(f[1] for c in constraint.conditions for f in c.any_of)
            before.append((first, frozenset(ends) - first))
    return Wish(ends, tuple(reports), tuple(before))


def _count_off(condition: Condition, ends: dict[str, frozenset[str]]) -> None:
    for number, item in enumerate(sorted({fact[1] for fact in condition.any_of})):
        there = frozenset(f[2] for f in condition.any_of if f[1] == item)
        counted = number < condition.least
        ends[item] = ends[item] & there if counted else ends[item] - there


@dataclass
class _Problem:
    """The problem, and the subgoal that each of its actions stands for."""

    stage: Stage
    wish: Wish
    up: Any
    steps: dict[str, Subgoal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        up, spec = self.up, self.stage.spec
        self._fluents: dict[Fact, Any] = {}
        self.made = up.Problem("case")
        self._units = {place.name: place.unit for place in spec.placements}
        self._places = Places(spec.facility)
        self._storage = spec.facility.storage
        self._cartons = {
            place.name: parcel.name for parcel in spec.parcels for place in parcel.placements
        }
        self._arrive()
        for place in spec.placements:
            self._handle(place)
        for fact in self.wish.reports:
            self._act(f"report-{fact[1]}-{fact[2]}", Subgoal("report", fact[2], finding=fact[1]),
                      [], [fact], [])  # fmt: skip
        self.made.set_initial_value(self._is("hand", "empty"), True)
        for item in self.wish.ends:
            self.made.add_goal(self._is("stored", item))
            if self._readable(item):
                self.made.add_goal(self._is("known", item))
        for fact in self.wish.reports:
            self.made.add_goal(self._is(*fact))

    def _readable(self, item: str) -> bool:
        return next(p for p in self.stage.spec.placements if p.name == item).label is not None

    def _arrive(self) -> None:
        """Cartons dock one after another, each once the one before is empty."""
        gone: list[Fact] = []
        for parcel in self.stage.spec.parcels:
            name = parcel.name
            self._act(f"wait-{name}", Subgoal("wait"), gone, [("docked", name)], [])
            self._act(f"open-{name}", Subgoal("open"), [("docked", name), ("hand", "empty")],
                      [("open", name)], [])  # fmt: skip
            gone = [("out", place.name) for place in parcel.placements]

    def _handle(self, place: Placement) -> None:
        """Let an item be picked, scanned, and placed where it may end or on the table."""
        item = place.name
        carton = self._cartons.get(item)
        empty, held = ("hand", "empty"), ("held", item)
        if carton is not None:
            self.made.set_initial_value(self._is("in", item), True)
            self._act(f"unpack-{item}", Subgoal("pick", item),
                      [empty, ("in", item), ("open", carton)], [held, ("out", item)],
                      [empty, ("in", item)])  # fmt: skip
        self._act(f"scan-{item}", Subgoal("scan", item), [held], [("known", item)], [])
        for end in sorted({*self.wish.ends.get(item, ()), TABLE}):
            if not self._allowed(item, end):
                continue
            at, taken = ("at", item, end), ("taken", end)
            stored = end in self.wish.ends.get(item, ())
            gains = [at, empty, *([("stored", item)] if stored else [])]
            needs = [held, *self._firsts(item, end)]
            slot = end != TABLE
            self._act(f"place-{item}-{end}", Subgoal("place", item, end), needs,
                      gains + [taken] * slot, [held],
                      [*([taken] if slot else []), *self._rivals(item, end)])  # fmt: skip
            self._act(f"pick-{item}-{end}", Subgoal("pick", item), [at, empty], [held],
                      [at, empty, *([taken] if slot else []), ("stored", item)])  # fmt: skip

    def _allowed(self, item: str, end: str) -> bool:
        heavy = self._units[item].sku.mass > self._storage.heavy_above
        slot = end in self._places.slots
        return not (slot and heavy and self._places.level(end) > self._storage.heavy_max_level)

    def _firsts(self, item: str, end: str) -> Iterator[Fact]:
        """Yield what must be stored before an item is stored in a slot."""
        if end == TABLE:
            return
        for first, then in self.wish.before:
            if item in then and item not in first:
                yield from (("stored", other) for other in sorted(first))

    def _rivals(self, item: str, end: str) -> Iterator[Fact]:
        """Yield where others of the same SKU must not stand: what expires first stands lower."""
        mine = self._units[item]
        if end == TABLE or mine.expiry is None or not self._storage.first_expired_first_out:
            return
        for other, unit in self._units.items():
            if other == item or unit.sku.sku != mine.sku.sku or unit.expiry is None:
                continue
            for slot in sorted(self.wish.ends.get(other, ())):
                if slot == TABLE or self._places.zones[slot] != self._places.zones[end]:
                    continue
                rise = self._places.level(slot) - self._places.level(end)
                if (unit.expiry - mine.expiry) * rise < 0:
                    yield ("at", other, slot)

    def _is(self, *fact: str) -> Any:
        if fact not in self._fluents:
            name = "_".join(fact).replace("-", "_")
            fluent = self.up.Fluent(name)
            self.made.add_fluent(fluent, default_initial_value=False)
            self._fluents[fact] = fluent
        return self._fluents[fact]()

    def _act(
        self, name: str, step: Subgoal, needs: Iterable[Fact], gains: Iterable[Fact],
        loses: Iterable[Fact], unless: Iterable[Fact] = (),
    ) -> None:  # fmt: skip
        action = self.up.InstantaneousAction(f"do_{name}".replace("-", "_"))
        for fact in needs:
            action.add_precondition(self._is(*fact))
        for fact in unless:
            action.add_precondition(self.up.Not(self._is(*fact)))
        for fact in gains:
            action.add_effect(self._is(*fact), True)
        for fact in loses:
            if fact not in gains:
                action.add_effect(self._is(*fact), False)
        self.made.add_action(action)
        self.steps[action.name] = step
