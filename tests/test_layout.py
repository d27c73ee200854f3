"""Layouts: stations stand free, and what is wrong is told with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from warewheel.configs import ConfigError, load_cell, load_facility, names
from warewheel.configs.footprint import boxes, collisions, swept
from warewheel.configs.layout import path_of, places
from warewheel.scripts.main import main
from warewheel.sim.stations import belt, stations

ROOT = Path(__file__).resolve().parent.parent
HUB = (ROOT / "configs/facilities/parcel_hub.yaml").read_text()
CELLS = [(facility, body) for facility in names("facility") for body in names("body")]


@pytest.mark.parametrize(("facility", "body"), CELLS)
def test_what_is_built_stays_within_its_boxes(facility: str, body: str) -> None:
    site, robot, _ = load_cell(facility, body)
    room = boxes(site, robot.base)
    room["dock"] = room["conveyor"]
    room["table"] += room["scanner"]
    room["totes"] = tuple(
        box for name in [t.name for t in site.totes] + ["stand of the totes"] for box in room[name]
    )
    built = {**stations(site, robot), "conveyor": (belt(site),)}
    for station, blocks in built.items():
        low = [min(box.low[k] for box in room[station]) for k in range(3)]
        high = [max(box.high[k] for box in room[station]) for k in range(3)]
        for block in blocks:
            if block.solid:
                for k in range(3):
                    assert block.centre[k] - block.size[k] / 2 >= low[k] - 1e-9, (station, block)
                    assert block.centre[k] + block.size[k] / 2 <= high[k] + 1e-9, (station, block)


@pytest.mark.parametrize(("facility", "body"), CELLS)
def test_stations_stand_free(facility: str, body: str) -> None:
    site, robot, _ = load_cell(facility, body)
    assert list(collisions(site, robot.base)) == []
    assert list(swept(site, robot.base)) == []


@pytest.mark.parametrize("facility", names("facility"))
def test_each_place_has_its_line(facility: str) -> None:
    site = load_facility(facility)
    for name in places(site):
        assert path_of(f"{name} is out of reach", site), name


# What is changed in the hub's file, what is said, and at the line of which text; a slash stands
# for a new line.
MISTAKES = [
    ("[0.625, 0.72]", "[0.73, 0.72]", "slot north-2 is 0.818 m from the base; panda", None),
    ("[0.17, -0.52]", "[0.9, -0.52]", "table spot 3 is 1.039 m from the base; panda", None),
    ("[0.17, -0.52]", "[0.11, -0.52]", "table spot 3 is not 0.030 m within the table's", None),
    ("[0.28, -0.36]", "[0.22, -0.36]", "table spot 0 is not 0.107 m away from the scanner", None),
    ("centre: [0.335, -0.525, 0.60]", "centre: [0.335, -0.425, 0.60]",
     "conveyor and table stand in each other", "table:"),
    ("centre: [0.335, -0.525, 0.60]", "centre: [0.335, -0.50, 0.60]",
     "a flap of carton 'double-wall' would hit table as it opens", "table:"),
    ("position: [-0.198, -0.568", "position: [-0.12, -0.568",
     "tote-secure and tote-hazmat stand in each other", None),
    ("position: [-0.006, -0.376", "position: [0.05, -0.376",
     "table and tote-north stand in each other", None),
    ("- [0.395, 0.50]", "- [0.28, 0.50]", "conveyor and rack stand in each other", "rack:"),
    ("- [0.51, 0.61]", "- [0.51, 0.49]", "rack tier 1 is not above and behind tier 0", None),
    ("slot_size: [0.140", "slot_size: [0.150", "rack columns 0.148 m apart overlap", "  columns:"),
    ("name: half", "name: double-wall", "the name 'double-wall' is given twice", None),
    ("name: tote-east", "name: north-0", "'north-0' is the name of another place", None),
    ("gap: 0.05\n", "gap: 0.02\n", "an open flap of carton 'double-wall' is 0.193 m long", None),
    ("pitch: [0.095, 0.154]", "pitch: [0.095, 0.19]",
     "from the outer cells of carton 'double-wall' to its wall there is 0.100 m along y", None),
    ("items: [2, 6]", "items: [2, 7]", "7 items do not fit the 6 cells of carton 'half'", None),
    ("    - [0.39, -0.36]\n    - [0.50, -0.36]\n    - [0.17, -0.52]\n    - [0.28, -0.52]\n", "",
     "6 items do not fit the 5 spots of the table", "spots:"),
    ("cartons: [1, 2]", "cartons: [1, 4]", "a delivery of 24 items does not fit the 18 slots",
     "delivery:"),
    ("{zone: south, x: 0.074}", "{zone: east, x: 0.074}",
     "zone 'south' has no slot in the rack; item ", "{zone: south, route:"),
    ("[0.42, 0.39, 0.172]", "[0.42, 0.39, 0.165]", "under the flaps of carton 'double-wall'",
     "sku: chlorine-bleach"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "says", "where"), MISTAKES)
def test_a_cell_that_cannot_work_is_told_by_file_and_line(
    tmp_path: Path, old: str, new: str, says: str, where: str | None
) -> None:
    assert old in HUB
    text = HUB.replace(old, new, 1)
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_cell(str(file), "panda")
    source, lines = str(file), text.splitlines()
    if where is not None and where.startswith("sku:"):
        source = "catalogues/general.yaml"
        lines = (ROOT / "configs" / source).read_text().splitlines()
    mark = (where or new).strip("\n")
    at = next(n for n, line in enumerate(lines, 1) if mark in line)
    if where is None:
        at = max(n for n, line in enumerate(lines, 1) if mark in line)
    told = [line.strip() for line in str(caught.value).splitlines()[1:]]
    assert any(line.startswith(f"{source}:{at}: ") and says in line for line in told), told


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("zone: east, route", "zone: eats, route", "zone 'eats' is unknown; allowed: north, east"),
        ("damaged: 0.05", "damaged: 1.5", "delivery.damaged: got 1.5; input should be less than"),
        ("heavy_above", "heavy_over", "storage.heavy_over: unknown key; allowed: slotting"),
        ("[0.625, 0.72]", "[0.73, 0.72]", "slot north-2 is 0.818 m from the base; panda reaches"),
    ],
)
def test_run_refuses_a_bad_facility_without_traceback(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(HUB.replace(old, new, 1))
    result = CliRunner().invoke(main, ["run", "--facility", str(file), "--json"])
    assert result.exit_code == 2
    assert says in result.output
    assert f"{file}:" in result.output
    assert "Traceback" not in result.output
