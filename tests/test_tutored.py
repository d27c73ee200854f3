"""A tutored model acts, slips, and is put right."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from warewheel.agents.language.model import Completion, Demand, Message, learnt
from warewheel.agents.language.wire import read
from warewheel.agents.planners.scribe import Scribe
from warewheel.agents.planners.scripted import Scripted
from warewheel.agents.planners.tutored import Tutored
from warewheel.configs import load_suite
from warewheel.flywheel.bench.play import Stage, play


class Stubborn:
    """A model that writes the first legal step, or only ever the same text."""

    name = "stubborn"

    def __init__(self, text: str = "") -> None:
        self.text = text

    def complete(self, demand: Demand) -> Completion:
        text = self.text or next(iter(demand.steps), "a gist that is none")
        return Completion(text=text, read=1, cached=0, written=1, seconds=0.0)


@pytest.mark.parametrize("suite", ["base", "memory", "discrepancy", "quantity"])
@pytest.mark.parametrize("text", ["", "no step at all"])
def test_with_a_tutor_all_ends_well_whatever_the_model_says(suite: str, text: str) -> None:
    for case in load_suite(suite).cases[:10]:
        stage = Stage(case)
        planner = Tutored(stage.briefing, Stubborn(text), Scripted(stage.briefing))
        played = play(stage, planner)
        assert played.success and planner.slips > 0, case.id
        said = [m["content"] for m in planner.messages if m["role"] == "assistant"]
        for step in (one for one in said if one.startswith("{")):
            read(step)
        assert text not in said and len(said) >= planner.slips
        assert all(map(learnt, planner.messages[2::2]))


class Reciting(Stubborn):
    """A model that writes these texts, one after another."""

    def __init__(self, texts: Iterable[str]) -> None:
        super().__init__()
        self._texts = iter(texts)

    def complete(self, demand: Demand) -> Completion:
        self.text = next(self._texts)
        return super().complete(demand)


def expert(stage: Stage) -> tuple[tuple[Message, ...], list[str]]:
    """Return the expert's conversation on a stage, and what it said."""
    scribe = Scribe(stage.briefing, Scripted(stage.briefing))
    assert play(stage, scribe).success
    return scribe.messages, [m["content"] for m in scribe.messages if m["role"] == "assistant"]


def test_who_does_what_the_tutor_would_is_never_put_right() -> None:
    stage = Stage(load_suite("base").cases[3])
    messages, said = expert(stage)
    planner = Tutored(stage.briefing, Reciting(said), Scripted(stage.briefing))
    assert play(stage, planner).success
    assert planner.slips == 0
    assert planner.messages == messages


def test_a_gist_that_is_not_the_tutors_is_a_slip_and_put_right() -> None:
    stage = Stage(load_suite("base").cases[3])
    messages, (gist, *steps) = expert(stage)
    mistaken = Reciting(["else>nowhere", *steps])
    planner = Tutored(stage.briefing, mistaken, Scripted(stage.briefing))
    assert play(stage, planner).success
    assert planner.slips == 1
    assert planner.messages == messages and gist in str(planner.messages)
