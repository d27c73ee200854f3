"""Models of a run: what there is, how two compare, and who goes on where a person decides."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warewheel.configs.choice import unknown

from .gate import Outcome
from .ledger import Ledger
from .wheel import BY_HAND, LEDGER, OUTCOMES, model_of


@dataclass(frozen=True, slots=True)
class Model:
    """A model of a run.

    Attributes:
        name: Such as ``brain-2``.
        turn: That made it.
        parent: The model that it was trained on; empty for the first.
        decision: What became of it: ``begin``, ``promoted`` or ``kept``, which is its parent.
        reason: For that.
        data: Hash of what it learnt from.
        weights: Hash of what it is.
        champion: It is the one to go on with.
    """

    name: str
    turn: int
    parent: str
    decision: str
    reason: str
    data: str
    weights: str
    champion: bool


def models(run: Path) -> list[Model]:
    """Return the models of a run, the oldest first.

    Raises:
        ValueError: There is no run in that folder, or its ledger was changed.
    """
    entries = _entries(run)
    found: list[Model] = []
    last = {entry["learner"]: entry["champion"] for entry in entries}
    for entry in entries:
        begins = entry["decision"] == "begin"
        if begins or "challenger_weights" in entry:
            name = entry["champion" if begins else "challenger"]
            found.append(
                Model(
                    name, entry["turn"], entry.get("base", ""), entry["decision"],
                    entry.get("reason", ""),
                    entry.get("data", ""), entry["weights" if begins else "challenger_weights"],
                    name == last[entry["learner"]],
                )
            )  # fmt: skip
    return found


def outcomes(run: Path, name: str) -> list[Outcome]:
    """Return how a model did on the scenarios by which champions are chosen.

    Raises:
        ValueError: There is no such model, or it was never judged.
    """
    _model(run, name)
    path = run / "judged" / name / OUTCOMES
    if not path.is_file():
        raise ValueError(f"'{name}' was never judged: the run has not come so far")
    return [Outcome(**row) for row in json.loads(path.read_text(encoding="utf-8"))]


def promote(run: Path, name: str, reason: str = "") -> dict[str, Any]:
    """Make a model the champion; the ledger keeps that a person did so. Return its entry.

    Raises:
        ValueError: There is no such model, it was changed, or it is the champion already.
    """
    chosen = _model(run, name)
    if chosen.champion:
        raise ValueError(f"'{name}' is the champion already")
    model_of(run, name, chosen.weights)
    learner = name.rpartition("-")[0]
    last = [entry for entry in _entries(run) if entry["learner"] == learner][-1]
    return Ledger(run / LEDGER).append(
        {
            "turn": last["turn"], "learner": learner, "decision": BY_HAND,
            "champion": name, "weights": chosen.weights, "failures": {}, "reason": reason,
        }
    )  # fmt: skip


def roll_back(run: Path, learner: str = "brain", reason: str = "") -> dict[str, Any]:
    """Make a learner's champion before this one the champion again; return its ledger's entry.

    Raises:
        ValueError: There was none before, or nobody of that name learns in this run.
    """
    entries = _entries(run)
    known = list(dict.fromkeys(entry["learner"] for entry in entries))
    if learner not in known:
        raise ValueError(unknown("learner", learner, known))
    champions: list[str] = []
    for entry in entries:
        if entry["learner"] != learner:
            continue
        if not champions or champions[-1] != entry["champion"]:
            champions.append(entry["champion"])
    if len(champions) < 2:
        raise ValueError(f"'{champions[0]}' is the only champion that there was")
    return promote(run, champions[-2], reason)


def _model(run: Path, name: str) -> Model:
    known = {one.name: one for one in models(run)}
    if name not in known:
        raise ValueError(unknown("model", name, known))
    return known[name]


def _entries(run: Path) -> list[dict[str, Any]]:
    entries = list(Ledger(run / LEDGER).entries())
    if not entries:
        raise ValueError(f"'{run}' holds no run of the flywheel that has begun")
    return entries
