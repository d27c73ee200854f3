"""The wheel: turns, whoever learns."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from warewheel.agents.hand import HEURISTIC
from warewheel.agents.language import describe
from warewheel.agents.language.sampled import Sampled
from warewheel.agents.planners.scribe import Scribe
from warewheel.agents.planners.scripted import Scripted
from warewheel.agents.request import Request
from warewheel.configs import load_cell, names
from warewheel.flywheel.dataset.files.disk import TEMPORARY
from warewheel.flywheel.suites import tales
from warewheel.flywheel.training.rows import Chat, read
from warewheel.flywheel.turns import brains, chain, cold, hands, rollouts
from warewheel.flywheel.turns.brains import BrainLearner
from warewheel.flywheel.turns.chain import Crew
from warewheel.flywheel.turns.films import scene
from warewheel.flywheel.turns.gate import Outcome
from warewheel.flywheel.turns.learner import Log, Lost, Tell
from warewheel.flywheel.turns.ledger import Ledger
from warewheel.flywheel.turns.models import models, roll_back
from warewheel.flywheel.turns.presets import PRESETS
from warewheel.flywheel.turns.results import Compared, Story, gather, page
from warewheel.flywheel.turns.stream import (
    AWKWARD,
    FIRST,
    KINDS,
    WIDTHS,
    held_out,
    kinds_at,
    repeated,
    scenarios,
    width,
)  # fmt: skip
from warewheel.flywheel.turns.tour import Wish, tour
from warewheel.flywheel.turns.wheel import LEDGER, OUTCOMES, SETTINGS, Wheel, weights
from warewheel.scripts.main import main


class Pebble:
    """A learner whose model is a number: how many of 100 scenarios it solves."""

    room = 1000
    headline: tuple[str, ...] = ()

    def __init__(self, gains: Sequence[int], stop_at: str = "", name: str = "pebble") -> None:
        self.gains, self.stop_at, self.name = gains, stop_at, name
        self.asked: list[str] = []
        self.company: list[Mapping[str, Path]] = []

    def _phase(self, name: str) -> None:
        self.asked.append(name)
        if name == self.stop_at:
            raise KeyboardInterrupt

    def begin(self, out: Path, tell: Tell) -> None:
        self._phase("begin")
        _write(out, 10)

    def log(
        self, champions: Mapping[str, Path], turn: int, failures: Mapping[str, int], out: Path,
        tell: Tell,
    ) -> Log:  # fmt: skip
        self._phase(f"log {turn}")
        self.company.append(champions)
        out.mkdir(parents=True, exist_ok=True)
        return Log({"episodes": 5}, {"base": turn})

    def train(
        self, base: Path, logs: Sequence[Path], seed: int, out: Path, tell: Tell
    ) -> dict[str, Any]:
        self._phase(f"train {seed}")
        assert len(logs) == seed and all(log.is_dir() for log in logs)
        gain = self.gains[seed - 1]
        if gain == 0:
            raise Lost("nothing learnt")
        _write(out / "model", _read(base) + gain)
        return {"data": f"data-{seed}"}

    def judge(self, model: Path, turn: int, look: int, out: Path, tell: Tell) -> list[Outcome]:
        self._phase(f"judge {turn}, {look}")
        return self.examine(model, out, tell)

    def examine(self, model: Path, out: Path, tell: Tell) -> list[Outcome]:
        return [Outcome(str(k), k < _read(model), {"store": 1.0}) for k in range(100)]


def _write(folder: Path, solved: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_text(str(solved))


def _read(folder: Path) -> int:
    return int((folder / "model.safetensors").read_text())


def turned(out: Path, learner: Pebble, resume: bool = False) -> list[tuple[str, str, int]]:
    return [
        (turn.entry["decision"], turn.entry["champion"], sum(o.success for o in turn.examined))
        for turn in Wheel([learner], out, {"seed": 0}, resume).run(len(learner.gains))
    ]


def test_the_better_one_stays(tmp_path: Path) -> None:
    assert turned(tmp_path / "run", Pebble([30, 1, -20, 0, 25])) == [
        ("begin", "pebble-0", 10),
        ("promoted", "pebble-1", 40),
        ("kept", "pebble-1", 40),
        ("kept", "pebble-1", 40),
        ("lost", "pebble-1", 40),
        ("promoted", "pebble-5", 65),
    ]


def test_a_challenger_that_is_not_worse_goes_on_being_trained(tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert turned(run, Pebble([1, 1, -1, 1, 1, 1])) == [
        ("begin", "pebble-0", 10),
        *[("kept", "pebble-0", 10)] * 4,
        ("promoted", "pebble-5", 13),
        ("kept", "pebble-5", 13),
    ]
    bases = [entry["base"] for entry in Ledger(run / LEDGER).entries() if entry["turn"]]
    # The third won less than the second, but still more than the champion.
    assert bases == [f"pebble-{k}" for k in range(6)]
    assert [one.parent for one in models(run)] == ["", *bases]
    worse = tmp_path / "worse"
    turned(worse, Pebble([-2, 1]))
    assert [e["base"] for e in Ledger(worse / LEDGER).entries() if e["turn"]] == ["pebble-0"] * 2


@pytest.mark.parametrize(
    "stop_at", ["begin", "log 1", "train 1", "judge 1, 0", "log 2", "judge 2, 1"]
)
def test_stopped_anywhere_it_goes_on_to_the_same_ledger(stop_at: str, tmp_path: Path) -> None:
    gains = [30, 4, 25]
    turned(tmp_path / "whole", Pebble(gains))
    with pytest.raises(KeyboardInterrupt):
        turned(tmp_path / "run", Pebble(gains, stop_at))
    with pytest.raises(ValueError, match="--resume"):
        turned(tmp_path / "run", Pebble(gains))
    turned(tmp_path / "run", Pebble(gains), resume=True)
    both = [(tmp_path / name / LEDGER).read_bytes() for name in ("whole", "run")]
    assert both[0] == both[1]


@pytest.mark.parametrize("stop_at", ["", "begin", "log 1", "judge 2, 0"])
def test_two_learners_take_turns_and_know_of_each_other(stop_at: str, tmp_path: Path) -> None:
    def run(out: Path, stop_at: str = "", resume: bool = False) -> list[tuple[int, str, str]]:
        crew = [Pebble([30, 20]), Pebble([-5, 40], stop_at, name="flint")]
        turns = list(Wheel(crew, out, {}, resume).run(2))
        if not resume:
            last = crew[1].company[-1]
            assert [last[name].parent.name for name in ("pebble", "flint")] == [
                "pebble-2", "flint-0",
            ]  # fmt: skip
        return [(t.entry["turn"], t.entry["decision"], t.entry["champion"]) for t in turns]

    whole = run(tmp_path / "whole")
    assert whole == [
        (0, "begin", "pebble-0"), (0, "begin", "flint-0"),
        (1, "promoted", "pebble-1"), (1, "kept", "flint-0"),
        (2, "promoted", "pebble-2"), (2, "promoted", "flint-2"),
    ]  # fmt: skip
    if stop_at:
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "part", stop_at)
        assert run(tmp_path / "part", resume=True) == whole
        both = [(tmp_path / name / LEDGER).read_bytes() for name in ("whole", "part")]
        assert both[0] == both[1]
    roll_back(tmp_path / "whole", "flint")
    champions = [one.name for one in models(tmp_path / "whole") if one.champion]
    assert champions == ["flint-0", "pebble-2"] or champions == ["pebble-2", "flint-0"]
    parents = {one.name: one.parent for one in models(tmp_path / "whole")}
    assert parents["flint-2"] == "flint-0" and parents["pebble-2"] == "pebble-1"


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    turned(tmp_path / "run", Pebble([30]))
    again = Pebble([30])
    assert len(turned(tmp_path / "run", again, resume=True)) == 2
    assert again.asked == []


def test_a_run_with_other_settings_is_refused(tmp_path: Path) -> None:
    Wheel([Pebble([])], tmp_path / "run", {"seed": 0})
    with pytest.raises(ValueError, match="has seed 0, not 1"):
        Wheel([Pebble([])], tmp_path / "run", {"seed": 1}, resume=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="not empty"):
        Wheel([Pebble([])], tmp_path / "mine", {"seed": 0})


def test_a_model_that_was_changed_is_refused_by_name(tmp_path: Path) -> None:
    turned(tmp_path / "run", Pebble([30]))
    (tmp_path / "run/models/pebble-1/model/model.safetensors").write_text("99")
    ledger = (tmp_path / "run" / LEDGER).read_bytes()
    with pytest.raises(ValueError, match=r"pebble-1.*missing or was changed"):
        turned(tmp_path / "run", Pebble([30, 5]), resume=True)
    assert (tmp_path / "run" / LEDGER).read_bytes() == ledger


def test_a_run_for_which_there_is_no_room_does_not_begin(tmp_path: Path) -> None:
    learner = Pebble([5, 5])
    learner.room = 10**18
    with pytest.raises(ValueError, match=r"what is left takes about .* MB; .* MB are free"):
        list(Wheel([learner], tmp_path / "run", {}).run(2))
    assert learner.asked == []


def test_the_report_says_how_the_last_turn_compares_to_the_first(tmp_path: Path) -> None:
    wheel = Wheel([Pebble([30, 1])], tmp_path / "run", {"seed": 0})
    data = gather(Story(list(wheel.run(2)), {"seed": 0}))
    assert json.loads(json.dumps(data)) == data
    assert data["learners"]["pebble"]["gain"] == {"won": 30, "lost": 0, "n": 100, "p": 0.0}
    success = [row["learners"]["pebble"]["metrics"]["success"] for row in data["turns"]]
    assert [one["mean"] for one in success] == [0.1, 0.4, 0.4]
    assert all(one["low"] < one["mean"] < one["high"] and one["n"] == 100 for one in success)
    html = page(data)
    assert "<b>10 %</b>" in html and "<b>40 %</b>" in html and "30 won, 0 lost of 100" in html
    assert "What it is not" not in html


def test_controls_are_told_beside_what_they_are_compared_with(tmp_path: Path) -> None:
    mine = list(Wheel([Pebble([30])], tmp_path / "run", {}).run(1))
    idle = list(Wheel([Pebble([0])], tmp_path / "idle", {}).run(1))
    data = gather(Story(mine, {}, controls={"idle": Compared("it does not learn", idle)}))
    found = data["learners"]["pebble"]["controls"]["idle"]
    assert (found["gain"]["won"], found["gain"]["lost"]) == (0, 0)
    assert (found["behind"]["won"], found["behind"]["lost"]) == (30, 0)
    assert "idle: it does not learn" in page(data)


def test_a_run_that_was_killed_before_it_began_begins(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / f"{TEMPORARY}x").write_text('{"ter')
    Wheel([Pebble([30])], run, {})
    assert json.loads((run / SETTINGS).read_text())["terms"]


def test_a_run_ends_before_the_turn_that_is_held_out(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at most 19"):
        tour(Wish(tmp_path / "run", turns=20), SimpleNamespace())
    done = CliRunner().invoke(main, ["flywheel", "--turns", "20", "--out", str(tmp_path / "run")])
    assert done.exit_code == 2 and "1<=x<=19" in done.output


# Its models


def test_models_are_listed_compared_promoted_and_rolled_back(tmp_path: Path) -> None:
    run = tmp_path / "run"
    turned(run, Pebble([30, -5, 0]))

    def asked(*words: str) -> str:
        done = CliRunner().invoke(main, ["models", words[0], str(run), *words[1:]])
        assert done.exit_code == 0, done.output
        return done.output

    rows = [json.loads(line) for line in asked("list", "--json").splitlines()]
    assert [(r["name"], r["parent"], r["decision"], r["champion"]) for r in rows] == [
        ("pebble-0", "", "begin", False),
        ("pebble-1", "pebble-0", "promoted", True),
        ("pebble-2", "pebble-1", "kept", False),
    ]
    assert "pebble-1" in asked("list")
    told = asked("compare", "pebble-0", "pebble-1")
    assert "pebble-1 solves 40 of 100" in told and "only pebble-1: 30" in told

    assert asked("promote", "pebble-2", "--reason", "smaller") == "pebble-2 is the champion\n"
    assert json.loads((run / LEDGER).read_text().splitlines()[-1])["reason"] == "smaller"
    # The next turn goes on from it, and what was done is not done again.
    assert turned(run, Pebble([30, -5, 0, 20]), resume=True)[-1] == ("promoted", "pebble-4", 55)
    assert asked("rollback", "--learner", "pebble") == "pebble-2 is the champion\n"
    assert [one.name for one in models(run) if one.champion] == ["pebble-2"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["compare", "pebble-0", "pebble-9"], "model 'pebble-9' is unknown"),
        (["compare", "pebble-0", "pebble-1"], "never judged on the same scenarios"),
        (["promote", "pebble-0"], "is the champion already"),
        (["promote", "pebble-1"], "missing or was changed"),
        (["rollback", "--learner", "pebble"], "the only champion"),
        (["rollback"], "learner 'brain' is unknown; allowed: pebble"),
    ],
)
def test_what_cannot_be_chosen_is_refused(words: list[str], message: str, tmp_path: Path) -> None:
    turned(tmp_path / "run", Pebble([-5]))
    _write(tmp_path / "run/models/pebble-1/model", 99)
    (tmp_path / "run/judged/pebble-1" / OUTCOMES).write_text("[]")
    ledger = (tmp_path / "run" / LEDGER).read_bytes()
    done = CliRunner().invoke(main, ["models", words[0], str(tmp_path / "run"), *words[1:]])
    assert done.exit_code == 2 and message in done.output, done.output
    assert (tmp_path / "run" / LEDGER).read_bytes() == ledger


def test_where_there_is_no_run_there_are_no_models(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["models", "list", str(tmp_path)])
    assert done.exit_code == 2 and "holds no run" in done.output


# The stream


def test_each_turn_is_wider_and_none_has_the_seeds_of_another() -> None:
    failures = {"base": 1, "quantity": 3}
    turns = [list(scenarios(turn, 30, 0, failures)) for turn in range(5)]
    kinds = [{one.kind for one in turn} for turn in turns]
    assert all(a <= b for a, b in itertools.pairwise(kinds))
    assert kinds[0] == {"base"} and kinds[-1] == set(KINDS)
    seeds = [
        one.case.seed for turn in [*turns, held_out(4, 2), held_out(4, 2, look=1)] for one in turn
    ]
    seeds += [one.case.seed for one in (*scenarios(1, 30, 1), *repeated(1, 30, 0, {}))]
    assert len(set(seeds)) == len(seeds) and min(seeds) >= FIRST
    assert turns[2] == list(scenarios(2, 30, 0, failures))
    assert not any(one.old for one in turns[0])
    assert all(0.1 < sum(one.old for one in turn) / len(turn) < 0.4 for turn in turns[1:])


def test_what_failed_comes_more_often() -> None:
    plain, mined = (
        [one.kind for one in scenarios(1, 100, 0, failures)] for failures in ({}, {"quantity": 9})
    )
    assert mined.count("quantity") > plain.count("quantity") + 10
    again = [one.kind for one in repeated(1, 40, 0, {"quantity": 3, "zh": 1})]
    assert (again.count("quantity"), again.count("zh"), len(again)) == (30, 10, 40)
    # Where nothing failed, a little of all is shown again.
    assert {one.kind for one in repeated(2, 30, 0, {})} == set(width(2).kinds)


def test_from_the_first_turn_on_there_are_goods_that_no_site_has() -> None:
    assert {one.case.catalogue for one in scenarios(0, 30, 0)} == {None}
    for some in (scenarios(1, 96, 0), scenarios(3, 96, 0), repeated(2, 96, 0, {}), held_out(1, 4)):
        some = list(some)
        goods = Counter(one.case.catalogue for one in some)
        assert set(goods) == {None, AWKWARD}
        assert 0.1 < goods[AWKWARD] / goods.total() < 0.35
        # Where all else is known, half of them are.
        known = [one.case.catalogue for one in some if one.kind == "base" and not one.old]
        assert not known or known.count(AWKWARD) == len(known) // 2


@pytest.mark.parametrize("site", ["parcel_hub", "fresh_grocer", "returns_center"])
def test_at_one_site_there_is_nothing_of_another(site: str) -> None:
    some = [*scenarios(3, 30, 0, {"long": 2}, site), *held_out(2, 1, site)]
    assert {one.case.facility for one in some} == {site}
    assert {one.kind for one in some} == set(kinds_at(site))
    assert ("long" in kinds_at(site)) == (site == "parcel_hub")


def test_deliveries_of_the_chain_are_of_goods_that_no_hand_learns_on() -> None:
    here = chain.deliveries(6, "returns_center")
    assert {case.facility for case in here} == {"returns_center"}
    assert {case.facility for case in chain.deliveries(12)} >= {"parcel_hub", "fresh_grocer"}
    assert {case.catalogue for case in here} == {hands.UNSEEN}
    assert here == chain.deliveries(6, "returns_center")


# What is known before the first turn


def test_of_real_sites_one_alone_is_known_before_the_first_turn() -> None:
    (one,) = WIDTHS[0].facilities
    known = cold.chats(20)
    assert len(known) > 10 and _sites(known) == {one}
    assert len(cold.chats(20, asked=True)) > len(known)


def test_tales_are_of_no_real_site_and_others_from_another_first_seed(tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    asked = ["suite", "tales", "--count", "40", "--workers", "1", "--out", str(out)]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    chats = read(out)
    assert len(chats) > 40 and not _sites(chats)
    again = CliRunner().invoke(main, [*asked, "--first", "5000"])
    assert again.exit_code == 0, again.output
    assert not {str(chat) for chat in read(out)} & {str(chat) for chat in chats}


def test_items_of_some_tales_have_numbers_of_two_digits() -> None:
    numbers = []
    for _, rows in tales.made(30):
        for row in rows:
            found = re.findall(r"\bitem-(\d+)", str(row["messages"]))
            numbers.append({int(number) for number in found})
    lowest = [min(some) for some in numbers if some]
    assert len(lowest) / 4 < sum(k <= 1 for k in lowest) < len(lowest)
    assert max(lowest) > 10
    # Some items are never asked about, but names stay next to one another.
    assert all(max(some) - min(some) < 25 for some in numbers if some)


def _sites(chats: Sequence[Chat]) -> set[str]:
    """Return the real sites whose rules somebody is told."""
    told = "\n".join(chat[1]["content"] for chat in chats)
    rules = {
        name: [*describe.site(*load_cell(name, "panda")[:2])][-1] for name in names("facility")
    }
    return {name for name in rules if rules[name] in told}


def test_the_first_and_the_last_crew_are_filmed_on_a_delivery_that_was_won(
    tmp_path: Path,
) -> None:
    cases = chain.deliveries(3)
    keys = [case.id for case in cases]
    crews = [Crew(name, "null", HEURISTIC) for name in ("first", "last")]
    outcomes = [
        [Outcome(key, key in won, kind="chain", seconds=60.0, stored=1.0) for key in keys]
        for won in ({keys[0]}, {keys[0], keys[2]})
    ]
    assert scene([crews[0]] * 2, outcomes, cases, tmp_path) is None
    told: list[str] = []
    shown = scene(crews, outcomes, cases, tmp_path, told.append)
    assert shown is not None and shown.case == keys[2]
    assert told == list(shown.crews) == ["first", "last"]
    assert all(video.startswith("data:video/mp4;base64,") for video in shown.videos)
    assert scene(crews, outcomes, cases, tmp_path, told.append) == shown and len(told) == 2
    turns = list(Wheel([Pebble([30])], tmp_path / "run", {}).run(1))
    data = gather(Story(turns, {}, chain=dict(enumerate(outcomes))))
    assert data["chain"] == {"won": 1, "lost": 0, "n": 3, "p": 1.0}
    assert data["turns"][0]["chain"]["metrics"]["items_per_hour"]["mean"] == 60.0
    html = page(data, shown)
    assert html.count("<video") == 2 and shown.instruction in html


# The brain


def test_the_command_turns_a_brain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setattr(
        brains, "held_out", lambda turn, each, site, look: held_out(turn, 1, look=look)[:2]
    )
    monkeypatch.setattr(brains, "KINDS", ("base",))
    asked = ["flywheel", "--learn", "brain", "--turns", "1", "--budget", "5", "--workers", "1",
             "--out"]  # fmt: skip
    runs = [CliRunner().invoke(main, [*asked, str(tmp_path / name)]) for name in ("one", "two")]
    for run in runs:
        assert run.exit_code == 0, run.output
        assert "turn 0, brain: begin" in run.output and "turn 1, brain: " in run.output
    ledgers = [(tmp_path / name / LEDGER).read_bytes() for name in ("one", "two")]
    assert ledgers[0] == ledgers[1]
    first, last = map(json.loads, ledgers[0].splitlines())
    assert (first["champion"], last["challenger"]) == ("brain-0", "brain-1")
    assert last["counts"]["episodes"] >= 5 and last["counts"]["shown"] >= 5
    assert last["decision"] in ("kept", "promoted")
    told = (tmp_path / "one/results.json").read_bytes()
    data = json.loads(told)
    assert [row["turn"] for row in data["turns"]] == [0, 1]
    again = CliRunner().invoke(main, [*asked, str(tmp_path / "one"), "--resume"])
    assert again.exit_code == 0 and again.output == runs[0].output, again.output
    assert (tmp_path / "one/results.json").read_bytes() == told
    other = CliRunner().invoke(main, [*asked, str(tmp_path / "one"), "--resume", "--seed", "1"])
    assert other.exit_code == 2 and "has seed 0, not 1" in other.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--learn", "brain,foot"], "learner 'foot' is unknown; allowed: brain, hand"),
        (["--facility", "parcel_hut"], "did you mean 'parcel_hub'"),
        (["--preset", "ful"], "full"),
        (["--budget", "0"], "is not in the range"),
    ],
)
def test_what_cannot_be_asked_of_a_wheel_is_refused(
    words: list[str], message: str, tmp_path: Path
) -> None:
    done = CliRunner().invoke(main, ["flywheel", *words, "--out", str(tmp_path / "run")])
    assert done.exit_code == 2 and message in done.output, done.output
    assert not (tmp_path / "run").exists()


def test_with_training_off_the_challenger_is_the_champion(tmp_path: Path) -> None:
    _write(tmp_path / "champion", 7)
    log = tmp_path / "log"
    log.mkdir()
    (log / brains.EPISODES).write_text('{"kind": "base", "case": "one", "lessons": []}\n')
    budget = PRESETS["quick"].brain
    learner = BrainLearner(budget, "none", control="idle", first=tmp_path / "champion")
    learner.begin(tmp_path / "first/model", lambda _: None)
    learner.train(tmp_path / "champion", [log], 1, tmp_path / "out", lambda _: None)
    same = [weights(tmp_path / one) for one in ("champion", "first/model", "out/model")]
    assert len(set(same)) == 1


def test_plain_data_is_what_the_expert_does(tmp_path: Path) -> None:
    budget = replace(PRESETS["quick"].brain, verified=0)
    learner = BrainLearner(budget, "scripted", control="plain")
    told: list[float] = []
    log = learner.log({"brain": tmp_path / "no-model"}, 1, {}, tmp_path / "log", told.append)
    assert log.counts["succeeded"] == log.counts["episodes"] > 0
    assert told == sorted(told) and told[-1] == 1
    for name, count in ((brains.EPISODES, "episodes"), (brains.SHOWN, "shown")):
        rows = [json.loads(line) for line in (tmp_path / "log" / name).open()]
        assert len(rows) == log.counts[count] and all(len(row["lessons"]) == 1 for row in rows)
        # Each is told to its end, though the world ends it without a word.
        assert {row["lessons"][0][-1]["content"] for row in rows} == {'{"skill": "stop"}'}


def test_nobody_shows_anything_where_there_is_no_teacher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        brains, "act", lambda job: {"kind": job.kind, "case": "", "success": False, "slips": 0}
    )
    learner = BrainLearner(PRESETS["quick"].brain, "none")
    log = learner.log({"brain": tmp_path / "no-model"}, 1, {}, tmp_path / "log", lambda _: None)
    assert log.counts["shown"] == 0 < log.counts["episodes"]
    # What else is learnt is what the first model was made of; nobody tells tales.
    assert log.counts["known before"] > 0 and "tales" not in log.counts


def test_alone_a_model_tries_again_and_learns_what_worked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The third try is the expert's; a model that never succeeds teaches nothing."""
    (one,) = held_out(0, 1, "returns_center")[:1]
    job = rollouts.Job("no-model", one.kind, one.case, "none")
    tries: list[Any] = []

    def speaking(briefing: Any, model: Any) -> Any:
        tries.append(model)
        good = len(tries) == 3
        scribe = Scribe(briefing, Scripted(briefing) if good else Silent())
        return SimpleNamespace(next=scribe.next, conversation=scribe.conversation)

    monkeypatch.setattr(rollouts, "local_model", lambda path: SimpleNamespace(name=path))
    monkeypatch.setattr(rollouts, "Speaking", speaking)
    row = rollouts.act(job)
    assert (row["success"], row["slips"], len(row["lessons"])) == (False, 2, 1)
    assert [isinstance(model, Sampled) for model in tries] == [False, True, True]
    row = rollouts.act(job)
    assert (row["success"], row["lessons"], len(tries)) == (False, [], 7)


class Silent:
    """A planner that has nothing to do."""

    name, privileged = "silent", False

    def next(self, request: Request) -> None:
        return None


def test_what_needed_no_putting_right_is_mostly_left_out() -> None:
    chat = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    rows: list[dict[str, Any]] = [
        {
            "teacher": "scripted", "slips": k % 2,
            "lessons": [[{**m, "content": f"{m['content']}{k}"} for m in chat]],
        }
        for k in range(200)
    ]  # fmt: skip
    # What the expert did itself, and what nobody puts right, is learnt from as it is.
    for teacher in ("expert", "none"):
        assert brains.select([{**row, "teacher": teacher} for row in rows])[1]["kept"] == 200
    chats, about = brains.select(rows)
    slipped = [row["lessons"][0] for row in rows if row["slips"]]
    assert all(chat in chats for chat in slipped)
    assert 110 < len(chats) < 160
    assert about["left_out"] == {"nothing in it had to be put right": 200 - len(chats)}


def test_shuffled_answers_keep_their_questions() -> None:
    pairs = [("user", "q"), ("assistant", "a")]
    rows = [
        {
            "teacher": "none", "slips": 0,
            "lessons": [[{"role": role, "content": f"{letter}{k}"} for role, letter in pairs]],
        }
        for k in range(20)
    ]  # fmt: skip
    chats, about = brains.select([*rows, rows[3], {"lessons": []}])
    assert about["kept"] == 20
    assert sum(about["left_out"].values()) == 2
    mixed = brains.shuffled(chats, np.random.default_rng(0))
    assert [c[0] for c in mixed] == [c[0] for c in chats]
    answers = [c[1]["content"] for c in mixed]
    assert sorted(answers) == sorted(c[1]["content"] for c in chats)
    assert answers != [c[1]["content"] for c in chats]


def killed(out: Path, rng: random.Random) -> Iterator[int]:
    """Turn a wheel again and again, killed at some time, until it ends by itself."""
    command = "from warewheel.scripts.main import main; main()"
    words = ["flywheel", "--no-films", "--workers", "2", "--out", str(out)]
    while True:
        more = ["--resume"] if (out / "run.json").exists() else []
        process = subprocess.Popen(
            [sys.executable, "-c", command, *words, *more], start_new_session=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            assert process.wait(rng.uniform(5, 60)) == 0
            return
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            yield 1


@pytest.mark.slow
def test_kills_leave_no_trace_in_a_wheel(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    asked = ["flywheel", "--no-films", "--workers", "2", "--out", str(tmp_path / "quiet")]
    done = CliRunner().invoke(main, asked)
    assert done.exit_code == 0, done.output
    kills = sum(killed(tmp_path / "killed", random.Random(0)))
    assert kills >= 2
    for name in (LEDGER, "results.json"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "quiet" / name).read_bytes()
