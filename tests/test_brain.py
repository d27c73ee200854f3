"""The brain that comes along: it is small, quick, and knows its trade."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Iterator
from dataclasses import replace
from threading import Thread

import pytest

from warewheel.agents.language.loading import BRAIN, BUNDLED, whereabouts
from warewheel.agents.language.local import LocalModel
from warewheel.agents.planners.registry import fingerprint, make_planner
from warewheel.agents.planners.speaking import TRACKS, Speaking, Track
from warewheel.configs import load_suite, names
from warewheel.flywheel.bench.play import Played, Stage, play
from warewheel.flywheel.bench.trial import Settings, Trial, attempt
from warewheel.flywheel.serve import Server
from warewheel.flywheel.training.presets import preset

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("llguidance")
pytest.importorskip("openai")

MOST_BYTES = 16_000_000
LONGEST_STEP = 0.150


@pytest.fixture(scope="module")
def model() -> LocalModel:
    return LocalModel(BRAIN)


@pytest.fixture(scope="module")
def address(model: LocalModel) -> Iterator[str]:
    server = Server(model, 0)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.url
    server.shutdown()
    server.server_close()
    thread.join()


def tried(stage: Stage, name: str) -> tuple[Played, Speaking]:
    planner = make_planner(name, stage.briefing)
    assert isinstance(planner, Speaking)
    return play(stage, planner), planner


def test_what_comes_along_is_small() -> None:
    files = [path for name in BUNDLED for path in whereabouts(name).iterdir()]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


@pytest.mark.parametrize("name", BUNDLED)
def test_it_says_how_it_was_made(name: str) -> None:
    folder = whereabouts(name)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["hidden_size"] == preset("small").width
    assert sum(one["steps"] for one in [*card.get("before", []), card]) > 1000
    # What it goes on from, if anything, is told by name and hash: where that was helps nobody.
    assert card["base"] is None or re.fullmatch(r"\w+@[0-9a-f]{16}", card["base"])
    assert fingerprint(f"hf:{name}") == fingerprint(f"hf:{folder}")
    assert (fingerprint(f"hf:{name}") == fingerprint(BRAIN)) is (name == BRAIN)


def test_it_solves_some_plain_cases() -> None:
    solved = sum(tried(Stage(case), BRAIN)[0].success for case in load_suite("base").cases[:10])
    assert solved >= 7


def test_what_its_process_did_before_changes_nothing() -> None:
    one, other = (Trial("base", case, BRAIN, Settings()) for case in load_suite("base").cases[:2])
    after = [attempt(one), attempt(other)][1]
    assert replace(attempt(other), seconds=0.0) == replace(after, seconds=0.0)


@pytest.mark.parametrize("track", TRACKS)
def test_it_writes_steps_without_being_held_to_them(track: Track, model: LocalModel) -> None:
    stage = Stage(load_suite("base").cases[0])
    played = play(stage, Speaking(stage.briefing, model, track))
    assert played.labels.count("") >= len(played.labels) - 1


def test_a_step_takes_no_longer_than_it_may(model: LocalModel) -> None:
    """The middle one of all steps of a case, with what was read before kept."""
    stage = Stage(load_suite("base").cases[1])
    planner = Speaking(stage.briefing, model)
    play(stage, planner)
    times = [said.completion.seconds for said in planner.utterances]
    assert len(times) > 5 and statistics.median(times) < LONGEST_STEP


@pytest.mark.parametrize(
    "count", [2, pytest.param(50, marks=pytest.mark.slow)], ids=["some", "fifty"]
)
def test_served_on_this_machine_it_makes_the_same_plans(address: str, count: int) -> None:
    suites = names("suite")
    for k in range(count):
        stage = Stage(load_suite(suites[k % len(suites)]).cases[k])
        (mine, _), (served, _) = tried(stage, BRAIN), tried(stage, f"chat:{BRAIN}@{address}")
        assert [done.subgoal for done in served.history] == [done.subgoal for done in mine.history]
        assert served.success == mine.success
