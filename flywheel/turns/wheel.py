"""The wheel: turn after turn champions act, challengers learn from it, the better ones stay."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from warewheel.agents.language.loading import hashed
from warewheel.flywheel.dataset.files.disk import TEMPORARY, write

from .gate import USUAL, Decision, Outcome, Terms, decide
from .learner import MODEL, Learner, Lost
from .ledger import Ledger

LEDGER, SETTINGS, OUTCOMES = "ledger.jsonl", "run.json", "outcomes.json"
# A decision that a person took.
BY_HAND = "by hand"
# Hears of the phase of a turn, and of the share of it that is done, 0 to 1.
Watch = Callable[[int, str, float], None]


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of a turn for one learner.

    Attributes:
        entry: Of the ledger.
        examined: How its champion does on what nothing was chosen by.
    """

    entry: Mapping[str, Any]
    examined: list[Outcome]


class Wheel:
    """A run of the flywheel.

    Args:
        learners: Who learns, in the order in which they do.
        out: Folder of the run.
        settings: All that determines the run, as plain data.
        resume: Go on with what is there.
        terms: What is asked of a challenger.

    Raises:
        ValueError: The folder is in use, or holds a run with other settings.
    """

    def __init__(
        self, learners: Sequence[Learner], out: Path, settings: Mapping[str, Any],
        resume: bool = False, terms: Terms = USUAL,
    ) -> None:  # fmt: skip
        self._learners, self._out, self._terms = tuple(learners), out, terms
        self._ledger = Ledger(out / LEDGER)
        self._begin({**settings, "terms": asdict(terms)}, resume)

    def run(self, turns: int, watch: Watch = lambda *_: None) -> Iterator[Turn]:
        """Yield turns from 0 on, learner by learner, those that are done already too.

        Raises:
            ValueError: Something in the folder was changed; it is named. Or there is no room.
        """
        entries = list(self._ledger.entries())
        done = {(one["turn"], one["learner"]): one for one in entries if one["decision"] != BY_HAND}
        all_of_them = [(turn, one) for turn in range(turns + 1) for one in self._learners]
        self._make_sure_of_room([one for k, one in all_of_them if (k, one.name) not in done])
        for turn, learner in all_of_them:
            entry = done.get((turn, learner.name))
            if entry is None:
                # Each learner's last entry has its champion, whoever chose it.
                last = {one["learner"]: one for one in entries}
                entry = self._ledger.append(
                    self._turn(learner, turn, last, watch) if turn else self._first(learner, watch)
                )
                entries.append(entry)
            champion = model_of(self._out, entry["champion"], entry["weights"])
            part = _part(watch, turn, f"{learner.name}, examine")
            folder = self._out / "examined" / entry["champion"]
            yield Turn(entry, learner.examine(champion, folder, part))

    def _make_sure_of_room(self, left: Sequence[Learner]) -> None:
        need, free = sum(one.room for one in left), shutil.disk_usage(self._out).free
        if need > free:
            raise ValueError(
                f"'{self._out}': what is left takes about {need / 1e6:,.0f} MB; "
                f"{free / 1e6:,.0f} MB are free"
            )

    def _first(self, learner: Learner, watch: Watch) -> dict[str, Any]:
        name = f"{learner.name}-0"
        folder = self._out / "models" / name
        learner.begin(folder / MODEL, _part(watch, 0, f"{learner.name}, begin"))
        return {
            "turn": 0, "learner": learner.name, "decision": "begin", "champion": name,
            "weights": weights(folder / MODEL), "failures": {},
        }  # fmt: skip

    def _turn(
        self, learner: Learner, turn: int, last: Mapping[str, Mapping[str, Any]], watch: Watch
    ) -> dict[str, Any]:
        """Do a learner's turn; return its entry for the ledger."""
        out, before = self._out, last[learner.name]
        name, old = f"{learner.name}-{turn}", before["champion"]
        champions = {
            who: model_of(out, one["champion"], one["weights"]) for who, one in last.items()
        }
        champion = champions[learner.name]
        base, start = self._base(before, champion)
        log = learner.log(
            champions, turn, before["failures"], out / "logs" / name,
            _part(watch, turn, f"{learner.name}, collect"),
        )  # fmt: skip
        entry = {
            "turn": turn, "learner": learner.name, "champion": old, "weights": before["weights"],
            "challenger": name, "base": base,
            "counts": dict(log.counts), "failures": dict(log.failures),
        }  # fmt: skip
        try:
            card = learner.train(
                start,
                [out / "logs" / f"{learner.name}-{k}" for k in range(1, turn + 1)],
                turn, out / "models" / name, _part(watch, turn, f"{learner.name}, train"),
            )  # fmt: skip
        except Lost as error:
            return {**entry, "decision": "lost", "reason": str(error)}
        new = out / "models" / name / MODEL
        found = self._compared(learner, turn, {old: champion, name: new}, watch)
        entry |= {
            "reason": found.reason, "evidence": found.evidence, "data": card["data"],
            "challenger_weights": weights(new),
        }  # fmt: skip
        if not found.promote:
            return {**entry, "decision": "kept"}
        return {**entry, "decision": "promoted", "champion": name, "weights": weights(new)}

    def _base(self, before: Mapping[str, Any], champion: Path) -> tuple[str, Path]:
        """Return the model to go on training, by name and folder.

        It is the last challenger, if that was kept back but won as often as it lost: it may lack
        but little to be promoted. Otherwise it is the champion.
        """
        found = before.get("evidence")
        if before["decision"] != "kept" or found is None or found["won"] < found["lost"]:
            return before["champion"], champion
        name = before["challenger"]
        return name, model_of(self._out, name, before["challenger_weights"])

    def _compared(
        self, learner: Learner, turn: int, models: Mapping[str, Path], watch: Watch
    ) -> Decision:
        """Judge champion and challenger on sets of held-out scenarios until a decision stands."""
        old, new = models
        seen: dict[str, list[Outcome]] = {name: [] for name in models}
        for look in range(self._terms.looks):
            for name, model in models.items():
                folder = self._out / "judged" / name
                part = _part(watch, turn, f"judge {name}, {look + 1}")
                some = learner.judge(model, turn, look, folder / f"{look}", part)
                seen[name] += [replace(one, key=f"{look}/{one.key}") for one in some]
            found = decide(seen[old], seen[new], self._terms, look + 1)
            if not found.look_on:
                break
        for name, outcomes in seen.items():
            rows = json.dumps([asdict(one) for one in outcomes], ensure_ascii=False)
            folder = self._out / "judged" / name
            write(folder / OUTCOMES, f"{rows}\n".encode())
        return found

    def _begin(self, settings: Mapping[str, Any], resume: bool) -> None:
        path = self._out / SETTINGS
        wanted = json.loads(json.dumps(settings))
        if path.exists():
            if not resume:
                raise ValueError(f"'{self._out}' holds a run; --resume goes on with it")
            there = json.loads(path.read_text(encoding="utf-8"))
            for key, one in wanted.items():
                if there.get(key) != one:
                    was = f"{key} {there.get(key)!r}"
                    raise ValueError(f"the run in '{self._out}' has {was}, not {one!r}")
            return
        there_already = self._out.iterdir() if self._out.exists() else ()
        if not all(one.name.startswith(TEMPORARY) for one in there_already):
            raise ValueError(f"'{self._out}' is not empty; choose another folder")
        write(path, (json.dumps(wanted, indent=2, sort_keys=True) + "\n").encode())


def model_of(run: Path, name: str, wanted: str) -> Path:
    """Return the folder of a model of a run.

    Args:
        run: The run's folder.
        name: The model's.
        wanted: Its `weights` when it was made.

    Raises:
        ValueError: It is not what it was.
    """
    folder = run / "models" / name / MODEL
    if not folder.is_dir() or weights(folder) != wanted:
        raise ValueError(f"the model in '{folder}' is missing or was changed")
    return folder


def weights(folder: Path) -> str:
    """Return a hash of a model's weights and of what reads and writes for it."""
    return hashed(sorted([*folder.glob("*.safetensors"), *folder.glob("tokenizer*")]))


def _part(watch: Watch, turn: int, phase: str) -> Callable[[float], None]:
    return lambda share: watch(turn, phase, share)
