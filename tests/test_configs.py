"""Shipped files load, and each mistake in a file is told by line."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warewheel.configs import (
    ConfigError,
    load_body,
    load_catalogue,
    load_cell,
    load_facility,
    names,
    zone_of,
)
from warewheel.configs.choice import closest, unknown
from warewheel.configs.document import parse
from warewheel.configs.load import Kind, read
from warewheel.configs.schema import Body, Catalogue, Facility, Sku, Strict, Unit

ROOT = Path(__file__).resolve().parent.parent
FACILITY = (ROOT / "configs/facilities/parcel_hub.yaml").read_text()
CATALOGUE = (ROOT / "configs/catalogues/general.yaml").read_text()


def refusal(text: str, model: type[Strict]) -> str:
    with pytest.raises(ConfigError) as caught:
        read(text, "my.yaml", model)
    return str(caught.value)


def line_of(text: str, part: str) -> int:
    """Return the number of the first line that holds ``part``."""
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("kind", "load"),
    [("facility", load_facility), ("body", load_body), ("catalogue", load_catalogue)],
)
def test_every_shipped_file_loads_under_its_own_name(kind: Kind, load: object) -> None:
    assert names(kind)
    assert callable(load)
    for name in names(kind):
        assert load(name).name == name
        assert load(name) is load(name)


def test_every_shipped_cell_works() -> None:
    for facility_name in names("facility"):
        for body_name in names("body"):
            facility, _, catalogue = load_cell(facility_name, body_name)
            zones = [
                zone_of(Unit(sku=sku, route=route), facility.storage)
                for sku in catalogue.items
                for route in facility.storage.routes or ("",)
            ]
            for rule in facility.storage.slotting:
                assert zones.count(rule.zone) >= 3, rule.zone


def test_catalogues_are_varied() -> None:
    by_gtin: dict[str, Sku] = {}
    for name in names("catalogue"):
        items = load_catalogue(name).items
        for sku in items:
            # A number stands for the same goods wherever it is used.
            assert by_gtin.setdefault(sku.gtin, sku) == sku
        if name in ("unseen", "awkward", "awkward-unseen"):
            continue  # odd on purpose
        assert 18 <= len(items) <= 30
        assert len({sku.category for sku in items}) >= 6
        assert {sku.shape for sku in items} >= {"box", "bag", "can", "bottle"}
        assert all(min(sku.size) >= 0.035 for sku in items), "a thin item would topple"


def test_facilities_differ() -> None:
    sites = [load_facility(name) for name in names("facility")]
    for part in ("catalogue", "cartons", "table", "zones", "totes", "rack", "storage", "delivery"):
        values = [getattr(site, part) for site in sites]
        assert all(a != b for a, b in itertools.combinations(values, 2)), part


def test_unknown_names_are_told_with_the_closest() -> None:
    with pytest.raises(ConfigError) as caught:
        load_facility("parcel_hob")
    assert str(caught.value) == unknown("facility", "parcel_hob", names("facility"))
    assert str(caught.value).endswith("did you mean 'parcel_hub'?")
    with pytest.raises(ConfigError, match="kind 'robot' is unknown; allowed: facility, body, cat"):
        names("robot")


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    shelf = tmp_path / "shelf.yaml"
    shelf.write_text(CATALOGUE)
    site = tmp_path / "site.yaml"
    site.write_text(changed(FACILITY, "catalogue: general", "catalogue: shelf.yaml"))
    assert load_cell(str(site), "panda")[2] == load_catalogue("general")
    with pytest.raises(ConfigError, match=r"body file '.*none\.yaml' cannot be read"):
        load_body(str(tmp_path / "none.yaml"))


FACILITY_MISTAKES = [
    (
        "    wall: 0.008",
        "    wal: 0.008",
        "cartons[0].wal: unknown key; allowed: name, size, wall, mass, gap, seam, tape_torque, "
        "cells, pitch; "
        "did you mean 'wall'?",
    ),
    ("name: parcel_hub", "title: parcel_hub", "title: unknown key; allowed: name, description"),
    ("    wall: 0.008", "    wall: -1", "cartons[0].wall: got -1; input should be greater than 0"),
    ("    wall: 0.008", "    wall: .nan", "cartons[0].wall: got nan; input should be"),
    (
        "{zone: secure, x:",
        "{zone: secured, x:",
        "rack.columns[3].zone: zone 'secured' is unknown; allowed: north, east, south, hazmat, "
        "secure, quarantine; did you mean 'secure'?",
    ),
    ("zone: east, position", "zone: eats, position", "totes[1].zone: zone 'eats' is unknown"),
    ("zone: east, route", "zone: west, route", "storage.slotting[3].zone: zone 'west' is unknown"),
    ("wrong: quarantine", "wrong: quarantin", "storage.quarantine.wrong: zone 'quarantin' is unk"),
    ("    wrong: quarantine", "    wrongs: quarantine", "storage.quarantine.wrongs: got 'wrongs'"),
    ("{condition: secure}", "{condition: locked}", "zones.secure.condition: got 'locked'; allowed"),
    ("  chain: Unpack", "  chains: Unpack", "instructions.chains: got 'chains'; allowed: chain"),
    ("damaged: 0.05", "damaged: 1.05", "delivery.damaged: got 1.05; input should be less than"),
    ("items: [2, 6]", "items: [6, 2]", "delivery.items: expected (least, most), got (6, 2)"),
    ("items: [2, 6]", "items: [0, 6]", "delivery.items[0]: got 0; input should be greater"),
    (
        "secure, high_value",
        "secure, hi_value",
        "storage.slotting[1].hi_value: unknown key; allowed",
    ),
    ("    wall: 0.008", "    wall: 0.008\n    wall: 1", "key 'wall' is given twice, first on line"),
    ("name: parcel_hub", "name: !!python/name:os.system", "could not determine a constructor"),
    ("name: parcel_hub", "name: [parcel_hub", "expected ',' or ']'"),
    ("name: parcel_hub", "name: a\x1f", "special characters are not allowed: 31"),
]
CATALOGUE_MISTAKES = [
    (
        '"09520000000134"',
        '"09520000000135"',
        "items[0].gtin: check digit of '09520000000135' is 5; it should be 4",
    ),
    ('"09520000000134"', '"0952000"', "items[0].gtin: got '0952000'; string should match pattern"),
    (
        '"09520000000141"',
        '"09520000000134"',
        "items[1].gtin: '09520000000134' is taken by items[0]",
    ),
    ("sku: bud-vase", "sku: drinking-glass", "items[1].sku: 'drinking-glass' is taken by items[0]"),
    ("shape: can", "shape: cans", "items[0].shape: got 'cans'; allowed: box, bag, can"),
    ("rpy: [1.5708", "rpy: [1.2", "mesh.rpy: expected multiples of pi/2, got (1.2"),
    ("shelf_life_days: 540", "shelf_life_days: 0", "items[2].shelf_life_days: got 0; input should"),
]
MISTAKES: list[tuple[type[Strict], str, str, str, str]] = [
    *((Facility, FACILITY, *row) for row in FACILITY_MISTAKES),
    *((Catalogue, CATALOGUE, *row) for row in CATALOGUE_MISTAKES),
]


@pytest.mark.parametrize(("model", "text", "old", "new", "says"), MISTAKES)
def test_a_mistake_is_told_by_line(
    model: type[Strict], text: str, old: str, new: str, says: str
) -> None:
    message = refusal(changed(text, old, new), model)
    assert says in message
    told = [int(line.split(":")[1]) for line in message.splitlines()]
    # The second of two keys stands one line later; an open bracket shows on a later line.
    late = 1 if "twice" in says or "expected ','" in says else 0
    at = line_of(text, old)
    assert any(at <= line <= at + late for line in told), message


def test_item_level_mistakes_point_at_the_item() -> None:
    text = changed(CATALOGUE, "[0.064, 0.064, 0.125]", "[0.064, 0.060, 0.125]")
    at = line_of(CATALOGUE, "sku: drain-opener")
    says = "items[3]: a can is round: expected equal x and y, got 0.064 and 0.06"
    assert refusal(text, Catalogue) == f"my.yaml:{at}: {says}"
    text = changed(CATALOGUE, "shape: box", "shape: mesh")
    assert "shape is 'mesh' without a mesh" in refusal(text, Catalogue)


def test_missing_keys_and_all_mistakes_at_once() -> None:
    text = changed(changed(FACILITY, "    wall: 0.008\n", ""), "  mass: 1.2", "  mass: heavy")
    at = line_of(FACILITY, "- name: double-wall")
    lines = refusal(text, Facility).splitlines()
    assert lines[0] == f"my.yaml:{at}: cartons[0].wall: missing key"
    assert lines[1].startswith(
        f"my.yaml:{at + 2}: cartons[0].mass: got 'heavy'; input should be a valid"
    )
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("- 1\n", "top level: got [1]"),
    ],
)
def test_other_documents_are_refused(text: str, says: str) -> None:
    assert refusal(text, Body).startswith(f"my.yaml:1: {says}")


def test_an_alias_that_holds_itself_is_refused() -> None:
    with pytest.raises(ConfigError):
        read("name: &a [*a]\n", "my.yaml", Body)


@given(st.text(max_size=80) | st.text("!&*:-?[]{}|>#%@'\"\\\n ,.~<=_0x1abe", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text, "my.yaml")
    except ConfigError as error:
        assert str(error).startswith("my.yaml:")


@given(st.lists(st.text("abcdef_", min_size=3), unique=True, min_size=1))
def test_a_known_word_is_closest_to_itself(words: list[str]) -> None:
    assert closest(words[0], words) == words[0]


def test_unknown_without_a_near_word() -> None:
    assert unknown("body", "zzz", ["panda"]) == "body 'zzz' is unknown; allowed: panda"
    assert unknown("body", "zzz", []) == "body 'zzz' is unknown; allowed: none"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("kind: parallel", "kind: paralel", "effector.kind: got 'paralel'; allowed: parallel, vac"),
        ("  kind: parallel\n", "", "effector.kind: missing key"),
        ("  force: 40.0\n", "", "effector.force: missing key"),
        ("  force: 40.0", "  forse: 40.0", "effector.forse: unknown key; allowed: kind, opening"),
        ("  force: 40.0", "  force: -1.0", "effector.force: got -1.0; "),
    ],
)
def test_mistakes_in_an_end_effector_are_told_in_the_files_words(
    old: str, new: str, says: str
) -> None:
    panda = (ROOT / "configs/bodies/panda.yaml").read_text()
    assert says in refusal(changed(panda, old, new), Body)
