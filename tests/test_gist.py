"""The gist of an instruction says what the instruction means."""

from __future__ import annotations

import pytest

from warewheel.agents.clerk import Clerk, Promise
from warewheel.agents.language import describe
from warewheel.agents.language.gist import gist
from warewheel.agents.language.model import Completion, Demand
from warewheel.agents.planners.scribe import Scribe
from warewheel.agents.planners.scripted import Scripted
from warewheel.agents.planners.speaking import Speaking
from warewheel.configs import load_suite, zone_of
from warewheel.configs.orders import moves_of, settle
from warewheel.configs.schema import Case, Goods, Move, Order, Spot
from warewheel.flywheel.bench.play import Stage, play
from warewheel.flywheel.suites.make import delivery_of
from warewheel.sim.values import Line, Manifest

SUITES = ("base", "conditional", "memory", "quantity", "reference", "rules", "temporal", "zh")


def place_by(gist: str, label: str, home: str) -> str:
    """Read a gist as a model is to read it: the first clause that is about a label holds."""
    for clause in gist.split("; "):
        who, arrow, place = clause.rpartition(">")
        words = who.rpartition(" = ")[2]
        if words[:1].isdigit():
            words = words.partition(" ")[2]
        if arrow and (words in ("all", "else") or set(words.split()) <= set(label.split())):
            return home if place == "house" else place
    raise AssertionError(f"{gist}: nothing about {label}")


@pytest.mark.parametrize("suite", SUITES)
def test_read_word_by_word_it_leads_where_the_order_does(suite: str) -> None:
    told = 0
    for case in load_suite(suite).cases[:40]:
        delivery = delivery_of(Stage(case))
        storage, usual = delivery.facility.storage, Stage(case).briefing.house.storage
        for number, order in enumerate(case.meanings):
            known = [u for k, c in enumerate(delivery.cartons) for u in c.values()
                     if order.cartons is None or k in order.cartons]  # fmt: skip
            lines = [Promise(f"line-{k}", 1, unit) for k, unit in enumerate(known)]
            said = gist(order, case.rules if number == 0 else (), lines, storage)
            settled = settle(order, known, storage)
            for unit in known:
                label = describe.label(unit, storage.heavy_above).replace(":", "")
                moves = moves_of(settled, unit, storage)
                if moves:
                    to = moves[0].to
                    wanted = to.place or f"{to.zone}" + ("" if to.level is None else f"-{to.level}")
                else:
                    wanted = zone_of(unit, storage) if order.rest == "house" else "table"
                assert place_by(said, label, zone_of(unit, usual)) == wanted, (case.id, said, label)
                told += 1
    assert told > 100


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (Order(), "else>house"),
        (Order(rest="table"), "else>table"),
        (
            Order(moves=(Move(what=Goods(fragile=True), to=Spot(zone="cold"), count=2),)),
            "2 fragile>cold; else>house",
        ),
        (
            Order(moves=(Move(what=Goods(heavy=False), to=Spot(zone="cold", level=1)),)),
            "the heavy>house; all>cold-1; else>house",
        ),
        (
            Order(
                moves=(Move(what=Goods(but=Goods(category=("books",))), to=Spot(place="table")),),
                within=120.0,
            ),
            "within 2 min; the books>house; all>table; else>house",
        ),
        (
            Order(moves=(Move(what=Goods(extreme="tallest"), to=Spot(zone="cold")),)),
            "tallest all: none = none>cold; else>house",
        ),
        (
            Order(if_any=Goods(category=("fish",)), otherwise=(Move(to=Spot(zone="cold")),)),
            "if fish: none; all>cold; else>house",
        ),
        (Order(first=Goods(temperature=("frozen",))), "first frozen: none = 0 frozen; else>house"),
    ],
)
def test_gists_of_orders(order: Order, said: str) -> None:
    storage = Stage(load_suite("base").cases[0]).briefing.facility.storage
    assert gist(order, (), [], storage) == said


def test_what_is_decided_by_manifests_is_told_by_their_lines() -> None:
    briefing = Stage(Case(id="a", instruction="Do it.", facility="fresh_grocer", seed=7)).briefing
    skus = {sku.sku: sku for sku in briefing.catalogue.items}
    lines = tuple(
        Line(f"line-{k}", skus[sku].gtin, quantity, "", days, "")
        for k, (sku, quantity, days) in enumerate(
            [("fresh-eggs", 2, 9), ("honey", 1, 90), ("sour-cream", 1, 9), ("fresh-eggs", 1, 4)]
        )
    )
    clerk = Clerk(briefing.facility, briefing.catalogue)
    promises = list(clerk.promises([Manifest("carton-0", lines)]))
    dairy, storage = Goods(category=("dairy",)), briefing.facility.storage
    heaviest = dairy.model_copy(update={"extreme": "heaviest"})
    assert gist(Order(first=dairy), (), promises, storage) == (
        "first dairy: line-0 2, line-2 3, line-3 4 = 4 dairy; else>house"
    )
    assert gist(Order(if_any=dairy), (), promises, storage) == (
        "if dairy: line-0 fresh eggs; else>house"
    )
    order = Order(moves=(Move(what=heaviest, to=Spot(zone="cold")),))
    assert gist(order, (), promises, storage) == (
        "heaviest dairy: line-0 fresh eggs 0.14*, line-2 sour cream 0.22*, line-3 fresh eggs 0.14 "
        "= sour cream>cold; else>house"
    )


def test_the_scribe_takes_down_the_gist_of_each_instruction() -> None:
    stage = Stage(load_suite("memory").cases[0])
    scribe = Scribe(stage.briefing, Scripted(stage.briefing))
    assert play(stage, scribe).success
    messages = scribe.messages
    told = [k for k, message in enumerate(messages) if "told: " in message["content"]]
    assert len(told) == 2
    assert all(messages[k + 1]["content"].endswith(("else>house", "else>table")) for k in told)
    roles = [message["role"] for message in messages]
    assert roles == ["system", *["user", "assistant"] * (len(roles) // 2)]


class Parrot:
    """A model that keeps what it was asked, and writes the gist or the first legal step."""

    name = "parrot"

    def __init__(self) -> None:
        self.asked: list[Demand] = []

    def complete(self, demand: Demand) -> Completion:
        self.asked.append(demand)
        text = demand.steps[0] if demand.steps else "else>house"
        return Completion(text=text, read=1, cached=0, written=1, seconds=0.0)


def test_a_model_is_asked_for_a_gist_once_for_each_instruction() -> None:
    case: Case = load_suite("memory").cases[0]
    stage = Stage(case)
    model = Parrot()
    planner = Speaking(stage.briefing, model)
    play(stage, planner)
    gists = [demand for demand in model.asked if not demand.steps]
    assert gists[0] is model.asked[0]
    assert all("told: " in demand.messages[-1]["content"] for demand in gists)
    assert [said.turn for said in planner.utterances].count(None) == len(gists)
    assert model.asked[1].messages[-2] == {"role": "assistant", "content": "else>house"}
