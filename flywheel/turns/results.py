"""Results of a run: what each turn's champion does, as plain data and as one HTML file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment

from warewheel.flywheel.bench.figures import mean, paired, share

from .films import Scene
from .gate import Outcome
from .wheel import Turn

RESULTS, REPORT = "results.json", "report.html"


def gather(
    turns: Sequence[Turn],
    settings: Mapping[str, Any],
    controls: Mapping[str, tuple[str, Sequence[Turn]]] | None = None,
) -> dict[str, Any]:
    """Return all figures: ``turns``, the settings, and how the last turn compares to the first.

    Each figure has ``mean``, ``low``, ``high`` (95 %) and ``n``.

    Args:
        turns: Of the run.
        settings: That it was made with.
        controls: Runs to compare it with, by name: in what each differs, and its turns.
    """
    rows = [_turn(turn) for turn in turns]
    return {
        "settings": dict(settings),
        "turns": rows,
        "labels": list(dict.fromkeys(label for row in rows for label in row["labels"])),
        "counts": list(dict.fromkeys(name for row in rows for name in row["counts"])),
        "gain": _gain(turns[0], turns[-1]),
        "controls": {
            name: {
                "differs": differs,
                "turns": [_turn(turn) for turn in some],
                "gain": _gain(some[0], some[-1]),
                "behind": _gain(some[-1], turns[-1]),
            }
            for name, (differs, some) in (controls or {}).items()
        },
    }


def page(data: Mapping[str, Any], scene: Scene | None = None) -> str:
    """Return a report that a newcomer understands, in one file.

    Args:
        data: What `gather` returned.
        scene: Films to show.
    """
    html = (resources.files(__package__) / "report.html").read_text(encoding="utf-8")
    return Environment(autoescape=True).from_string(html).render(data=data, scene=scene, zip=zip)


def _gain(before: Turn, after: Turn) -> dict[str, Any]:
    """Return how many cases one champion wins and loses against another, by McNemar's test."""
    found = paired([o.success for o in after.examined], [o.success for o in before.examined])
    return {"won": found["only_first"], "lost": found["only_second"], "n": found["n"],
            "p": found["p"]}  # fmt: skip


def _turn(turn: Turn) -> dict[str, Any]:
    entry, examined = turn.entry, turn.examined
    labels = Counter(o.label for o in examined if not o.success)
    return {
        "turn": entry["turn"], "champion": entry["champion"], "decision": entry["decision"],
        "reason": entry.get("reason", ""), "evidence": entry.get("evidence", {}),
        "counts": entry.get("counts", {}), "metrics": _metrics(examined),
        "kinds": {
            kind: _success([o for o in examined if o.kind == kind])
            for kind in dict.fromkeys(o.kind for o in examined)
        },
        "labels": dict(sorted(labels.items(), key=lambda one: (-one[1], one[0]))),
    }  # fmt: skip


def _metrics(examined: Sequence[Outcome]) -> dict[str, Any]:
    stages = dict.fromkeys(name for o in examined for name in o.stages)
    return {
        "success": _success(examined),
        "violated": share(sum(o.violations > 0 for o in examined), len(examined)),
        **{f"stage_{s}": mean([o.stages[s] for o in examined if s in o.stages]) for s in stages},
    }


def _success(some: Sequence[Outcome]) -> dict[str, Any]:
    return share(sum(o.success for o in some), len(some))
