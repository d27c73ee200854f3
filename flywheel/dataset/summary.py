"""What is in a dataset, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .files.episodes import Row
from .schema import Fact
from .store import Dataset

# Most frequent values told of a fact that is a text.
_MOST = 5


def summarise(folder: Path) -> dict[str, Any]:
    """Return counts, lengths, sizes on disk [MB], and how often each fact holds.

    Raises:
        ValueError: If there is no dataset, or it cannot be read.
    """
    dataset = Dataset.open(folder)
    rows, schema = dataset.episodes(), dataset.schema
    lengths = [row["length"] for row in rows] or [0]
    frames = sum(row["length"] for row in rows)
    return {
        "folder": str(folder), "robot_type": schema.robot_type, "fps": schema.fps,
        "episodes": len(rows), "frames": frames, "minutes": round(frames / schema.fps / 60, 2),
        "length": {"min": min(lengths), "median": float(np.median(lengths)), "max": max(lengths)},
        "tasks": dict(Counter(row["tasks"][0] for row in rows).most_common(_MOST)),
        "megabytes": {name: _size(folder / name) for name in ("data", "videos", "meta")},
        "features": {name: f"{dtype}[{width}]" for name, dtype, width in schema.columns()},
        "cameras": {name: list(size) for name, size in schema.cameras.items()},
        "facts": {fact.name: _fact(fact, rows) for fact in schema.facts},
    }  # fmt: skip


def _size(folder: Path) -> float:
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return round(total / 1e6, 3)


def _fact(fact: Fact, rows: Sequence[Row]) -> dict[str, Any]:
    known = [row[fact.name] for row in rows if row[fact.name] is not None]
    made: dict[str, Any] = {"known": len(known)}
    if not known:
        return made
    if fact.dtype == "bool":
        return made | {"true": sum(known)}
    if fact.dtype in ("int", "float"):
        mean = float(np.mean(known))
        return made | {"min": min(known), "mean": round(mean, 6), "max": max(known)}
    texts = known if fact.dtype == "str" else [text for one in known for text in one]
    counts = Counter(texts)
    return made | {"different": len(counts), "most": dict(counts.most_common(_MOST))}
