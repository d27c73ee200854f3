"""Tasks: what an episode is for, and how it is judged."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

from warewheel.configs import zone_of
from warewheel.configs.schema import Facility, Order
from warewheel.sim.facts import Places, abyss
from warewheel.sim.spec import WorldSpec
from warewheel.sim.values import FINDINGS, Observation, Report, Scene

from .facts import Truths
from .goal import STAGES, Condition, Fact, Goal, Stock, Trace, goal
from .rules import Rules
from .truth import truth
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
        events: What happened in this step: violations, labels read, items fallen, reports.
        facts: All that is true now.
    """

    success: bool
    progress: float
    stages: dict[str, float]
    violations: tuple[str, ...]
    standing: tuple[str, ...]
    events: tuple[str, ...]
    facts: frozenset[Fact]


@dataclass(frozen=True, slots=True)
class _Standing:
    """How the goal stands for as long as the same facts hold.

    Attributes:
        seen: What observations show to be true.
        facts: That, and what was reported.
        held: How many of the goal's conditions hold.
        stages: As in a verdict.
        open: Items about which some condition does not hold.
    """

    seen: frozenset[Fact]
    facts: frozenset[Fact]
    held: int
    stages: dict[str, float]
    open: frozenset[str]


class Judge:
    """Judges an episode from the truth, step by step, apart from any agent.

    Args:
        task: What the episode is for.
        spec: What there is.
        orders: What each instruction means.
        refusal: Why it is to be refused, if it is.
        places: Of the facility, where somebody has them already.
    """

    def __init__(
        self, task: str, spec: WorldSpec, orders: Sequence[Order] = (Order(),), refusal: str = "",
        places: Places | None = None,
    ) -> None:  # fmt: skip
        self._places = places or Places(spec.facility)
        units = {placement.name: placement.unit for placement in spec.placements}
        self._truth = truth(spec)
        zones = _apart(spec, self._truth.findings)
        cartons = {
            place.name: k for k, parcel in enumerate(spec.parcels) for place in parcel.placements
        }
        wanted = goal(task, spec.facility, self._places, Stock(units, zones, cartons), orders)
        self._goal = wanted.conditions
        if task == "chain":
            self._goal = _with_reports(self._goal, self._truth.findings, self._truth.reports)
        if refusal:
            self._goal = (Condition("", frozenset({("refused", refusal)})),)
        self._traces = [] if refusal else [Trace(constraint) for constraint in wanted.constraints]
        self._refused: str = ""
        self._step = -1
        self._about = {
            name: [
                condition
                for condition in self._goal
                if any(fact[1] == name and fact[0] != "reported" for fact in condition.any_of)
            ]
            for name in units
        }
        self._stages = {
            stage: mine
            for stage in STAGES
            if (mine := [k for k, c in enumerate(self._goal) if c.stage == stage])
        }
        self._rules = Rules(spec.facility, self._places, units, zones)
        self._truths = Truths(self._places)
        self._abyss = abyss(spec.facility)
        self._standing: _Standing | None = None
        self._fallen: set[str] = set()
        self._told: dict[Report, bool] = {}
        self._fresh: list[Report] = []
        self._read = 0

    @property
    def goal(self) -> Goal:
        """What is to hold at the end, and along the way."""
        return Goal(self._goal, tuple(trace.constraint for trace in self._traces))

    @property
    def fallen(self) -> tuple[str, ...]:
        """Items that lie where no body can reach them."""
        return tuple(sorted(self._fallen))

    @property
    def record(self) -> tuple[Violation, ...]:
        """Every violation of a storage rule, with the steps at which it began and was put right."""
        return self._rules.record

    def missed(self, now: frozenset[Fact]) -> tuple[Condition, ...]:
        """Return the conditions of the goal that do not hold among the facts ``now``."""
        return tuple(condition for condition in self._goal if not condition.holds(now))

    @property
    def broken(self) -> bool:
        """Whether an order's sequence or time was broken for good."""
        return any(trace.broken for trace in self._traces)

    def settled(self, item: str, now: frozenset[Fact]) -> bool:
        """Tell whether every condition about ``item`` holds."""
        if self._standing is not None and now is self._standing.facts:
            return item not in self._standing.open
        return all(wanted.holds(now) for wanted in self._about.get(item, ()))

    def copy(self) -> Judge:
        """Return a judge that goes on from here on its own."""
        return copy.deepcopy(self)

    def hear(self, report: Report) -> None:
        """Take in what the robot reports; what is not so counts as a violation.

        Raises:
            ValueError: The finding is not one that can be reported.
        """
        if report.finding not in FINDINGS:
            raise ValueError(f"cannot report '{report.finding}'; allowed: {', '.join(FINDINGS)}")
        if report not in self._told:
            self._told[report] = report in self._truth.reports | self._truth.tolerated
            self._fresh.append(report)

    def refuse(self, reason: str) -> None:
        """Take in that the robot refuses the instruction."""
        self._refused = reason
        self._standing = None

    def look(self, observation: Observation) -> Verdict:
        """Judge one observation; call it once for each step."""
        events = [f"READ {read.item} {read.gtin}" for read in observation.reads[self._read :]]
        self._read = len(observation.reads)
        for item in observation.scene.items:
            if item.pose.position[2] < self._abyss and item.name not in self._fallen:
                self._fallen.add(item.name)
                events.append(f"FALLEN {item.name}")
        return self.weigh(self._truths.of(observation), observation.scene, events)

    def weigh(
        self, seen: frozenset[Fact], scene: Scene | None = None, events: Sequence[str] = (),
        steps: int = 1,
    ) -> Verdict:  # fmt: skip
        """Judge the facts of the next moment.

        Args:
            seen: What is seen to be true; what was told is added here.
            scene: Where everything is, or None where nothing can lie on anything.
            events: What happened.
            steps: Control steps since the last moment.
        """
        self._step += steps
        standing = self._standing
        if standing is None or seen is not standing.seen or self._fresh:
            self._standing = standing = self._stand(seen)
        now = standing.facts
        found = [f"VIOLATION {text}" for text in self._rules.watch(scene, now, steps)]
        for report in self._fresh:
            found.append(f"REPORT {report.finding} {report.subject}")
            if not self._told[report]:
                found.append(f"VIOLATION {_false(report)}")
        self._fresh = []
        for trace in self._traces:
            trace.look(self._step, now)
        kept = sum(trace.holds for trace in self._traces)
        wanted = len(self._goal) + len(self._traces)
        lies = [_false(report) for report, true in self._told.items() if not true]
        return Verdict(
            success=standing.held + kept == wanted,
            progress=(standing.held + kept) / wanted,
            stages=standing.stages,
            violations=(*self._rules.violations, *lies),
            standing=(*self._rules.standing, *lies),
            events=(*found, *events),
            facts=now,
        )

    def _stand(self, seen: frozenset[Fact]) -> _Standing:
        """Return how the goal stands on what is seen and what has been told."""
        now = seen | {("reported", r.finding, r.subject) for r in self._told}
        if self._refused:
            now |= {("refused", self._refused)}
        held = [condition.holds(now) for condition in self._goal]
        return _Standing(
            seen, now, held=sum(held),
            stages={
                stage: sum(held[k] for k in mine) / len(mine)
                for stage, mine in self._stages.items()
            },
            open=frozenset(
                name
                for name, wants in self._about.items()
                if not all(wanted.holds(now) for wanted in wants)
            ),
        )  # fmt: skip


def _false(report: Report) -> str:
    return f"FALSE_REPORT:{report.finding}:{report.subject}"


def _apart(spec: WorldSpec, findings: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Return the zone of each item that something is wrong with."""
    units = {placement.name: placement.unit for placement in spec.placements}
    storage = spec.facility.storage
    return {name: zone_of(units[name], storage, found) for name, found in findings.items()}


def _with_reports(
    conditions: tuple[Condition, ...], findings: dict[str, tuple[str, ...]],
    reports: frozenset[Report],
) -> tuple[Condition, ...]:  # fmt: skip
    """Add what is to be reported; a label that nobody can read need not be known."""
    blotted = {name for name, found in findings.items() if "unreadable" in found}
    kept = tuple(
        c for c in conditions if not any(f[0] == "known" and f[1] in blotted for f in c.any_of)
    )
    told = sorted(reports, key=lambda r: (r.finding, r.subject))
    return kept + tuple(
        Condition("classify", frozenset({("reported", r.finding, r.subject)})) for r in told
    )
