"""A selection: for each episode of a dataset, how much it counts, and why not fully."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warewheel.configs.choice import unknown
from warewheel.flywheel.dataset.store import Dataset

from .rules import RULES, traits

REVISION = 1


@dataclass(frozen=True, slots=True)
class Selection:
    """Which episodes to learn from.

    Attributes:
        dataset: Hash of the trajectories of the episodes that it is about.
        limits: The rules that were applied, each with its limit.
        weights: Of each episode; 0 leaves it out.
        reasons: By number of the episode, and by rule.
    """

    dataset: str
    limits: Mapping[str, float]
    weights: tuple[float, ...]
    reasons: Mapping[int, Mapping[str, str]]

    @property
    def kept(self) -> list[int]:
        """Numbers of the episodes to learn from."""
        return [k for k, weight in enumerate(self.weights) if weight > 0]

    def counts(self) -> dict[str, int]:
        """Return how many episodes each rule leaves out."""
        return {rule: sum(rule in found for found in self.reasons.values()) for rule in self.limits}

    def data(self) -> dict[str, Any]:
        """Return it as plain data, for JSON."""
        return {
            "revision": REVISION, "dataset": self.dataset, "limits": dict(self.limits),
            "counts": self.counts(), "kept": len(self.kept), "episodes": len(self.weights),
            "weights": list(self.weights),
            "reasons": {str(k): dict(found) for k, found in sorted(self.reasons.items())},
        }  # fmt: skip


def select(dataset: Dataset, limits: Mapping[str, float] | None = None) -> Selection:
    """Apply rules to a dataset.

    Args:
        dataset: It stays as it is.
        limits: Rules to apply, each with its limit; by default all, with their usual ones.

    Raises:
        ValueError: There is no such rule.
    """
    wanted = dict(limits) if limits is not None else {name: RULES[name][1] for name in RULES}
    for name in wanted:
        if name not in RULES:
            raise ValueError(unknown("rule", name, RULES))
    rows = dataset.episodes()
    fps = dataset.schema.fps
    known = [traits(row, columns, fps) for row, columns in zip(rows, dataset.scan(), strict=True)]
    reasons: dict[int, dict[str, str]] = {}
    for name, limit in wanted.items():
        for k, why in RULES[name][0](known, limit).items():
            reasons.setdefault(k, {})[name] = why
    weights = tuple(0.0 if k in reasons else 1.0 for k in range(len(rows)))
    return Selection(identity(rows), wanted, weights, reasons)


def identity(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return a hash of which episodes a dataset has, in which order."""
    return hashlib.sha256("".join(row["hash"] for row in rows).encode()).hexdigest()


def read(path: Path, dataset: Dataset) -> Selection:
    """Return a selection that was written to a file.

    Raises:
        ValueError: It is none, or of another dataset.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["revision"] != REVISION:
            raise ValueError(f"{path}: revision {data['revision']}; known is {REVISION}")
        found = Selection(
            data["dataset"], data["limits"], tuple(map(float, data["weights"])),
            {int(k): reasons for k, reasons in data["reasons"].items()},
        )  # fmt: skip
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot read '{path}': {error}") from error
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: no selection of warewheel clean") from error
    if found.dataset != identity(dataset.episodes()):
        raise ValueError(f"{path}: a selection of another dataset than {dataset.folder}")
    return found
