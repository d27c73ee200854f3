"""Faults happen as scheduled, are named for what they are, and leave the rest as it was."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from warewheel.configs import ConfigError, load_cell, load_faults, names
from warewheel.configs.load import read
from warewheel.configs.schema import FAULT_KINDS, FaultChance, FaultKind, FaultProfile
from warewheel.envs.scenario import scenario
from warewheel.envs.truth import truth
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.flywheel import runner
from warewheel.flywheel.episode import Episode

SINGLE = load_faults("single")
# Kinds that change what is delivered; the others only disturb what happens.
CONTENT = {"label_unreadable", "label_wrong", "item_missing", "item_extra"}


def only(kind: FaultKind) -> FaultProfile:
    """Return a profile that makes one fault of a kind, which passes, in every episode."""
    (chance,) = (fault for fault in SINGLE.faults if fault.kind == kind)
    certain = chance.model_copy(update={"chance": 1.0, "for_good": 0.0})
    return SINGLE.model_copy(update={"faults": (certain,)})


def play(kind: FaultKind | None, body: str, seed: int, task: str = "chain") -> Episode:
    env = WarehouseEnv(task, "parcel_hub", body, cartons=(1, 1), items=(2, 3))
    env.faults = None if kind is None else only(kind)
    try:
        return runner.run(env, "scripted", seed)
    finally:
        env.close()


def test_the_shipped_profiles_hold_every_kind() -> None:
    for name in names("faults"):
        assert {fault.kind for fault in load_faults(name).faults} == set(FAULT_KINDS)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{kind: grip_slip, chance: 1.5}", "bad.yaml:5: faults[0].chance: got 1.5;"),
        ("{kind: grip_slop, chance: 0.5}", "got 'grip_slop'; allowed: grip_slip"),
        ("{kind: grip_slip, chance: 0.5, secs: 1}", "secs: unknown key"),
        ("{kind: grip_slip, chance: 0.5, for_good: 0.5}", "'grip_slip' always ends"),
        ("{kind: grip_slip, chance: 0.5, seconds: [2, 1]}", "expected (least, most), got"),
    ],
)
def test_a_bad_profile_is_refused_by_line(line: str, says: str) -> None:
    text = f"name: bad\ndescription: x\ncount: [0, 1]\nfaults:\n  - {line}\n"
    with pytest.raises(ConfigError) as caught:
        read(text, "bad.yaml", FaultProfile)
    assert says in str(caught.value)


def test_an_unknown_profile_is_told_with_the_closest() -> None:
    with pytest.raises(ValueError, match="did you mean 'single'"):
        WarehouseEnv(faults="singel")


@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_without_its_faults_a_seed_gives_the_same_delivery(kind: FaultKind) -> None:
    facility, body, catalogue = load_cell("parcel_hub", "panda")
    task = "classify" if kind == "item_tipped" else "chain"
    for seed in range(5):
        plain = scenario(task, facility, body, catalogue, seed)
        troubled = scenario(task, facility, body, catalogue, seed, only(kind))
        assert troubled == scenario(task, facility, body, catalogue, seed, only(kind))
        if kind in CONTENT:
            before = {place.name: place.pose for place in plain.placements}
            after = {place.name: place.pose for place in troubled.placements}
            assert all(after[name] == before[name] for name in after.keys() & before.keys())
        else:
            assert replace(troubled, faults=()) == plain


@pytest.mark.parametrize("kind", sorted(CONTENT))
def test_faults_of_content_change_what_is_true(kind: FaultKind) -> None:
    facility, body, catalogue = load_cell("parcel_hub", "panda")
    for seed in range(10):
        troubled = scenario("chain", facility, body, catalogue, seed, only(kind))
        for fault in troubled.faults:
            assert any(r.subject == fault.target for r in truth(troubled).reports), fault


QUICK: list[FaultKind] = ["grip_slip", "jammed_flap", "label_wrong", "sensor_latency"]
CASES = [
    pytest.param(kind, marks=() if kind in QUICK else pytest.mark.slow) for kind in FAULT_KINDS
]


@pytest.mark.parametrize("body", names("body"))
@pytest.mark.parametrize("kind", CASES)
def test_a_fault_happens_is_named_and_overcome(kind: FaultKind, body: str) -> None:
    task = "classify" if kind == "item_tipped" else "chain"
    # Not every episode has an occasion: nothing to tip, or the arm never away.
    episodes = (play(kind, body, seed, task) for seed in range(405, 411))
    episode = next(episode for episode in episodes if episode.faults)
    assert [fault["kind"] for fault in episode.faults] == [kind]
    assert episode.faults[0]["named"], episode.diagnoses
    assert episode.success, episode.plan
    assert episode.violations == []


@pytest.mark.slow
@pytest.mark.parametrize("body", names("body"))
@pytest.mark.parametrize("task", ["chain", "classify"])
def test_without_its_fault_an_episode_succeeds_and_nothing_is_named(task: str, body: str) -> None:
    """The counterfactual: what failed with a fault failed because of it."""
    for seed in range(405, 410):
        episode = play(None, body, seed, task)
        assert episode.success, episode.plan
        natural = ("item_missing", "item_extra")
        assert not [d for d in episode.diagnoses if d["kind"] not in natural], episode.diagnoses


def test_chances_are_drawn_as_given() -> None:
    facility, body, catalogue = load_cell("parcel_hub", "panda")
    always = tuple(FaultChance(kind=k, chance=1.0) for k in ("grip_slip", "arm_pushed"))
    profile = FaultProfile(name="x", description="x", count=(0, 2), faults=always)
    never = profile.model_copy(
        update={"faults": tuple(f.model_copy(update={"chance": 0.0}) for f in always)}
    )
    for seed in range(5):
        kinds = {f.kind for f in scenario("chain", facility, body, catalogue, seed, profile).faults}
        assert kinds == {"grip_slip", "arm_pushed"}
        assert scenario("chain", facility, body, catalogue, seed, never).faults == ()


def test_splits_share_no_seed() -> None:
    from warewheel.configs import load_split

    spans = sorted(
        (split.seeds.first, split.seeds.first + split.seeds.count)
        for split in map(load_split, names("split"))
    )
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
