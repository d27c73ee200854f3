"""Planners by name; others add theirs under the entry-point group ``warewheel.planners``."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

from warewheel.agents.request import Briefing, Planner
from warewheel.configs.choice import unknown

from .scripted import Scripted

GROUP = "warewheel.planners"
_OWN: dict[str, Callable[[Briefing], Planner]] = {"scripted": Scripted}


def planner_names() -> tuple[str, ...]:
    """Return the names of all planners that are installed."""
    return tuple(sorted({*_OWN, *(entry.name for entry in entry_points(group=GROUP))}))


def check_planner(name: str) -> None:
    """Raise ValueError if no planner of that name is installed."""
    if name not in planner_names():
        raise ValueError(unknown("planner", name, planner_names()))


def make_planner(name: str, briefing: Briefing) -> Planner:
    """Return a new planner.

    Raises:
        ValueError: No planner of that name is installed.
    """
    check_planner(name)
    if name in _OWN:
        return _OWN[name](briefing)
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    made: Planner = found[name].load()(briefing)
    return made
