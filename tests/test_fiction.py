"""Made-up sites are sites, are all different, and say nothing about real ones."""

from __future__ import annotations

import pytest

from warewheel.agents.language import describe
from warewheel.configs import load_cell, names, zone_of
from warewheel.configs.schema import Facility, Unit
from warewheel.flywheel.bench.play import Stage
from warewheel.flywheel.suites import asking, fiction, material
from warewheel.flywheel.suites.make import RECIPES, cases

SITES = names("facility")


def stage(seed: int, site: str = "parcel_hub") -> Stage:
    return fiction.setting(seed)(asking.blank(site))


@pytest.mark.parametrize("site", SITES)
def test_a_made_up_site_is_a_site(site: str) -> None:
    real, _, goods = load_cell(site, "panda")
    for seed in range(50):
        cell = stage(seed, site).cell
        assert cell is not None
        facility, _, catalogue = cell
        assert Facility.model_validate(facility.model_dump()) == facility
        assert facility.rack.slots and facility.conveyor == real.conveyor
        assert len(catalogue.items) == len(goods.items)
        assert len({sku.sku for sku in catalogue.items}) == len(goods.items)
        # Every item has a home that keeps it as it must be kept.
        for sku in catalogue.items:
            for route in facility.storage.routes or ("",):
                zone = zone_of(Unit(sku=sku, route=route), facility.storage)
                keeps = facility.zones[zone].condition
                assert (sku.hazard != "none") == (keeps == "hazmat")
                assert (sku.temperature != "ambient") <= (keeps == "cold")
                assert zone in {column.zone for column in facility.rack.columns}


def test_some_goods_go_by_names_that_nobody_has_heard() -> None:
    known = {
        word for site in SITES for sku in load_cell(site, "panda")[2].items
        for word in sku.sku.split("-")
    }  # fmt: skip
    cells = [stage(seed).cell for seed in range(20)]
    called = [sku.sku.split("-") for cell in cells if cell is not None for sku in cell[2].items]
    numbered = sum(words[-1].isdigit() for words in called)
    unheard = sum(any(w not in known and not w.isdigit() for w in words) for words in called)
    assert 0.15 < numbered / len(called) < 0.35
    assert 0.4 < unheard / len(called) < 0.65


def test_same_seed_same_site_and_another_seed_another() -> None:
    told = ["\n".join(describe.site(*stage(seed).cell[:2])) for seed in range(50)]  # type: ignore[index]
    assert told[7] == "\n".join(describe.site(*stage(7).cell[:2]))  # type: ignore[index]
    assert len(set(told)) == len(told)
    real = {[*describe.site(*load_cell(name, "panda")[:2])][-1] for name in SITES}
    assert not real & {text.splitlines()[-1] for text in told}


@pytest.mark.parametrize("suite", ["base", "rules", "quantity", "injection"])
def test_the_expert_solves_deliveries_to_made_up_sites(suite: str) -> None:
    for seed in range(5):
        setting = fiction.setting(seed)
        (case,) = cases(RECIPES[suite], suite, seed, 1, setting)
        found = material.lesson(case, setting)
        assert found is not None and found.played.success
        # The case alone does not know of it: its own site has none of these goods.
        assert setting(case).spec != Stage(asking.blank(case.facility)).spec
