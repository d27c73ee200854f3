"""``warewheel flywheel``: turns in which what the robot did makes it better."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import long_work
from .errors import Choice, user_errors

if TYPE_CHECKING:
    from warewheel.flywheel.turns.chain import Crew
    from warewheel.flywheel.turns.gate import Outcome
    from warewheel.flywheel.turns.wheel import Turn

# Kinds of scenarios that are told one by one.
_FEW = 3


@click.command()
@click.option("--turns", type=click.IntRange(1, 19), help="How many (the preset's, if absent).")
@click.option("--preset", "named", type=Choice(["quick", "full"]), default="quick",
              show_default=True, help="How much is done in each.")  # fmt: skip
@click.option("--learn", default="brain,hand", show_default=True,
              help="Who learns. Without a brain the scripted expert directs; without a hand the "
                   "heuristic grips.")  # fmt: skip
@click.option("--facility", help="The only site that the brain works at; all of them if absent.")
@click.option("--budget", type=click.IntRange(min=1),
              help="The brain's episodes of a turn (the preset's, if absent).")  # fmt: skip
@click.option("--teacher", type=Choice(["none", "scripted"]), default="scripted",
              show_default=True,
              help="Who puts the brain's slips right; with none, it learns from successes "
                   "alone.")  # fmt: skip
@click.option("--controls", is_flag=True,
              help="Run again with training off, with shuffled answers, and with plain data of the "
                   "expert, to compare with.")  # fmt: skip
@click.option("--films/--no-films", default=True, show_default=True,
              help="Film the first and the last champions in physics, for the report.")  # fmt: skip
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 49))
@long_work.workers
@long_work.resume
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder of the run.")  # fmt: skip
def flywheel(
    turns: int | None, named: str, learn: str, facility: str | None, budget: int | None,
    teacher: str, controls: bool, films: bool, seed: int, workers: int, resume: bool, out: Path,
) -> None:  # fmt: skip
    """Let brain and hand act, learn from what they did, and keep what is better, turn after turn.

    The first brain knows plain instructions at one site; the first hand is a heuristic. Ctrl-C
    keeps what is done; --resume goes on, and ends with the same ledger as a run that nothing
    disturbed.

    \b
    Examples:
      warewheel flywheel --out out/wheel
      warewheel flywheel --learn hand --out out/hand
      warewheel flywheel --preset full --controls --out out/wheel
      warewheel flywheel --preset full --teacher none --learn brain --out out/alone
    """  # noqa: D301  click reads the control character
    from warewheel.flywheel.training.loop import Stopped
    from warewheel.flywheel.turns.tour import Wish, tour

    wish = Wish(
        out, named, turns, learn.split(","), facility, budget, teacher, controls, films, seed,
        workers, resume,
    )  # fmt: skip
    terminal = _Terminal()
    try:
        with user_errors(), terminal.bar:
            report = tour(wish, terminal)
        click.echo(report)
    except (KeyboardInterrupt, Stopped):
        click.echo("stopped; --resume goes on", err=True)
        raise SystemExit(130) from None


class _Terminal:
    """Tells of a run: a bar for each phase, and some lines for each turn."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import Progress

        shown = sys.stderr.isatty()
        self.bar = Progress(console=Console(stderr=True), disable=not shown, transient=True)
        self._task = self.bar.add_task("", total=1.0)

    def phase(self, what: str, share: float) -> None:
        self.bar.update(self._task, description=what, completed=share)

    def say(self, line: str) -> None:
        click.echo(line)

    def turn(self, turn: Turn) -> None:
        entry = turn.entry
        why = f" ({entry['reason']})" if "reason" in entry else ""
        click.echo(f"turn {entry['turn']}, {entry['learner']}: {entry['decision']}{why}")
        click.echo(f"  {entry['champion']}: {_solved(turn.examined)}")

    def chain(self, turn: int, crew: Crew, done: Sequence[Outcome]) -> None:
        click.echo(f"turn {turn}, together in physics")
        click.echo(f"  {crew.name}: {_solved(done)}")


def _solved(examined: Sequence[Outcome]) -> str:
    """Say how many scenarios were brought to their end, by kind if there are but a few."""
    kinds = list(dict.fromkeys(one.kind for one in examined))
    parts = []
    for kind in kinds if len(kinds) <= _FEW else [None]:
        some = [one.success for one in examined if kind in (None, one.kind)]
        parts.append(f"{sum(some)} of {len(some)} {kind or 'tasks'}")
    return ", ".join(parts)
