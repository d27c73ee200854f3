"""Rows for language models: conversations to imitate, and pairs of a better and a worse step."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

Row = dict[str, Any]


def imitate(rows: Sequence[Row], weights: Sequence[float]) -> Iterator[Row]:
    """Yield the conversation of each episode that counts, as rows of supervised fine-tuning.

    ``messages`` hold what the planner was told of site, manifests and news, and its subgoals.
    """
    for row, weight in zip(rows, weights, strict=True):
        messages = json.loads(row["chat"])
        if weight > 0 and any(message["role"] == "assistant" for message in messages):
            yield {"messages": messages, "episode": row["episode_index"], "weight": weight}


def prefer(rows: Sequence[Row], weights: Sequence[float]) -> Iterator[Row]:
    """Yield pairs of steps: of episodes that began alike, one that succeeded and one that failed.

    Where two of the same configuration, seed and instruction part, ``prompt`` is what both were
    told until then, ``chosen`` what the good one said next, and ``rejected`` what the other said.
    """
    alike: dict[tuple[Any, ...], list[tuple[Row, float]]] = defaultdict(list)
    for row, weight in zip(rows, weights, strict=True):
        alike[row["config_hash"], row["seed"], row["instruction"]].append((row, weight))
    for members in alike.values():
        good = [row for row, weight in members if row["success"] and weight > 0]
        bad = [row for row, _ in members if not row["success"]]
        for better in good:
            for worse in bad:
                pair = _parting(json.loads(better["chat"]), json.loads(worse["chat"]))
                if pair is not None:
                    yield {
                        **pair, "better": better["episode_index"], "worse": worse["episode_index"]
                    }  # fmt: skip


def _parting(better: Sequence[Row], worse: Sequence[Row]) -> Row | None:
    """Return where two conversations part, if it is at a step."""
    for k, (one, other) in enumerate(zip(better, worse, strict=False)):
        if one != other:
            if one["role"] == other["role"] == "assistant":
                return {"prompt": list(better[:k]), "chosen": [one], "rejected": [other]}
            return None
    return None
