"""The clerk finds what is true of a delivery, no more and no less."""

from __future__ import annotations

import numpy as np
import pytest

from warewheel.agents.clerk import Clerk
from warewheel.agents.perceive import Belief
from warewheel.configs import load_cell, load_faults, names
from warewheel.envs.scenario import scenario
from warewheel.envs.truth import truth
from warewheel.sim.spec import WorldSpec
from warewheel.sim.values import ItemState, Pose, Proprioception, Read, Report

BODY = Proprioception(
    joints=np.zeros(7), velocities=np.zeros(7), torques=np.zeros(7), outside=lambda: np.zeros(7),
    tracking=np.zeros(7),
    closure=(0.0,), grip_force=(0.0,), tool=Pose((0, 0, 1)), wrench=np.zeros(6),
)  # fmt: skip


def after_scanning(spec: WorldSpec) -> Belief:
    """Return what is believed once every item has been held over the scanner."""
    items = tuple(
        ItemState(p.name, p.pose, p.unit.sku.size, 0.0, p.unit.condition) for p in spec.placements
    )
    labels = {
        p.name: Read(p.name, p.label.sku.gtin, p.label.lot, p.label.expiry, p.label.route)
        for p in spec.placements
        if p.label is not None
    }
    return Belief(
        body=BODY, carton=None, items=items, labels=labels,
        manifests=tuple(parcel.manifest for parcel in spec.parcels),
        origins={p.name: parcel.name for parcel in spec.parcels for p in parcel.placements},
        tool=Pose((0, 0, 1)), step=0, age=0,
    )  # fmt: skip


@pytest.mark.parametrize("profile", [None, "single", "often"])
@pytest.mark.parametrize("facility", names("facility"))
def test_the_clerk_reports_what_is_true(facility: str, profile: str | None) -> None:
    site, body, catalogue = load_cell(facility, "panda")
    faults = None if profile is None else load_faults(profile)
    clerk = Clerk(site, catalogue)
    seen: set[str] = set()
    for seed in range(150):
        spec = scenario("chain", site, body, catalogue, seed, faults)
        belief = after_scanning(spec)
        blotted = {place.name for place in spec.placements if place.label is None}
        told, true = set(clerk.reports(belief, blotted)), truth(spec)
        assert told >= true.reports, f"seed {seed}: untold {true.reports - told}"
        assert told <= true.reports | true.tolerated, f"seed {seed}: false {told - true.reports}"
        seen |= {report.finding for report in told}
    assert {"short", "surplus", "damaged"} <= seen


def test_nothing_is_missed_before_everything_was_seen() -> None:
    site, body, catalogue = load_cell("parcel_hub", "panda")
    clerk = Clerk(site, catalogue)
    for seed in range(20):
        belief = after_scanning(scenario("chain", site, body, catalogue, seed))
        first = next(iter(belief.labels))
        del belief.labels[first]
        carton = belief.origins[first]
        assert clerk.short(belief, carton, ()) == []
        assert Report("surplus", first) not in clerk.reports(belief, ())
