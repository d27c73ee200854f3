"""Options that say which episodes a command is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

_OPTIONS = (
    click.option("--task", help="chain (the default), unpack, classify or store."),
    click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0),
                 help="First seed, or first number in the split; the next count up."),
    click.option("--facility", default="all", show_default=True,
                 help="Name or YAML file; all takes the shipped ones in turn."),
    click.option("--body", default="panda", show_default=True, help="Name or YAML file."),
    click.option("--planner", default="scripted", show_default=True, help="Who chooses subgoals."),
    click.option("--perceiver", default="true-poses", show_default=True,
                 help="What it sees through: true-poses (privileged)."),
    click.option("--hand", default="heuristic", show_default=True,
                 help="Who judges grips: heuristic, or the folder of a hand's model."),
    click.option("--split", help="Episodes of a split (see configs/splits), such as test-long."),
    click.option("--faults", help="What goes wrong: none, rare, often, single, or a YAML file."),
    click.option("--level",
                 help="How strongly layouts and surroundings vary: none, mild, strong."),
)  # fmt: skip


def which_episodes(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command; `flywheel.cases.asked` makes cases of them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
