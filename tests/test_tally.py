"""A conversation says how many of a kind are where, in the very words of a gist."""

import json
import re

import pytest

from warewheel.agents.clerk import Clerk
from warewheel.agents.language import describe
from warewheel.agents.planners.scribe import Scribe
from warewheel.agents.planners.scripted import Scripted
from warewheel.configs import load_catalogue, load_suite
from warewheel.configs.schema import Case, Unit
from warewheel.flywheel.bench.play import Stage, play
from warewheel.sim.values import Line, Manifest

CASES = [case for case in load_suite("quantity").cases if len(case.meanings) == 1][:20]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_what_there_is_enough_of_is_told_as_the_gist_says_it(case: Case) -> None:
    stage = Stage(case)
    scribe = Scribe(stage.briefing, Scripted(stage.briefing))
    played = play(stage, scribe)
    assert played.success
    said = [message["content"] for message in scribe.messages]
    (move,) = case.meanings[0].moves
    assert move.count is not None
    enough = f"{move.count} {describe.goods(move.what)}>{move.to.zone}"
    gist = next(k for k, text in enumerate(said) if text.startswith(enough))
    told = [k for k, text in enumerate(said) if "so far" in text and enough in text]
    # It is told once the last of them has been placed, and not before.
    assert told
    to = [k for k, text in enumerate(said) if f'"place": "{move.to.zone}-' in text and k > gist]
    assert told[0] > to[move.count - 1]
    assert told[0] - 1 in to


@pytest.mark.parametrize("suite", ["long", "memory", "discrepancy"])
def test_what_is_left_in_the_carton_is_told_until_nothing_is(suite: str) -> None:
    stage = Stage(load_suite(suite).cases[0])
    scribe = Scribe(stage.briefing, Scripted(stage.briefing))
    assert play(stage, scribe).success
    left: set[str] = set()
    ends = 0
    for told, said in zip(scribe.messages[1::2], scribe.messages[2::2], strict=False):
        for line in told["content"].splitlines():
            if line.startswith("in it: "):
                left = {word for word in line.split() if word.startswith("item-")}
            if line.startswith("left: "):
                assert set(line.split()[1:]) == (left or {"nothing"})
                ends += not left
        if said["content"].startswith('{"skill": "pick"'):
            left.discard(json.loads(said["content"])["item"])
    # But for the last carton's, which ends it.
    assert ends >= len(stage.spec.parcels) - 1


@pytest.mark.parametrize("suite", ["temporal", "discrepancy"])
def test_what_waits_and_what_was_not_seen_is_told_when_a_carton_is_empty(suite: str) -> None:
    waits = missed = 0
    for case in load_suite(suite).cases[:30]:
        stage = Stage(case)
        scribe = Scribe(stage.briefing, Scripted(stage.briefing))
        assert play(stage, scribe).success
        table: set[str] = set()
        for told, said in zip(scribe.messages[1::2], scribe.messages[2::2], strict=False):
            lines = told["content"].splitlines()
            step = json.loads(said["content"]) if said["content"].startswith("{") else {}
            for line in lines:
                if line.startswith("on the table: "):
                    assert "left: nothing" in lines and set(line.split()[3:]) == table
                    waits += 1
                if line.startswith("not seen: "):
                    assert "left: nothing" in lines
                    missed += 1
            if "left: nothing" in lines:
                assert any(line.startswith("on the table: ") for line in lines) == bool(table)
            if step.get("finding") == "short":
                assert any("not seen: " in m["content"] for m in scribe.messages)
            if step.get("skill") == "place" and step["place"] == "table":
                table.add(step["item"])
            if step.get("skill") == "pick":
                table.discard(step["item"])
    assert waits if suite == "temporal" else missed


def test_the_expert_reports_what_it_knows_before_it_goes_on() -> None:
    reports = 0
    for case in load_suite("discrepancy").cases[:30]:
        stage = Stage(case)
        scribe = Scribe(stage.briefing, Scripted(stage.briefing))
        assert play(stage, scribe).success
        known: set[str] = set()
        for told, said in zip(scribe.messages[1::2], scribe.messages[2::2], strict=False):
            known |= set(re.findall(r"(\S+) \((?:open|damaged)\)", told["content"]))
            known |= set(re.findall(r"(\S+) is .*\(not on the manifest\)", told["content"]))
            step = json.loads(said["content"]) if said["content"].startswith("{") else {}
            if step.get("skill") in ("pick", "wait", "stop"):
                assert not known, case.id
            if step.get("skill") == "report":
                known.discard(step["subject"])
                reports += 1
    assert reports > 20


def test_a_unit_counts_once_for_each_kind_that_it_is_of() -> None:
    skus = {sku.sku: sku for sku in load_catalogue("grocer").items}
    peas = Unit(sku=skus["garden-peas"], lot="", expiry=9, route="home")
    eggs = Unit(sku=skus["fresh-eggs"], lot="", expiry=9, route="home")
    # Peas are of the category frozen, and kept frozen.
    assert describe.tally(peas, [peas], "cold", 9.0) == "so far 1 frozen>cold; 1 to home>cold"
    assert describe.tally(eggs, [peas, eggs], "cold", 9.0) == (
        "so far 1 dairy>cold; 1 fragile>cold; 1 chilled>cold; 2 to home>cold"
    )
    # Of what is to come first there may be some in several zones.
    assert describe.tally(peas, [peas], "cold", 9.0, [peas, eggs]) == (
        "so far 1 frozen>cold; 1 to home>cold (2 in all)"
    )


def test_of_several_of_the_same_goods_it_is_told_which_expires_first() -> None:
    skus = {sku.sku: sku for sku in load_catalogue("grocer").items}
    peas = [Unit(sku=skus["garden-peas"], lot="", expiry=days, route="") for days in (9, 40, 40)]
    eggs = Unit(sku=skus["fresh-eggs"], lot="", expiry=9, route="")
    dateless = peas[0].model_copy(update={"expiry": None})
    assert describe.rank(peas[0], [*peas, eggs]) == " (1 of 3 to expire)"
    assert describe.rank(peas[2], [*peas, eggs]) == " (2 of 3 to expire)"
    stored = [(peas[0], "cold-0"), (eggs, "cold-1"), (peas[2], "cold-2")]
    assert describe.rank(peas[1], [*peas, eggs], stored) == (
        " (2 of 3 to expire, 1 at cold-0, 2 at cold-2)"
    )
    assert describe.rank(eggs, [*peas, eggs]) == ""
    assert describe.rank(dateless, peas) == ""


def test_kinds_come_before_the_name() -> None:
    skus = {sku.sku: sku for sku in load_catalogue("grocer").items}
    eggs = Unit(sku=skus["fresh-eggs"], lot="", expiry=9, route="home")
    assert describe.label(eggs, 9.0) == "dairy chilled fragile to home: the fresh eggs 9 days"
    heavy = "dairy chilled fragile heavy to home: the fresh eggs"
    assert describe.label(eggs, 0.0).startswith(heavy)
    manifest = Manifest("carton-0", (Line("line-3", eggs.sku.gtin, 2, "", 9, "home"),))
    assert list(describe.manifest(manifest, lambda _: eggs, 9.0)) == [
        "carton-0 should hold",
        "2 dairy chilled fragile to home: line-3 fresh eggs 0.14 kg 6.5 cm 9 days",
    ]
    assert list(describe.manifest(manifest, lambda _: None, 9.0))[1] == "2 unknown goods: line-3"


def test_what_is_promised_counts_as_often_as_a_manifest_says() -> None:
    case = Case(id="a", instruction="Do it.", facility="fresh_grocer", seed=7)
    briefing = Stage(case).briefing
    clerk = Clerk(briefing.facility, briefing.catalogue)
    peas, eggs = briefing.catalogue.items[:2]
    lines = (Line("line-0", peas.gtin, 2, "", 9, ""), Line("line-1", eggs.gtin, 1, "", 9, ""))
    units = clerk.delivery([Manifest("carton-0", lines)])
    assert [unit.sku for unit in units] == [peas, peas, eggs]
