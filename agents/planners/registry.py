"""Planners by name; others add theirs under the entry-point group ``warewheel.planners``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from warewheel.agents.language.loading import BRAIN, hashed, whereabouts
from warewheel.agents.language.model import LanguageModel
from warewheel.agents.request import Briefing, Planner
from warewheel.configs.choice import unknown

from .scripted import Scripted
from .simple import Keywords, Null, RandomLegal, Replay

if TYPE_CHECKING:
    from warewheel.agents.language.local import LocalModel

GROUP = "warewheel.planners"
_OWN: dict[str, Callable[[Briefing], Planner]] = {
    "null": Null, "random-legal": RandomLegal, "rules": Keywords, "scripted": Scripted,
}  # fmt: skip
# Names that go on after a colon, and what with.
PREFIXES = {
    "hf": "MODEL_OR_PATH", "chat": "MODEL@BASE_URL", "score": "MODEL_OR_PATH[@EPISODES]",
    "replay": "FILE",
}  # fmt: skip


def planner_names() -> tuple[str, ...]:
    """Return the names of all planners that are installed, without those that take a model."""
    return tuple(sorted({BRAIN, *_OWN, *(entry.name for entry in entry_points(group=GROUP))}))


def check_planner(name: str) -> None:
    """Raise ValueError if no planner of that name is installed."""
    prefix, colon, rest = name.partition(":")
    if colon and prefix in PREFIXES:
        if not rest or (prefix == "chat" and "@" not in rest):
            raise ValueError(f"planner '{name}': expected {prefix}:{PREFIXES[prefix]}")
        return
    if name not in planner_names():
        every = (*planner_names(), *(f"{key}:{value}" for key, value in PREFIXES.items()))
        raise ValueError(unknown("planner", name, every))


def make_planner(name: str, briefing: Briefing, track: str = "grammar") -> Planner:
    """Return a new planner.

    Args:
        name: Of one that is installed, or one of ``PREFIXES``, a colon and what with.
        briefing: What it is told before the episode.
        track: What a language model may write: ``free``, ``schema`` or ``grammar``.

    Raises:
        ValueError: No planner of that name is installed, or its model cannot be had.
    """
    check_planner(name)
    prefix, colon, rest = name.partition(":")
    if colon and prefix == "replay":
        return Replay(briefing, rest)
    if name == BRAIN or (colon and prefix in PREFIXES):
        return _speaking(prefix, rest or BRAIN, briefing, track)
    if name in _OWN:
        return _OWN[name](briefing)
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    made: Planner = found[name].load()(briefing)
    return made


def _speaking(kind: str, rest: str, briefing: Briefing, track: str) -> Planner:
    from .speaking import TRACKS, Speaking

    if track not in TRACKS:
        raise ValueError(unknown("track", track, TRACKS))
    if kind == "score":
        from .scoring import Scoring, rates

        path, _, episodes = rest.partition("@")
        return Scoring(briefing, local_model(path), rates(Path(episodes)) if episodes else {})
    model: LanguageModel
    if kind in (BRAIN, "hf"):
        model = local_model(rest)
    else:
        name, _, url = rest.partition("@")
        model = _server(name, url)
    return Speaking(briefing, model, track)


@functools.cache
def fingerprint(name: str) -> str:
    """Return a hash of the files that a planner decides by, if there are any.

    A model behind a server, or on the hub, is known by its name alone.
    """
    files = [file for part in _parts(name) for file in _files(part)]
    return hashed(files) if files else ""


@functools.cache
def identity(name: str) -> str:
    """Return what tells a planner from all others, wherever the files are that it decides by."""
    parts = [hashed(files) if (files := _files(part)) else part for part in _parts(name)]
    return f"{name.partition(':')[0]}:{'@'.join(parts)}" if parts else name


def _parts(name: str) -> list[str]:
    """Return the models and files that a planner's name has in it; they may be elsewhere."""
    prefix, _, rest = name.partition(":")
    return (rest or BRAIN).split("@") if prefix in (BRAIN, "hf", "score", "replay") else []


def _files(part: str) -> list[Path]:
    path = whereabouts(part)
    return sorted(path.iterdir()) if path.is_dir() else [path] if path.exists() else []


def local_model(path: str) -> LocalModel:
    """Return a model on this machine, loaded once, which has read nothing yet.

    What it has kept could change a choice between two that are equally likely, and does change how
    much is left to read: neither may hang on which episode its process was given before.
    """
    model = _loaded(path)
    model.forget()
    return model


@functools.cache
def _loaded(path: str) -> LocalModel:
    from warewheel.agents.language.local import LocalModel

    return LocalModel(path)


@functools.cache
def _server(model: str, url: str) -> LanguageModel:
    from warewheel.agents.language.server import ChatServer

    return ChatServer(model, url)
