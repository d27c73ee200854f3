"""``warewheel flywheel``: turns in which what the robot did makes it better."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .errors import Choice, user_errors

if TYPE_CHECKING:
    from warewheel.flywheel.turns.wheel import Turn, Wheel


@click.command()
@click.option("--turns", type=click.IntRange(min=1), help="How many (the preset's, if absent).")
@click.option("--preset", "named", type=Choice(["quick", "full"]), default="quick",
              show_default=True, help="How much is done in each.")  # fmt: skip
@click.option("--budget", type=click.IntRange(min=1),
              help="Episodes of a turn (the preset's, if absent).")  # fmt: skip
@click.option("--teacher", type=Choice(["none", "scripted"]), default="scripted",
              show_default=True,
              help="Who puts slips right; with none, only what succeeded is learnt.")  # fmt: skip
@click.option("--controls", is_flag=True,
              help="Run again with training off, with shuffled answers, and with plain data of the "
                   "expert, to compare with.")  # fmt: skip
@click.option("--films/--no-films", default=True, show_default=True,
              help="Film the first and the last champion in physics, for the report.")  # fmt: skip
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0, 49))
@click.option("--workers", default=os.cpu_count() or 1, show_default=True,
              type=click.IntRange(min=1), help="Processes; the results are the same.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on with what is in --out.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder of the run.")  # fmt: skip
def flywheel(
    turns: int | None, named: str, budget: int | None, teacher: str, controls: bool,
    films: bool, seed: int, workers: int, resume: bool, out: Path,
) -> None:  # fmt: skip
    """Let the brain act, learn from what it did, and keep what is better, turn after turn.

    The first brain knows plain instructions at one site. Ctrl-C keeps what is done; --resume goes
    on, and ends with the same ledger as a run that nothing disturbed.

    \b
    Examples:
      warewheel flywheel --out out/wheel
      warewheel flywheel --preset full --controls --out out/wheel
      warewheel flywheel --preset full --teacher none --out out/alone
    """  # noqa: D301  click reads the control character
    from warewheel.flywheel.training.loop import Stopped
    from warewheel.flywheel.turns.brains import CONTROLS, BrainLearner
    from warewheel.flywheel.turns.films import scene
    from warewheel.flywheel.turns.learner import MODEL
    from warewheel.flywheel.turns.presets import preset
    from warewheel.flywheel.turns.results import REPORT, RESULTS, gather, page
    from warewheel.flywheel.turns.wheel import Wheel

    asked = preset(named)
    brain = replace(asked.brain, episodes=budget) if budget else asked.brain
    settings = {"teacher": teacher, "seed": seed, "brain": asdict(brain)}
    turns = turns or asked.turns
    try:
        with user_errors():
            learner = BrainLearner(brain, teacher, workers, seed)
            mine = _spin(Wheel(learner, out, settings, resume), turns)
            others: dict[str, tuple[str, list[Turn]]] = {}
            for name, differs in CONTROLS.items() if controls else ():
                click.echo(f"control {name}: {differs}")
                first = out / "models" / mine[0].entry["champion"] / MODEL
                control = BrainLearner(brain, teacher, workers, seed, name, first)
                folder = out / "controls" / name
                # A control that has not begun yet begins, whether the run goes on or not.
                wheel = Wheel(control, folder, {**settings, "control": name}, folder.exists())
                others[name] = differs, _spin(wheel, turns)
            data = gather(mine, settings, others)
            (out / RESULTS).write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
            shown = scene(mine, out, lambda name: click.echo(f"filming {name}")) if films else None
            (out / REPORT).write_text(page(data, shown), encoding="utf-8")
        click.echo(out / REPORT)
    except (KeyboardInterrupt, Stopped):
        click.echo("stopped; --resume goes on", err=True)
        raise SystemExit(130) from None


def _spin(wheel: Wheel, turns: int) -> list[Turn]:
    """Run a wheel, with a bar for each phase and a line or two for each turn."""
    from rich.console import Console
    from rich.progress import Progress

    seen = []
    shown = sys.stderr.isatty()
    with Progress(console=Console(stderr=True), disable=not shown, transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def show(turn: int, phase: str, share: float) -> None:
            bar.update(task, description=f"turn {turn}: {phase}", completed=share)

        for turn in wheel.run(turns, show):
            seen.append(turn)
            entry, n = turn.entry, len(turn.examined)
            done = sum(one.success for one in turn.examined)
            why = f" ({entry['reason']})" if "reason" in entry else ""
            click.echo(f"turn {entry['turn']}: {entry['decision']}{why}")
            click.echo(f"  {entry['champion']} solves {done} of {n}")
    return seen
