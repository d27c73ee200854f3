"""Skills as options: the executor that carries them out comes from an entry point.

Environments know nothing of agents; whoever brings skills registers an executor under the entry
point group ``warewheel.executors``.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol

from warewheel.configs.choice import unknown
from warewheel.configs.schema import Body, Facility
from warewheel.sim.values import Action, Observation

GROUP = "warewheel.executors"
SKILLS = ("wait", "open", "pick", "scan", "place", "report")


@dataclass(frozen=True, slots=True)
class Option:
    """A grounded skill, as an executor is told it; ``item`` may be a manifest's line."""

    skill: str
    item: str = ""
    place: str = ""
    finding: str = ""

    def __str__(self) -> str:
        words = (self.item, self.place, self.finding)
        return f"{self.skill}({', '.join(word for word in words if word)})"


class Executor(Protocol):
    """Carries out options, one action per control step."""

    def start(self, subgoal: Any) -> None:
        """Begin an option."""
        ...

    def act(self, observation: Observation) -> Any:
        """Return an `Action`, or, when the option ends, a value with ``success`` and ``cause``."""
        ...

    def close(self) -> None:
        """Let go of what is held."""
        ...


def executors() -> dict[str, EntryPoint]:
    """Return what is installed, by name."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def executor(name: str, facility: Facility, body: Body, seed: int) -> Executor:
    """Return a new executor of the one registered as ``name``.

    Raises:
        ValueError: No executor of that name is installed.
    """
    found = executors()
    if name not in found:
        raise ValueError(unknown("executor", name, found))
    made: Executor = found[name].load()(facility, body, seed)
    return made


def is_action(step: object) -> bool:
    """Tell whether an executor's answer is an action rather than an outcome."""
    return isinstance(step, Action)
