"""A dataset's card, and its schema in Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from .derive import Totals
from .schema import INDICES, Feature, Schema

# A card without this line was written by somebody, and is left alone.
_MARK = "<!-- Written by warewheel; without this line it is never overwritten. -->"


@dataclass(frozen=True, slots=True)
class About:
    """What a dataset is, for its card.

    Attributes:
        title: Its name.
        text: What it holds and how it was made, in Markdown.
        license: As the Hugging Face Hub names it.
        details: Further lines, such as the command, versions and hashes.
    """

    title: str = "A warewheel dataset"
    text: str = ""
    license: str = "apache-2.0"
    details: Mapping[str, str] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """Return it as plain data, for JSON."""
        return {"title": self.title, "text": self.text, "license": self.license,
                "details": dict(self.details)}  # fmt: skip


def card(schema: Schema, about: About, totals: Totals) -> str:
    """Return README.md."""
    seconds = totals.frames / schema.fps
    counts = [
        f"- {totals.episodes} episodes, {totals.frames} frames, {len(totals.tasks)} tasks, "
        f"{seconds / 60:.1f} minutes at {schema.fps} frames/s",
        *(f"- {name}: {count} of {totals.episodes} episodes"
          for name, count in totals.true.items()),
        f"- robot: {schema.robot_type or 'not said'}",
        f"- format: LeRobotDataset v3.0; video {_CODECS[schema.codec]}",
    ]  # fmt: skip
    details = [f"- {name}: {value}" for name, value in about.details.items()]
    front = [
        "---", f"license: {about.license}", "task_categories:", "- robotics", "tags:", "- LeRobot",
        "- robotics", "- warewheel", "configs:", "- config_name: default",
        "  data_files: data/*/*.parquet", "---",
    ]  # fmt: skip
    parts = [
        "\n".join([*front, _MARK]), f"# {about.title}", about.text, "\n".join(counts),
        "\n".join(details), markdown(schema, "##"),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def ours(text: str) -> bool:
    """Return whether a card may be overwritten."""
    return _MARK in text


def markdown(schema: Schema, level: str = "#") -> str:
    """Return the schema as Markdown: unit, frame, order and range of each field.

    Args:
        schema: What to describe.
        level: How its headings begin.
    """
    lines = [f"{level} Features", "", "| feature | type | order | unit | frame | range | what |",
             "| --- | --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for one in schema.features:
        lines.append(
            f"| `{one.name}` | {_kind(one)} | {_order(one.names) or '-'} | {one.unit or '-'} "
            f"| {one.frame or '-'} | {_range(one)} | {one.about or '-'} |"
        )
    for name, (height, width) in schema.cameras.items():
        lines.append(
            f"| `{name}` | video | height {height}, width {width}, RGB | - | - | 0 .. 255 "
            f"| {_CODECS[schema.codec]} |"
        )
    for name, dtype in schema.indices.items():
        unit = "s" if name == "timestamp" else "-"
        about = _INDICES.get(name, "-")
        lines.append(f"| `{name}` | {dtype} | - | {unit} | - | from 0 | {about} |")
    if schema.facts:
        lines += ["", f"{level} Facts of an episode (`meta/episodes`)", "",
                  "| fact | type | what |", "| --- | --- | --- |"]  # fmt: skip
        lines += [f"| `{one.name}` | {one.dtype} | {one.about or '-'} |" for one in schema.facts]
    return "\n".join(lines)


_NUMBER = re.compile(r"_\d+$")
_CODECS = {
    "lossless": "H.264 in RGB, bit for bit what was seen",
    "preview": "H.264 yuv420p, lossy",
}
_INDICES = dict(
    zip(
        [*INDICES, "subtask_index"],
        ["frame_index / fps", "number of the frame in its episode", "number of the episode",
         "number of the frame in the dataset", "row of meta/tasks.parquet",
         "row of meta/subtasks.parquet"],
        strict=True,
    )
)  # fmt: skip


def _kind(one: Feature) -> str:
    return one.dtype if one.shape == (1,) else f"{one.dtype}[{one.shape[0]}]"


def _order(names: Sequence[str]) -> str:
    """Say names in their order; of those that differ by a number alone, the first and the last."""
    parts: dict[str, list[str]] = {}
    for name in names:
        head, _, part = name.partition(".")
        parts.setdefault(head, []).append(part)
    said: list[str] = []
    alike = groupby(parts, key=lambda head: (_NUMBER.sub("", head), parts[head]))
    for (_, inner), group in alike:
        heads = list(group)
        whole = heads[0] if len(heads) == 1 else f"{heads[0]} .. {heads[-1]}"
        said.append(whole if inner == [""] else f"{whole} ({' '.join(inner)})")
    return ", ".join(said)


def _range(one: Feature) -> str:
    if one.low is None and one.high is None:
        return "-"
    if not isinstance(one.low, tuple) and not isinstance(one.high, tuple):
        return f"{_bound(one.low)} .. {_bound(one.high)}"
    lows, highs = _each(one.low, one.shape[0]), _each(one.high, one.shape[0])
    return "; ".join(f"{_bound(a)} .. {_bound(b)}" for a, b in zip(lows, highs, strict=True))


def _each(bound: float | tuple[float, ...] | None, n: int) -> tuple[float | None, ...]:
    return bound if isinstance(bound, tuple) else (bound,) * n


def _bound(value: float | None) -> str:
    return "any" if value is None else f"{value:g}"
