"""``warewheel flywheel``: turns in which what the robot did makes it better."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .errors import Choice, user_errors

if TYPE_CHECKING:
    from warewheel.flywheel.turns.controls import Control as Which
    from warewheel.flywheel.turns.gate import Outcome
    from warewheel.flywheel.turns.learner import Learner
    from warewheel.flywheel.turns.wheel import Turn, Wheel

_LEARNERS = ("brain", "hand")
# Kinds of scenarios that are told one by one.
_FEW = 3


@click.command()
@click.option("--turns", type=click.IntRange(min=1), help="How many (the preset's, if absent).")
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
@click.option("--workers", default=os.cpu_count() or 1, show_default=True,
              type=click.IntRange(min=1), help="Processes; the results are the same.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on with what is in --out.")
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
    from warewheel.configs import names
    from warewheel.configs.choice import chosen, unknown
    from warewheel.flywheel.training.loop import Stopped
    from warewheel.flywheel.turns import chain
    from warewheel.flywheel.turns.brains import BrainLearner
    from warewheel.flywheel.turns.controls import CONTROLS
    from warewheel.flywheel.turns.films import scene
    from warewheel.flywheel.turns.hands import HandLearner
    from warewheel.flywheel.turns.learner import MODEL
    from warewheel.flywheel.turns.presets import preset
    from warewheel.flywheel.turns.results import REPORT, RESULTS, Control, Story, gather, page
    from warewheel.flywheel.turns.wheel import Wheel

    try:
        with user_errors():
            asked = preset(named)
            known = {one: one for one in _LEARNERS}
            who = {chosen("learner", one, known) for one in learn.split(",")}
            if facility is not None and facility not in names("facility"):
                raise ValueError(unknown("facility", facility, names("facility")))
            brain = replace(asked.brain, episodes=budget) if budget else asked.brain
            settings = {
                "preset": named, "learn": sorted(who), "teacher": teacher, "seed": seed,
                "facility": facility, "brain": asdict(brain), "hand": asdict(asked.hand),
            }  # fmt: skip
            turns = turns or asked.turns

            def learners(control: Which = "", first: Path | None = None) -> list[Learner]:
                made: dict[str, Learner] = {
                    "brain": BrainLearner(brain, teacher, workers, seed, control, first, facility),
                    "hand": HandLearner(asked.hand, workers, seed, control),
                }
                return [made[one] for one in _LEARNERS if one in who]

            mine = learners()
            done = _spin(Wheel(mine, out, settings, resume), turns)
            ends = [[t for t in done if t.entry["turn"] <= k] for k in (0, turns)]
            crews = [chain.crew(some, out) for some in ends]
            together = {}
            some = chain.deliveries(asked.chain, facility)
            for k, one in zip((0, turns), crews, strict=True):
                folder = out / chain.FOLDER / f"turn-{k}"
                with _bar() as show:
                    tell = partial(show, f"turn {k}: chain")
                    together[k] = chain.perform(one, some, folder, workers, tell)
                click.echo(f"turn {k}, together in physics")
                _tell(one.name, together[k])
            others: dict[str, Control] = {}
            for name, differs in CONTROLS.items() if controls else ():
                click.echo(f"control {name}: {differs}")
                first = out / "models" / "brain-0" / MODEL if "brain" in who else None
                folder = out / "controls" / name
                # A control that has not begun yet begins, whether the run goes on or not.
                wheel = Wheel(
                    learners(name, first), folder, {**settings, "control": name}, folder.exists()
                )
                others[name] = Control(differs, _spin(wheel, turns))
            headlines = {one.name: one.headline for one in mine}
            data = gather(Story(done, settings, headlines, together, others))
            (out / RESULTS).write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
            before_and_after = list(together.values())
            shown = scene(crews, before_and_after, some, out, _say) if films else None
            (out / REPORT).write_text(page(data, shown), encoding="utf-8")
        click.echo(out / REPORT)
    except (KeyboardInterrupt, Stopped):
        click.echo("stopped; --resume goes on", err=True)
        raise SystemExit(130) from None


def _spin(wheel: Wheel, turns: int) -> list[Turn]:
    """Run a wheel, with a bar for each phase and some lines for each turn."""
    seen = []
    with _bar() as show:
        for turn in wheel.run(turns, lambda k, phase, share: show(f"turn {k}: {phase}", share)):
            seen.append(turn)
            entry = turn.entry
            why = f" ({entry['reason']})" if "reason" in entry else ""
            click.echo(f"turn {entry['turn']}, {entry['learner']}: {entry['decision']}{why}")
            _tell(entry["champion"], turn.examined)
    return seen


def _say(name: str) -> None:
    click.echo(f"filming {name}")


def _tell(name: str, examined: Sequence[Outcome]) -> None:
    """Tell how many scenarios a champion brings to their end, by kind if there are but a few."""
    kinds = list(dict.fromkeys(one.kind for one in examined))
    parts = []
    for kind in kinds if len(kinds) <= _FEW else [None]:
        some = [one.success for one in examined if kind in (None, one.kind)]
        parts.append(f"{sum(some)} of {len(some)} {kind or 'tasks'}")
    click.echo(f"  {name}: {', '.join(parts)}")


@contextmanager
def _bar() -> Iterator[Callable[[str, float], None]]:
    """Show a bar on a terminal; give what moves and names it."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda what, share: bar.update(task, description=what, completed=share)
