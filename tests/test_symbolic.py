"""The symbolic twin does what the domain says, in every state that can be reached."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from warewheel.agents.domain import REASONS, SIGNATURES, Fact, ground, needless, undone
from warewheel.agents.inventory import CARTON, HAND
from warewheel.agents.legal import legal
from warewheel.agents.plan import Outcome, Subgoal
from warewheel.agents.symbolic import SymbolicTwin
from warewheel.configs import load_suite, names
from warewheel.configs.schema import Case, Task
from warewheel.flywheel.bench.play import Stage
from warewheel.flywheel.suites.material import lesson
from warewheel.sim.facts import TABLE
from warewheel.sim.spec import WorldSpec
from warewheel.sim.values import FINDINGS

STEPS = 60
STAGES: tuple[Task, ...] = ("unpack", "classify", "store")


def deliveries() -> Iterator[tuple[str, WorldSpec]]:
    """One delivery of each suite and of each task and site; one with labels nobody can read."""
    for k, name in enumerate(names("suite")):
        yield name, Stage(load_suite(name).cases[k]).spec
    for task, site in itertools.product(STAGES, names("facility")):
        case = Case(id="a", instruction="Do it.", facility=site, seed=7, task=task)
        yield f"{task}-{site}", Stage(case).spec
    spec = Stage(load_suite("long").cases[0]).spec
    yield "blotted", blotted(spec)


def blotted(spec: WorldSpec) -> WorldSpec:
    """Return a delivery of which every other label cannot be read."""
    parcels = tuple(
        replace(
            parcel,
            placements=tuple(
                place if k % 2 else replace(place, label=None)
                for k, place in enumerate(parcel.placements)
            ),
        )
        for parcel in spec.parcels
    )
    return replace(spec, parcels=parcels)


DELIVERIES = dict(deliveries())
every = pytest.mark.parametrize("name", list(DELIVERIES))


def walk(
    twin: SymbolicTwin, seed: int, steps: int = STEPS
) -> Iterator[tuple[frozenset[Fact], Subgoal, Outcome]]:
    """Do legal steps by chance, each skill as likely as any other; tell what was true before."""
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        options = legal(twin.inventory, twin.facts, twin.places)
        skills = sorted({s.skill for s in options if not SIGNATURES[s.skill].ends})
        skill = skills[int(rng.integers(len(skills)))]
        mine = [step for step in options if step.skill == skill]
        step = mine[int(rng.integers(len(mine)))]
        before = twin.facts
        yield before, step, twin.do(step)


def imaginable(twin: SymbolicTwin) -> list[Subgoal]:
    """Return every subgoal that names things that are there."""
    items, places = list(twin.inventory.entries), list(twin.places.floors)
    lines = [line.name for manifest in twin.inventory.manifests for line in manifest.lines]
    found = [Subgoal(skill) for skill in ("wait", "open", "stop")]
    found += [Subgoal(skill, item) for skill in ("pick", "scan") for item in items]
    found += [Subgoal("place", item, place) for item in items for place in places]
    found += [Subgoal("report", line, finding="short") for line in lines]
    found += [
        Subgoal("report", item, finding=f) for item in items for f in FINDINGS if f != "short"
    ]
    return found + [Subgoal("refuse", reason=reason) for reason in REASONS]


@every
def test_every_legal_step_succeeds_but_for_labels_that_cannot_be_read(name: str) -> None:
    spec = DELIVERIES[name]
    readable = {place.name for place in spec.placements if place.label is not None}
    for _, step, outcome in walk(SymbolicTwin(spec), 1):
        blot = step.skill == "scan" and step.item not in readable
        assert outcome == (Outcome(False, "UNREADABLE") if blot else Outcome(True)), step


@every
def test_a_success_brings_about_what_the_signature_says_and_undoes_the_rest(name: str) -> None:
    twin = SymbolicTwin(DELIVERIES[name])
    for _, step, outcome in walk(twin, 2):
        if not outcome.success:
            continue
        signature = SIGNATURES[step.skill]
        assert twin.facts.issuperset(ground(signature.effects, step)), step
        assert not undone(twin.facts, ground(signature.undoes, step)), step


@every
def test_nothing_else_changes_but_for_the_belt(name: str) -> None:
    """What a step does not name stays, other than cartons and what they bring."""
    twin = SymbolicTwin(DELIVERIES[name])
    for before, step, _ in walk(twin, 3):
        strange = {f for f in before ^ twin.facts if step.item not in f and f[0] != "free"}
        arrivals = {f for f in strange if f[-1] == "carton" or f[0] in ("clear", "known")}
        assert strange - arrivals <= {("hand", "empty")}, step


@every
def test_legal_is_what_makes_sense_and_nothing_else(name: str) -> None:
    twin = SymbolicTwin(DELIVERIES[name])
    for _ in walk(twin, 4, 12):
        found = legal(twin.inventory, twin.facts, twin.places)
        assert len(found) == len(set(found))
        sensible = {
            step
            for step in imaginable(twin)
            if not needless(twin.facts, step)
            and twin.facts.issuperset(ground(SIGNATURES[step.skill].needs, step))
        }
        assert set(found) == sensible


@every
def test_what_is_not_legal_is_refused_with_the_right_word_and_changes_nothing(name: str) -> None:
    """A need that held before is out of order; one that never did was missed."""
    twin = SymbolicTwin(DELIVERIES[name])
    ever = set(twin.facts)
    for _ in walk(twin, 5, 12):
        ever |= twin.facts
        before = twin.inventory
        options = set(legal(twin.inventory, twin.facts, twin.places))
        for step in imaginable(twin):
            if step in options or needless(twin.facts, step):
                continue
            missing = set(ground(SIGNATURES[step.skill].needs, step)) - twin.facts
            word = "WRONG_ORDER" if missing <= ever else "MISSING_STEP"
            assert twin.do(step) == Outcome(False, word), step
        assert twin.inventory == before


@pytest.mark.parametrize(
    ("step", "label"),
    [
        (Subgoal("juggle", "item-0"), "HALLUC_SKILL"),
        (Subgoal("?"), "HALLUC_SKILL"),
        (Subgoal("pick", "item-99"), "HALLUC_ITEM"),
        (Subgoal("scan", "line-0"), "HALLUC_ITEM"),
        (Subgoal("place", "item-0", "attic"), "HALLUC_PLACE"),
        (Subgoal("place", "item-0", "carton"), "HALLUC_PLACE"),
        (Subgoal("place", "item-99", "attic"), "HALLUC_ITEM"),
        (Subgoal("report", "item-0", finding="short"), "HALLUC_ITEM"),
        (Subgoal("report", "line-0", finding="damaged"), "HALLUC_ITEM"),
        (Subgoal("report", "item-0", finding="ugly"), "SCHEMA"),
        (Subgoal("refuse", reason="tired"), "SCHEMA"),
    ],
)
def test_what_is_not_there_is_made_up(step: Subgoal, label: str) -> None:
    twin = SymbolicTwin(DELIVERIES["base"])
    assert twin.do(step) == Outcome(False, label)


@every
def test_a_label_is_known_once_it_was_scanned_and_no_sooner(name: str) -> None:
    spec = DELIVERIES[name]
    twin = SymbolicTwin(spec)
    known = {place.name for place in spec.placements} if spec.read else set()
    assert set(twin.inventory.labels) == known
    for _, step, outcome in walk(twin, 6):
        if step.skill == "scan" and outcome.success:
            known.add(step.item)
        assert set(twin.inventory.labels) == known
        assert {("known", item) for item in known} == {f for f in twin.facts if f[0] == "known"}


@every
def test_a_label_says_what_is_printed_on_it(name: str) -> None:
    twin = SymbolicTwin(DELIVERIES[name])
    labels = {place.name: place.label for place in DELIVERIES[name].placements}
    for _ in walk(twin, 6):
        pass
    for item, read in twin.inventory.labels.items():
        label = labels[item]
        assert label is not None
        assert (read.gtin, read.lot, read.route, read.note) == (
            label.sku.gtin, label.lot, label.route, label.note
        )  # fmt: skip


@every
def test_with_full_observability_all_that_can_be_read_is_known(name: str) -> None:
    spec = DELIVERIES[name]
    twin = SymbolicTwin(spec, known=True)
    readable = {place.name for place in spec.placements if place.label is not None}
    for _ in walk(twin, 7):
        assert set(twin.inventory.labels) == readable & twin.inventory.entries.keys()


@every
def test_conditions_show_when_the_carton_is_open(name: str) -> None:
    twin = SymbolicTwin(DELIVERIES[name])
    true = {place.name: place.unit.condition for place in DELIVERIES[name].placements}
    for _ in walk(twin, 8):
        for entry in twin.inventory.items:
            shut = entry.where == CARTON and not twin.inventory.opened
            assert entry.condition == ("intact" if shut else true[entry.name])


def test_cartons_come_one_after_another() -> None:
    """The next one rides in while the last item of the one before is put away."""
    spec = DELIVERIES["long"]
    twin = SymbolicTwin(spec)
    assert len(spec.parcels) == 3
    assert twin.do(Subgoal("open")).cause == "MISSING_STEP"
    assert twin.do(Subgoal("wait")).success
    for number, parcel in enumerate(spec.parcels):
        assert twin.carton == parcel.name
        assert twin.do(Subgoal("open")).success
        *others, last = parcel.placements
        for place in others:
            _put_away(twin, place.name)
            assert set(twin.inventory.origins.values()) == {
                p.name for p in spec.parcels[: number + 1]
            }
        assert twin.do(Subgoal("pick", last.name)).success
        coming = number < len(spec.parcels) - 1
        assert (("docked", "carton") in twin.facts) == (not coming)
        _put_away(twin, last.name)
        # The belt takes longer than that; whoever waits does so until it has stopped.
        assert (("docked", "carton") in twin.facts) == (not coming)
        before = twin.step
        assert twin.do(Subgoal("wait")).success
        assert ("docked", "carton") in twin.facts
        assert twin.step - before < 2 * SIGNATURES["wait"].steps
        assert (("open", "carton") in twin.facts) == (not coming)
    assert len(twin.inventory.entries) == len(spec.placements)


def _put_away(twin: SymbolicTwin, item: str) -> None:
    if twin.inventory.held is None:
        assert twin.do(Subgoal("pick", item)).success
    place = next(fact[1] for fact in sorted(twin.facts) if fact[0] == "free")
    assert twin.do(Subgoal("place", item, place)).success


@every
def test_the_same_walk_twice_is_the_same_walk(name: str) -> None:
    one, other = (list(walk(SymbolicTwin(DELIVERIES[name]), 9)) for _ in range(2))
    assert one == other


def test_time_passes_by_what_a_skill_takes_and_one_step_for_nothing() -> None:
    twin = SymbolicTwin(DELIVERIES["base"])
    twin.do(Subgoal("wait"))
    assert twin.step == SIGNATURES["wait"].steps
    twin.do(Subgoal("pick", "item-0"))
    assert twin.step == SIGNATURES["wait"].steps + 1


@pytest.mark.parametrize("name", ["base", "long", "memory"])
def test_a_mishap_leaves_an_item_where_it_was_or_lets_it_fall(name: str) -> None:
    spec = DELIVERIES[name]
    causes = set()
    for seed in range(6):
        twin = SymbolicTwin(spec, mishaps=np.random.default_rng(seed))
        before = twin.inventory
        for facts, step, outcome in walk(twin, seed):
            if outcome.cause in ("GRASP_SLIP", "IK", "AFFORDANCE"):
                assert step.skill == "pick" and twin.facts == facts
            if outcome.cause == "DROP":
                assert step.skill in ("scan", "place") and before.item(step.item).where == HAND
                assert twin.inventory.item(step.item).where in (CARTON, TABLE)
                assert ("hand", "empty") in twin.facts
            causes.add(outcome.cause)
            before = twin.inventory
    assert causes >= {"GRASP_SLIP", "IK", "AFFORDANCE", "DROP", ""}


def test_the_expert_gets_over_mishaps_and_each_seed_has_its_own() -> None:
    cases = load_suite("base").cases[:10]
    heard = []
    for case in cases:
        found = lesson(case, clumsy=1.0)
        assert found is not None and found.played.success
        assert found == lesson(case, clumsy=1.0)
        heard.append(sum("failed: " in one["content"] for one in found.messages))
    assert max(heard) > 1 and len(set(heard)) > 2
    plain = lesson(cases[0])
    assert plain is not None
    assert not any("failed: " in one["content"] for one in plain.messages)
