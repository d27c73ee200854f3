"""A tour: a run of the flywheel from its first turn to its report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from warewheel.agents.language.extra import need_brain
from warewheel.configs import names
from warewheel.configs.choice import chosen, unknown
from warewheel.configs.schema import Case

from . import chain
from .brains import BrainLearner
from .chain import Crew
from .controls import CONTROLS, Control
from .films import scene
from .gate import Outcome
from .hands import HandLearner
from .learner import MODEL, Learner
from .presets import Preset, preset
from .results import REPORT, RESULTS, Compared, Story, gather, page
from .stream import MOST
from .wheel import Turn, Wheel

LEARNERS = ("brain", "hand")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a run.

    Attributes:
        out: Its folder.
        preset: Name of how much is done.
        turns: None for the preset's.
        learn: Who learns, of `LEARNERS`.
        site: The only facility that the brain works at, or None for all.
        episodes: The brain's of a turn; None for the preset's.
        teacher: Who puts the brain's slips right: ``scripted`` or ``none``.
        controls: Run again with one thing otherwise, to compare with.
        films: Film the first and the last champions.
        seed: Of the run.
        workers: Processes; they make no difference to results.
        resume: Go on with what is in the folder.
    """

    out: Path
    preset: str = "quick"
    turns: int | None = None
    learn: Sequence[str] = LEARNERS
    site: str | None = None
    episodes: int | None = None
    teacher: str = "scripted"
    controls: bool = False
    films: bool = True
    seed: int = 0
    workers: int = 1
    resume: bool = False


class Audience(Protocol):
    """Who is told how a run stands."""

    def phase(self, what: str, share: float) -> None:
        """Hear what is being done, and the share of it that is done, 0 to 1."""

    def say(self, line: str) -> None:
        """Hear what came of something."""

    def turn(self, turn: Turn) -> None:
        """Hear what came of a learner's turn."""

    def chain(self, turn: int, crew: Crew, done: Sequence[Outcome]) -> None:
        """Hear what champions did together in physics."""


def tour(wish: Wish, audience: Audience) -> Path:
    """Turn, compare, film and report; return the report's path.

    Raises:
        ValueError: Something that is asked for cannot be, or something in the folder was changed.
        Stopped: The user pressed Ctrl-C while something was trained.
    """
    budget = preset(wish.preset)
    if wish.episodes:
        budget = replace(
            budget, brain=replace(budget.brain, episodes=wish.episodes, alone=wish.episodes)
        )
    turns = wish.turns or budget.turns
    if turns > MOST:
        raise ValueError(f"{turns} turns: at most {MOST}; what comes next is held out")
    if wish.site is not None and wish.site not in names("facility"):
        raise ValueError(unknown("facility", wish.site, names("facility")))
    settings = {
        "preset": wish.preset, "learn": sorted(set(wish.learn)), "teacher": wish.teacher,
        "seed": wish.seed, "facility": wish.site, "brain": asdict(budget.brain),
        "hand": asdict(budget.hand),
    }  # fmt: skip
    learners = _learners(wish, budget)
    # Not after minutes of work.
    need_brain("torch", "safetensors")
    done = _turned(Wheel(learners, wish.out, settings, wish.resume), turns, audience)
    cases = chain.deliveries(budget.chain, wish.site)
    crews, together = _together(wish, done, (0, turns), cases, audience)
    compared = _compared(wish, budget, settings, turns, audience) if wish.controls else {}
    headlines = {one.name: one.headline for one in learners}
    data = gather(Story(done, settings, headlines, together, compared))
    (wish.out / RESULTS).write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    shown = None
    if wish.films:
        tell = partial(_film, audience)
        shown = scene(crews, list(together.values()), cases, wish.out, tell)
    report = wish.out / REPORT
    report.write_text(page(data, shown), encoding="utf-8")
    return report


def _learners(
    wish: Wish, budget: Preset, control: Control = "", first: Path | None = None
) -> list[Learner]:
    """Return who learns, in the order of `LEARNERS`.

    Raises:
        ValueError: Somebody who is to learn is unknown.
    """
    made: dict[str, Learner] = {
        "brain": BrainLearner(
            budget.brain, wish.teacher, wish.workers, wish.seed, control, first, wish.site
        ),
        "hand": HandLearner(budget.hand, wish.workers, wish.seed, control),
    }
    who = {chosen("learner", one, made) for one in wish.learn}
    return [one for one in made.values() if one in who]


def _turned(wheel: Wheel, turns: int, audience: Audience) -> list[Turn]:
    done = []
    for turn in wheel.run(turns, lambda k, what, share: audience.phase(f"turn {k}: {what}", share)):
        done.append(turn)
        audience.turn(turn)
    return done


def _together(
    wish: Wish, turns: Sequence[Turn], ends: tuple[int, int], cases: Sequence[Case],
    audience: Audience,
) -> tuple[list[Crew], dict[int, list[Outcome]]]:  # fmt: skip
    """Let the champions of the first turn and of the last one work together."""
    crews, found = [], {}
    for end in ends:
        who = chain.crew([turn for turn in turns if turn.entry["turn"] <= end], wish.out)
        folder = wish.out / chain.FOLDER / f"turn-{end}"
        tell = partial(audience.phase, f"turn {end}: chain")
        found[end] = chain.perform(who, cases, folder, wish.workers, tell)
        crews.append(who)
        audience.chain(end, who, found[end])
    return crews, found


def _compared(
    wish: Wish, budget: Preset, settings: dict[str, Any], turns: int, audience: Audience
) -> dict[str, Compared]:
    """Run again with one thing otherwise, from the same first models."""
    found: dict[str, Compared] = {}
    brain = wish.out / "models" / "brain-0" / MODEL
    for name, differs in CONTROLS.items():
        audience.say(f"control {name}: {differs}")
        learners = _learners(wish, budget, name, brain if brain.exists() else None)
        folder = wish.out / "controls" / name
        # A control that has not begun yet begins, whether the run goes on or not.
        wheel = Wheel(learners, folder, {**settings, "control": name}, folder.exists())
        found[name] = Compared(differs, _turned(wheel, turns, audience))
    return found


def _film(audience: Audience, name: str) -> None:
    audience.say(f"filming {name}")
