"""Results of a run: what each turn's champions do, as plain data and as one HTML file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from jinja2 import Environment

from warewheel.flywheel.bench.figures import mean, paired, share

from .films import Scene
from .gate import Outcome
from .wheel import Turn

RESULTS, REPORT = "results.json", "report.html"
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Compared:
    """A run to compare with.

    Attributes:
        differs: In what.
        turns: Of that run.
    """

    differs: str
    turns: Sequence[Turn]


@dataclass(frozen=True, slots=True)
class Story:
    """All there is to tell of a run.

    Attributes:
        turns: Of all learners.
        settings: That it was made with.
        headlines: Of each learner, the kinds of scenarios that its success is told of; all of them
            if there are none.
        chain: What champions did together in physics, by turn.
        controls: By name.
    """

    turns: Sequence[Turn]
    settings: Mapping[str, Any]
    headlines: Mapping[str, Sequence[str]] = field(default_factory=dict)
    chain: Mapping[int, Sequence[Outcome]] = field(default_factory=dict)
    controls: Mapping[str, Compared] = field(default_factory=dict)


def gather(story: Story) -> dict[str, Any]:
    """Return all figures: ``turns``, the settings, and how the last turn compares to the first.

    Each figure has ``mean``, ``low``, ``high`` (95 %) and ``n``.
    """
    learners = list(dict.fromkeys(turn.entry["learner"] for turn in story.turns))
    rows: dict[int, dict[str, Any]] = {}
    for turn in story.turns:
        row = rows.setdefault(turn.entry["turn"], {"turn": turn.entry["turn"], "learners": {}})
        who = turn.entry["learner"]
        row["learners"][who] = _turn(turn, story.headlines.get(who, ()))
    for number, row in rows.items():
        done = story.chain.get(number)
        row["chain"] = None if done is None else {"metrics": _metrics(done), **_labels(done)}
    return {
        "settings": dict(story.settings),
        "turns": list(rows.values()),
        "learners": {who: _learner(story, who) for who in learners},
        "chain": _gain(*_ends(story.chain)) if story.chain else None,
        "controls": {name: one.differs for name, one in story.controls.items()},
    }


def page(data: Mapping[str, Any], scene: Scene | None = None) -> str:
    """Return a report that a newcomer understands, in one file.

    Args:
        data: What `gather` returned.
        scene: Films to show.
    """
    html = (resources.files(__package__) / "report.html").read_text(encoding="utf-8")
    return Environment(autoescape=True).from_string(html).render(data=data, scene=scene, zip=zip)


def _learner(story: Story, who: str) -> dict[str, Any]:
    """Return how a learner's last champion compares to its first, and to those of controls."""
    kinds = story.headlines.get(who, ())
    mine = _of(story.turns, who)
    rows = [_turn(turn, kinds) for turn in mine]
    first, last = (_counted(turn.examined, kinds) for turn in (mine[0], mine[-1]))
    return {
        "gain": _gain(first, last),
        "labels": list(dict.fromkeys(label for row in rows for label in row["labels"])),
        "counts": list(dict.fromkeys(name for row in rows for name in row["counts"])),
        "controls": {
            name: {
                "turns": [_turn(turn, kinds) for turn in theirs],
                "gain": _gain(*(_counted(t.examined, kinds) for t in (theirs[0], theirs[-1]))),
                "behind": _gain(_counted(theirs[-1].examined, kinds), last),
            }
            for name, one in story.controls.items()
            for theirs in [_of(one.turns, who)]
        },
    }


def _of(turns: Sequence[Turn], who: str) -> list[Turn]:
    return [turn for turn in turns if turn.entry["learner"] == who]


def _ends(chain: Mapping[int, Sequence[Outcome]]) -> tuple[Sequence[Outcome], Sequence[Outcome]]:
    return chain[min(chain)], chain[max(chain)]


def _gain(before: Sequence[Outcome], after: Sequence[Outcome]) -> dict[str, Any]:
    """Return how many cases one champion wins and loses against another, by McNemar's test."""
    found = paired([o.success for o in after], [o.success for o in before])
    return {"won": found["only_first"], "lost": found["only_second"], "n": found["n"],
            "p": found["p"]}  # fmt: skip


def _counted(examined: Sequence[Outcome], kinds: Sequence[str]) -> list[Outcome]:
    return [o for o in examined if not kinds or o.kind in kinds]


def _turn(turn: Turn, headline: Sequence[str]) -> dict[str, Any]:
    entry, examined = turn.entry, turn.examined
    old = [o for o in examined if o.old]
    return {
        "champion": entry["champion"], "decision": entry["decision"],
        "reason": entry.get("reason", ""), "evidence": entry.get("evidence", {}),
        "counts": entry.get("counts", {}),
        "metrics": _metrics(_counted(examined, headline)) | ({"old": _success(old)} if old else {}),
        "kinds": {
            kind: _success([o for o in examined if o.kind == kind])
            for kind in dict.fromkeys(o.kind for o in examined)
        },
        **_labels(examined),
    }  # fmt: skip


def _labels(examined: Sequence[Outcome]) -> dict[str, Any]:
    labels = Counter(o.label for o in examined if not o.success)
    return {"labels": dict(sorted(labels.items(), key=lambda one: (-one[1], one[0])))}


def _metrics(examined: Sequence[Outcome]) -> dict[str, Any]:
    stages = dict.fromkeys(name for o in examined for name in o.stages)
    timed = [o.stored / o.seconds * _HOUR for o in examined if o.seconds]
    return {
        "success": _success(examined),
        "violated": share(sum(o.violations > 0 for o in examined), len(examined)),
        "retries": mean([o.retries for o in examined]),
        **({"items_per_hour": mean(timed)} if timed else {}),
        **{f"stage_{s}": mean([o.stages[s] for o in examined if s in o.stages]) for s in stages},
    }


def _success(some: Sequence[Outcome]) -> dict[str, Any]:
    return share(sum(o.success for o in some), len(some))
