"""Turns of the flywheel: the gate and the ledger."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from warewheel.flywheel.turns.gate import Outcome, Terms, decide, evidence
from warewheel.flywheel.turns.ledger import Ledger


def outcomes(successes: list[bool], stage: float = 1.0, old: bool = False) -> list[Outcome]:
    return [
        Outcome(f"case-{k}", one, {"unpack": stage, "store": stage}, old)
        for k, one in enumerate(successes)
    ]


# The gate


@pytest.mark.parametrize("share", [0.5, 0.3])
def test_who_is_no_better_is_hardly_ever_promoted_however_often_one_looks(share: float) -> None:
    rng = np.random.default_rng(0)
    wrong = 0
    for _ in range(400):
        wins = np.cumsum(rng.random(200) < share)
        wrong += any(evidence(int(w), k + 1 - int(w)) >= 20 for k, w in enumerate(wins))
    assert wrong / 400 <= 0.05


def test_who_is_better_is_promoted() -> None:
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(100):
        won = int((rng.random(100) < 0.75).sum())
        found += evidence(won, 100 - won) >= 20
    assert found >= 95
    assert evidence(0, 0) == pytest.approx(1.0)
    assert evidence(10_000, 0) > 1e100 and evidence(0, 10_000) < 1e-3


def test_a_clear_gain_is_promoted_with_its_evidence() -> None:
    found = decide(outcomes([False] * 30 + [True] * 30), outcomes([True] * 60))
    assert found.promote and found.reason == "better: won 30, lost 0 of 60"
    assert (found.evidence["champion"], found.evidence["challenger"]) == (0.5, 1.0)
    assert json.loads(json.dumps(found.evidence)) == found.evidence


def test_the_same_model_stays_where_it_is() -> None:
    same = outcomes([True, False] * 50)
    found = decide(same, same)
    assert not found.promote and found.reason.startswith("no better")


def test_a_gain_that_costs_a_stage_is_not_promoted() -> None:
    found = decide(outcomes([False] * 40), outcomes([True] * 40, stage=0.8))
    assert not found.promote
    assert found.reason == "not shown to be no worse: unpack, store"


def test_a_gain_that_costs_old_scenarios_is_not_promoted() -> None:
    champion = [*outcomes([True] * 40, old=True), *outcomes([False] * 80)]
    challenger = [*outcomes([True] * 30 + [False] * 10, old=True), *outcomes([True] * 80)]
    found = decide(champion, challenger)
    assert not found.promote and found.reason == "not shown to be no worse: old scenarios"
    assert decide(champion, challenger, Terms(margin_old=0.5)).promote


def test_who_crashed_did_nothing_of_any_stage() -> None:
    good, crash = outcomes([True] * 60), [Outcome(f"case-{k}", False) for k in range(60)]
    found = decide(good, crash)
    assert not found.promote and found.evidence["differences"]["unpack"]["mean"] == -1
    found = decide(crash, good)
    assert found.promote and found.evidence["differences"]["unpack"]["mean"] == 1


def test_it_looks_on_while_more_may_speak_for_the_challenger() -> None:
    def look(won: int, lost: int, number: int) -> tuple[bool, bool]:
        same = [True] * (100 - won - lost)
        old = outcomes([False] * won + [True] * lost + same)
        new = outcomes([True] * won + [False] * lost + same)
        found = decide(old, new, look=number)
        return found.promote, found.look_on

    assert look(4, 0, 1) == (False, True)
    assert look(4, 0, 3) == (False, False)
    # Even three times as much would not be enough.
    assert look(6, 4, 1) == (False, False)
    assert look(0, 0, 1) == (False, False)
    assert look(20, 0, 1) == (True, False)


def test_looks_until_a_stage_is_shown_to_be_no_worse_if_that_can_be() -> None:
    def look(lost: int, number: int) -> tuple[bool, bool]:
        known = outcomes([True] * 60, old=True)
        worse = outcomes([False] * lost + [True] * (60 - lost), old=True)
        others = [outcomes([won] * 60) for won in (False, True)]
        found = decide([*known, *others[0]], [*worse, *others[1]], look=number)
        return found.promote, found.look_on

    assert look(0, 1) == (True, False)
    assert look(1, 1) == (False, True)
    assert look(1, 3) == (False, False)
    assert look(10, 1) == (False, False)


def test_over_all_looks_one_that_is_no_better_is_hardly_ever_promoted() -> None:
    rng = np.random.default_rng(2)
    promoted = 0
    for _ in range(200):
        seen: tuple[list[bool], list[bool]] = ([], [])
        for number in range(1, 4):
            for one in seen:
                one.extend(map(bool, rng.random(100) < 0.6))
            found = decide(outcomes(seen[0]), outcomes(seen[1]), look=number)
            if not found.look_on:
                break
        promoted += found.promote
    assert promoted / 200 <= 0.05


def test_different_scenarios_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="different scenarios"):
        decide(outcomes([True]), outcomes([True, True]))


# The ledger


def test_a_ledger_keeps_entries_in_their_order(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "deep" / "ledger.jsonl")
    assert list(ledger.entries()) == []
    for k in range(3):
        ledger.append({"turn": k})
    again = Ledger(ledger.path)
    assert [entry["turn"] for entry in again.entries()] == [0, 1, 2]
    other = Ledger(tmp_path / "other.jsonl")
    for k in range(3):
        other.append({"turn": k})
    assert ledger.path.read_bytes() == other.path.read_bytes()


@pytest.mark.parametrize("number", [1, 2])
def test_a_change_is_found(number: int, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for k in range(3):
        ledger.append({"turn": k})
    lines = ledger.path.read_text().splitlines(keepends=True)
    other = lines[number - 1].replace('"turn"', '"turns"')
    for instead in ([], [other]):
        changed = [*lines[: number - 1], *instead, *lines[number:]]
        ledger.path.write_text("".join(changed))
        with pytest.raises(ValueError, match=r"ledger.jsonl:\d: does not follow"):
            list(ledger.entries())
        with pytest.raises(ValueError, match="does not follow"):
            ledger.append({"turn": 3})


def test_a_line_that_was_cut_off_is_written_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.append({"turn": 0})
    whole = ledger.path.read_bytes()
    ledger.append({"turn": 1})
    both = ledger.path.read_bytes()
    for size in range(len(whole), len(both)):
        ledger.path.write_bytes(both[:size])
        assert [entry["turn"] for entry in ledger.entries()] == [0]
        ledger.append({"turn": 1})
        assert ledger.path.read_bytes() == both
