"""The benchmark: who is graded how, and what is kept of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from warewheel.agents.domain import SIGNATURES
from warewheel.agents.language import wire
from warewheel.agents.language.model import Completion, Demand
from warewheel.agents.plan import Done, Subgoal, Unusable
from warewheel.agents.planners import registry
from warewheel.agents.planners.scripted import Scripted
from warewheel.agents.planners.speaking import Speaking
from warewheel.agents.request import Briefing, Request
from warewheel.configs import load_suite, names
from warewheel.configs.orders import means, places_of
from warewheel.configs.schema import Case, Order
from warewheel.flywheel.bench import figures
from warewheel.flywheel.bench.bench import EPISODES, REPORT, RESULTS, TABLE, trials
from warewheel.flywheel.bench.labels import EAI, EMBODIED_BENCH, PRECEDENCE, labels, primary
from warewheel.flywheel.bench.oneshot import Recital, recite
from warewheel.flywheel.bench.play import Played, Stage, play
from warewheel.flywheel.bench.report import page
from warewheel.flywheel.bench.results import TIMES, gather
from warewheel.flywheel.bench.trial import INVALID, Result, Settings, Trial, attempt
from warewheel.scripts.main import main
from warewheel.sim.world import PERIOD

SUITES = names("suite")
Plan = list[Subgoal]


def case_of(suite: str, number: int = 0) -> Case:
    return load_suite(suite).cases[number]


def stage_of(suite: str, number: int = 0) -> Stage:
    return Stage(case_of(suite, number))


def plan_of(stage: Stage, **told: Any) -> Plan:
    """Return what the expert does; ``told`` is what it believes of the case."""
    played = play(stage, Scripted(replace(stage.briefing, **told)))
    return [done.subgoal for done in played.history]


def graded(stage: Stage, plan: Sequence[Subgoal]) -> tuple[Counter[str], str]:
    """Return all labels of a plan, and the one that says why it failed."""
    played = play(stage, Recital(plan))
    found = labels(stage.case, played)
    return found, "" if played.success else primary(found)


def tried(planner: str, suite: str, number: int = 0, **settings: Any) -> Result:
    return attempt(Trial(suite, case_of(suite, number), planner, Settings(**settings)))


# The evaluator tells planners apart


@pytest.mark.parametrize("suite", SUITES)
def test_the_expert_solves_all_and_doing_nothing_solves_none(suite: str) -> None:
    for number in range(5):
        good, bad = tried("scripted", suite, number), tried("null", suite, number)
        assert good.success and not good.labels and not good.primary
        assert good.steps == good.expert > 0
        assert good.progress == 1.0
        assert not bad.success
        assert bad.primary == ("FALSE_ACCEPT" if suite == "refuse" else "EARLY_STOP")
        assert bad.progress < 1.0


def test_doing_anything_that_is_legal_solves_next_to_nothing() -> None:
    found = [tried("random-legal", suite, number) for suite in SUITES for number in range(5)]
    assert sum(result.success for result in found) <= len(found) // 20
    assert all(result.invalid == 0 for result in found)


def test_words_alone_do_not_solve_a_case_that_is_told_something_else() -> None:
    """What has an order of its own, that is; house rules hold whatever else was told."""
    suite = load_suite("base")
    good: dict[bool, Counter[bool]] = {}
    for shuffled in (False, True):
        wanted = trials(["rules"], [suite], Settings(shuffled=shuffled), 40)
        good[shuffled] = Counter(
            trial.case.meanings != (Order(),) for trial in wanted if attempt(trial).success
        )
    print(f"rules on base: {dict(good[False])} of 40, shuffled {dict(good[True])}")
    assert good[False].total() >= 30
    assert good[True].total() <= good[False].total() / 3
    assert good[True][True] <= 1


def test_a_shuffled_case_keeps_its_meaning_and_gets_the_words_of_another() -> None:
    suite = load_suite("base")
    wanted = trials(["rules"], [suite], Settings(shuffled=True), None)
    for trial, case in zip(wanted, suite.cases, strict=True):
        assert trial.case.instruction != case.instruction
        other = next(c for c in suite.cases if c.instruction == trial.case.instruction)
        assert other.meanings != case.meanings
        assert trial.case.meanings == case.meanings
        assert (trial.case.facility, trial.case.seed) == (case.facility, case.seed)


# Each mistake in a plan gets its label


@pytest.fixture
def stage() -> Stage:
    return stage_of("base", 1)


@pytest.fixture
def plan(stage: Stage) -> Plan:
    return plan_of(stage)


def at(plan: Plan, skill: str, number: int = 0) -> int:
    """Return where in a plan a skill comes, counted from 0."""
    return [k for k, step in enumerate(plan) if step.skill == skill][number]


def test_the_plan_is_right_before_it_is_changed(stage: Stage, plan: Plan) -> None:
    assert graded(stage, plan) == (Counter(), "")


@pytest.mark.parametrize(
    ("skill", "label"),
    [
        ("open", "MISSING_STEP"),  # nothing was ever within reach
        ("pick", "MISSING_STEP"),  # it was never in the hand
        ("place", "WRONG_ORDER"),  # the hand was empty once, but is not now
        ("scan", "EARLY_STOP"),  # everything stands where it should, but nobody knows what it is
    ],
)
def test_a_step_left_out(stage: Stage, plan: Plan, skill: str, label: str) -> None:
    del plan[at(plan, skill)]
    found, why = graded(stage, plan)
    assert why == label, found


@pytest.mark.parametrize(
    ("one", "other", "label"),
    [
        ("open", "pick", "MISSING_STEP"),  # it has never been within reach
        ("pick", "scan", "MISSING_STEP"),  # it has never been in the hand
        ("scan", "place", "WRONG_ORDER"),  # it was in the hand, but is not now
    ],
)
def test_two_steps_the_wrong_way_round(
    stage: Stage, plan: Plan, one: str, other: str, label: str
) -> None:
    a, b = at(plan, one), at(plan, other)
    plan[a], plan[b] = plan[b], plan[a]
    found, why = graded(stage, plan)
    assert why == label, found


@pytest.mark.parametrize("skill", ["open", "pick", "scan", "place"])
def test_a_step_twice_is_one_too_many_and_does_no_harm(
    stage: Stage, plan: Plan, skill: str
) -> None:
    k = at(plan, skill)
    plan.insert(k, plan[k])
    assert graded(stage, plan) == (Counter({"ADDITIONAL_STEP": 1}), "")


@pytest.mark.parametrize(
    ("skill", "wrong", "label"),
    [
        ("pick", {"skill": "grab"}, "HALLUC_SKILL"),
        ("pick", {"item": "item-77"}, "HALLUC_ITEM"),
        ("scan", {"item": "the red one"}, "HALLUC_ITEM"),
        ("place", {"place": "attic"}, "HALLUC_PLACE"),
        ("place", {"place": "north-1", "item": "x"}, "HALLUC_ITEM"),
    ],
)
def test_what_is_made_up_goes_by_its_kind(
    stage: Stage, plan: Plan, skill: str, wrong: dict[str, str], label: str
) -> None:
    k = at(plan, skill, -1)
    plan[k] = replace(plan[k], **wrong)
    found, why = graded(stage, plan)
    assert why == label, found
    assert found[label] == 1


@pytest.mark.parametrize("count", [0, 1, 5, -1])
def test_stopping_early(stage: Stage, plan: Plan, count: int) -> None:
    found, why = graded(stage, plan[:count])
    assert why == "EARLY_STOP"
    assert found == {"EARLY_STOP": 1}


@pytest.mark.parametrize("suite", ["base", "quantity", "memory", "temporal"])
def test_stopping_before_anything_is_put_away_is_stopping_early(suite: str) -> None:
    assert graded(stage_of(suite), []) == (Counter(EARLY_STOP=1), "EARLY_STOP")


@pytest.mark.parametrize("task", ["classify", "store"])
def test_what_was_not_touched_is_not_in_the_wrong_place(task: str) -> None:
    case = {"id": "a", "instruction": "Do it.", "facility": "parcel_hub", "seed": 3, "task": task}
    assert graded(Stage(Case.model_validate(case)), [])[1] == "EARLY_STOP"


def test_a_thing_put_elsewhere(stage: Stage, plan: Plan) -> None:
    k = at(plan, "place")
    plan[k] = replace(plan[k], place="table")
    assert graded(stage, plan) == (Counter(WRONG_CLASS=1), "WRONG_CLASS")


def test_a_thing_put_into_the_wrong_tote() -> None:
    case = {"id": "a", "instruction": "Sort.", "facility": "parcel_hub", "seed": 3}
    stage = Stage(Case.model_validate(case | {"task": "classify"}))
    plan = plan_of(stage)
    k = at(plan, "place")
    other = "tote-quarantine"
    plan[k] = replace(plan[k], place=other)
    assert graded(stage, plan)[1] == "WRONG_CLASS"


def quantities(rest: str) -> list[int]:
    return [k for k, c in enumerate(load_suite("quantity").cases) if c.orders[0].rest == rest][:5]


@pytest.mark.parametrize("number", [*quantities("table"), *quantities("house")])
def test_one_too_many(number: int) -> None:
    stage = stage_of("quantity", number)
    (move,) = stage.case.orders[0].moves
    there = places_of(move.to, stage.briefing.facility)
    plan = plan_of(stage)
    taken = {step.place for step in plan}
    mine = {
        place.name
        for place in stage.spec.placements
        if means(move.what, place.unit, stage.briefing.facility.storage)
    }
    more = next(
        k for k, s in enumerate(plan)
        if s.skill == "place" and s.item in mine and s.place not in there
    )  # fmt: skip
    plan[more] = replace(plan[more], place=next(p for p in there if p not in taken))
    found, why = graded(stage, plan)
    assert why == "WRONG_QUANTITY", found


@pytest.mark.parametrize("number", quantities("table"))
def test_too_few(number: int) -> None:
    stage = stage_of("quantity", number)
    none = stage.case.orders[0].model_copy(update={"moves": ()})
    assert graded(stage, plan_of(stage, orders=(none,)))[1] == "WRONG_QUANTITY"


@pytest.mark.parametrize("reason", ["absent", "unsafe"])
def test_refusing_what_can_be_done(stage: Stage, reason: str) -> None:
    assert graded(stage, [Subgoal("refuse", reason=reason)]) == (
        Counter(FALSE_REFUSE=1), "FALSE_REFUSE"
    )  # fmt: skip


@pytest.mark.parametrize("number", range(8))
def test_doing_what_is_to_be_refused(number: int) -> None:
    stage = stage_of("refuse", number)
    plan = plan_of(stage, orders=(Order(),), refusal="")
    assert len(plan) > 5
    assert graded(stage, plan)[1] == "FALSE_ACCEPT"


def test_refusing_for_the_wrong_reason() -> None:
    stage = stage_of("refuse")
    wrong = "unsafe" if stage.case.refuse != "unsafe" else "absent"
    assert graded(stage, [Subgoal("refuse", reason=wrong)])[1] == "GOAL_MISSED"


@pytest.mark.parametrize(
    "number",
    [k for k, c in enumerate(load_suite("temporal").cases) if c.orders[0].first is not None][:6],
)
def test_the_right_things_in_the_wrong_order(number: int) -> None:
    stage = stage_of("temporal", number)
    found, why = graded(stage, plan_of(stage, orders=(Order(),)))
    assert why == "CONTRA_INSTRUCTION"
    assert "EARLY_STOP" not in found


def test_a_deadline_that_has_passed() -> None:
    cases = load_suite("temporal").cases
    number = next(k for k, case in enumerate(cases) if case.orders[0].within == 120.0)
    late = [Subgoal("wait")] * (int(120.0 / PERIOD) // SIGNATURES["wait"].steps + 1)
    assert graded(stage_of("temporal", number), late)[1] == "CONTRA_INSTRUCTION"
    assert graded(stage_of("temporal", number), late[1:])[1] == "EARLY_STOP"


def test_a_finding_that_is_not_so(stage: Stage, plan: Plan) -> None:
    plan.insert(at(plan, "scan"), Subgoal("report", "item-0", finding="damaged"))
    assert graded(stage, plan) == (Counter(FALSE_REPORT=1), "FALSE_REPORT")


def test_words_on_a_label_that_were_taken_for_an_order() -> None:
    found = 0
    for number, case in enumerate(load_suite("injection").cases[:30]):
        stage = stage_of("injection", number)
        plan, item = plan_of(stage), next(iter(case.notes))
        zones = [zone for zone in stage.briefing.facility.zones if zone in case.notes[item].split()]
        k = next(k for k, s in enumerate(plan) if s.skill == "place" and s.item == item)
        if not zones or plan[k].place.startswith(zones[0]):
            continue
        taken = {step.place for step in plan}
        free = [s for s in stage.briefing.facility.rack.slots if s.startswith(zones[0])]
        slot = next((s for s in free if s not in taken), None)
        if slot is None:
            continue
        plan[k] = replace(plan[k], place=slot)
        found += 1
        assert graded(stage, plan)[1] == "LABEL_INJECTION", case.id
    assert found >= 5


def test_the_same_failure_again_and_again(stage: Stage) -> None:
    found, why = graded(stage, [Subgoal("scan", "item-0")] * 4)
    assert found == Counter(MISSING_STEP=4, LOOP=1, EARLY_STOP=1)
    assert why == "MISSING_STEP"


def test_whoever_gets_nowhere_is_heard_no_more(stage: Stage) -> None:
    played = play(stage, Recital([Subgoal("scan", "item-0")] * 50))
    assert len(played.history) == 5
    assert not played.stopped
    assert labels(stage.case, played)["LATE_STOP"] == 1


def test_labels_are_told_once_and_every_one_has_its_rank() -> None:
    assert len(set(PRECEDENCE)) == len(PRECEDENCE)
    assert {*INVALID, *EAI, *EMBODIED_BENCH} <= set(PRECEDENCE)


@pytest.mark.parametrize("suite", SUITES)
def test_a_whole_plan_at_once_is_as_good_for_who_knows_everything(suite: str) -> None:
    for number in range(3):
        stage = stage_of(suite, number)
        assert recite(stage, Scripted(stage.briefing)).success


# Planners that fail


class Bad:
    """Does as it is told to fail."""

    name, privileged = "bad", False

    def __init__(self, error: Exception | None = None, step: Any = None) -> None:
        self.error, self.step = error, step

    def next(self, request: Request) -> Any:
        if self.error is not None:
            raise self.error
        return self.step


@pytest.mark.parametrize(
    ("planner", "label"),
    [
        (Bad(RuntimeError("out of memory")), "CRASH"),
        (Bad(KeyError("item")), "CRASH"),
        (Bad(step="open the box"), "CRASH"),
        (Bad(Unusable("PARSE")), "PARSE"),
        (Bad(Unusable("TIMEOUT", "no answer in 60 s")), "TIMEOUT"),
        (Bad(step=Subgoal("")), "HALLUC_SKILL"),
        (Bad(step=Subgoal("pick")), "HALLUC_ITEM"),
        (Bad(step=Subgoal("refuse", reason="tired")), "SCHEMA"),
    ],
)
@pytest.mark.parametrize("protocol", ["closed", "oneshot"])
def test_a_planner_that_fails_is_a_result_with_a_label(
    monkeypatch: pytest.MonkeyPatch, planner: Bad, label: str, protocol: str
) -> None:
    monkeypatch.setitem(registry._OWN, "bad", lambda _: planner)
    found = [tried("bad", "base", number, protocol=protocol) for number in range(2)]
    assert [result.primary for result in found] == [label, label]
    assert not any(result.success for result in found)
    data = gather(found, Settings(protocol=protocol))
    assert data["rows"][0]["success"] == {"mean": 0.0, "low": 0.0, "high": 0.65762, "n": 2}
    assert data["rows"][0]["failures"] == {label: 2}


@pytest.mark.parametrize("line", ["open the box", "[1, 2]", '{"text": 5}', "{" * 500, '{"a": NaN}'])
def test_garbage_to_replay_is_a_failure(tmp_path: Path, line: str) -> None:
    path = tmp_path / "said.jsonl"
    path.write_text(f"{line}\n" * 3, encoding="utf-8")
    result = tried(f"replay:{path}", "base")
    assert not result.success
    assert result.primary in {"PARSE", "SCHEMA"}


def test_a_replayed_plan_is_the_plan(tmp_path: Path) -> None:
    stage = stage_of("memory")
    path = tmp_path / "said.jsonl"
    path.write_text("\n".join(map(wire.write, spoken(stage))), encoding="utf-8")
    result = tried(f"replay:{path}", "memory")
    assert result.success
    assert result.steps == result.expert


def spoken(stage: Stage) -> Plan:
    """Return all that the expert says of a case, the words with which it stops too."""
    said: Plan = []
    expert = Scripted(stage.briefing)

    class Overheard:
        name, privileged = "overheard", True

        def next(self, request: Request) -> Subgoal | None:
            said.append(expert.next(request) or Subgoal("stop"))
            return said[-1]

    assert play(stage, Overheard()).success
    return said


class Reciter:
    """A language model that writes lines in turn, and the same gist of whatever it is told."""

    name = "reciter"

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = iter(lines)

    def complete(self, demand: Demand) -> Completion:
        told = "told: " in demand.messages[-1]["content"]
        return Completion("else>house" if told else next(self._lines), 10, 4, 2, 0.0, cost=0.5)


def test_what_a_model_wrote_stands_beside_the_step_that_it_became(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = spoken(stage_of("memory"))
    lines = list(map(wire.write, plan))
    lines.insert(3, "let me think")
    model = Reciter(lines)
    monkeypatch.setitem(registry._OWN, "reciter", lambda b: Speaking(b, model, "free"))
    result = tried("reciter", "memory")
    assert result.success
    assert result.labels == {"PARSE": 1}
    kept = [line for line in lines if "stop" not in line]
    assert [row["text"] for row in result.trace] == kept
    written = len(lines) + 2  # with the gists of two instructions
    assert (result.written, result.read) == (2 * written, 6 * written)
    assert result.cost == pytest.approx(0.5 * written)


# Figures


def test_shares_come_with_wilsons_interval() -> None:
    assert figures.share(8, 10) == {"mean": 0.8, "low": 0.490162, "high": 0.943318, "n": 10}
    assert figures.share(0, 0)["mean"] is None
    assert figures.mean([2.0, 2.0]) == {"mean": 2.0, "low": 2.0, "high": 2.0, "n": 2}


def test_pairs_are_compared_case_by_case() -> None:
    one, other = [True] * 5 + [False], [False] * 6
    found = {"only_first": 5, "only_second": 0, "n": 6, "p": 0.0625}
    assert figures.paired(one, other) == found
    assert figures.paired(one, one)["p"] == 1.0


# The command


def bench(out: Path, *words: str) -> Any:
    usual = () if "--suite" in words else ("--suite", "base")
    command = ["bench", "--out", str(out), "--workers", "1", *usual, *words]
    return CliRunner().invoke(main, command)


FEW = ("--planner", "scripted", "--planner", "random-legal", "--episodes", "4")


def timeless(out: Path) -> Any:
    """Return the results of a folder without what a clock gives."""
    data = json.loads((out / RESULTS).read_text(encoding="utf-8"))
    for row in data["rows"]:
        for name in TIMES:
            del row[name]
    return data


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bench") / "once"
    done = bench(out, *FEW)
    assert done.exit_code == 0, done.output
    return out


def test_a_folder_holds_results_table_report_and_episodes(once: Path) -> None:
    assert {path.name for path in once.iterdir()} == {EPISODES, RESULTS, TABLE, REPORT}
    rows = timeless(once)["rows"]
    assert [row["planner"] for row in rows] == ["scripted", "random-legal"]
    assert rows[0]["success"]["mean"] == 1.0
    assert rows[0]["success"]["n"] == rows[1]["success"]["n"] == 4
    assert (once / TABLE).read_text(encoding="utf-8").startswith("planner,suite,track")
    assert len((once / EPISODES).read_text(encoding="utf-8").splitlines()) == 8


def test_two_runs_give_the_same(once: Path, tmp_path: Path) -> None:
    assert bench(tmp_path / "again", *FEW).exit_code == 0
    assert timeless(tmp_path / "again") == timeless(once)


def test_a_planner_that_is_named_twice_runs_once(once: Path, tmp_path: Path) -> None:
    assert bench(tmp_path / "twice", *FEW, "--planner", "scripted").exit_code == 0
    assert timeless(tmp_path / "twice") == timeless(once)


@pytest.mark.parametrize("lost", [1, 30, 2000])
def test_what_was_cut_off_is_taken_up_again(once: Path, tmp_path: Path, lost: int) -> None:
    whole = (once / EPISODES).read_bytes()
    assert len(whole) > 2 * lost
    (tmp_path / EPISODES).write_bytes(whole[:-lost])
    done = bench(tmp_path, *FEW, "--resume")
    assert done.exit_code == 0, done.output
    assert timeless(tmp_path) == timeless(once)
    kept = (tmp_path / EPISODES).read_bytes()
    assert kept.startswith(whole[: whole.rfind(b"\n", 0, -lost) + 1])
    assert len({json.loads(line)["key"] for line in kept.splitlines()}) == 8
    assert len(kept.splitlines()) == 8


def test_what_is_done_is_not_done_again(once: Path, tmp_path: Path) -> None:
    whole = (once / EPISODES).read_bytes()
    (tmp_path / EPISODES).write_bytes(whole)
    assert bench(tmp_path, *FEW, "--resume").exit_code == 0
    assert (tmp_path / EPISODES).read_bytes() == whole


def test_where_a_planners_file_is_makes_no_difference(tmp_path: Path) -> None:
    def key(folder: str, text: str, plain: bool = True) -> str:
        path = tmp_path / folder / "plan.jsonl"
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
        where = path if plain else path.parent / ".." / folder / path.name
        return Trial("base", case_of("base"), f"replay:{where}", Settings()).key

    keys = key("here", "one"), key("there", "one"), key("round", "one", plain=False)
    assert len({*keys}) == 1 and key("other", "two") not in keys
    named = {Trial("base", case_of("base"), f"hf:{name}", Settings()).key for name in "ab"}
    assert len(named) == 2


def test_results_of_other_settings_are_not_taken(once: Path, tmp_path: Path) -> None:
    (tmp_path / EPISODES).write_bytes((once / EPISODES).read_bytes())
    assert bench(tmp_path, *FEW, "--observability", "full", "--resume").exit_code == 0
    assert len((tmp_path / EPISODES).read_text(encoding="utf-8").splitlines()) == 16
    assert timeless(tmp_path)["hash"] != timeless(once)["hash"]


def test_a_folder_with_results_is_not_written_over(once: Path) -> None:
    before = (once / EPISODES).read_bytes()
    done = bench(once, *FEW)
    assert done.exit_code == 2
    assert "--resume" in done.stderr
    assert (once / EPISODES).read_bytes() == before


def test_what_is_no_result_is_refused(tmp_path: Path) -> None:
    (tmp_path / EPISODES).write_text('{"some": "thing"}\n', encoding="utf-8")
    done = bench(tmp_path, *FEW, "--resume")
    assert done.exit_code == 2
    assert EPISODES in done.stderr


SCRIPTED = ("--planner", "scripted")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--planner", "scriptd"), ("scriptd", "did you mean 'scripted'?")),
        (("--planner", "chat:gpt"), ("chat:gpt", "MODEL@BASE_URL")),
        (("--planner", "replay:/nowhere"), ("/nowhere",)),
        ((*SCRIPTED, "--suite", "bse"), ("bse", "did you mean 'base'?")),
        ((*SCRIPTED, "--suite", "/no/where.yaml"), ("/no/where.yaml",)),
        ((*SCRIPTED, "--track", "gramar"), ("gramar", "did you mean 'grammar'?")),
        ((*SCRIPTED, "--backend", "phisics"), ("phisics", "did you mean 'physics'?")),
        ((*SCRIPTED, "--body", "pand"), ("pand", "did you mean 'panda'?")),
        ((*SCRIPTED, "--suite", "base", "--suite", "base"), ("two suites are called 'base'",)),
        ((*SCRIPTED, "--backend", "physics", "--protocol", "oneshot"), ("symbolic",)),
        ((*SCRIPTED, "--backend", "physics", "--observability", "full"), ("symbolic",)),
        (("--planner", "replay:/nowhere", "--backend", "physics"), ("/nowhere",)),
    ],
)
def test_what_is_unknown_or_makes_no_sense_ends_with_a_reason(
    tmp_path: Path, words: tuple[str, ...], told: tuple[str, ...]
) -> None:
    done = bench(tmp_path / "out", *words)
    assert done.exit_code == 2, done.output
    assert all(word in done.stderr for word in told), done.stderr
    assert "Traceback" not in done.output


def test_a_mistake_in_an_own_suite_is_found_before_anything_runs(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    case = "  - {instruction: Go., facility: parcel_hub, seed: 1, goods: [[SKU]]}\n"
    good, bad = case.replace("SKU", "rubber-duck"), case.replace("SKU", "duck")
    path.write_text(f"name: mine\ncases:\n{good}{bad}", encoding="utf-8")
    done = bench(tmp_path / "out", *SCRIPTED, "--suite", str(path))
    assert done.exit_code == 2
    assert "mine.yaml:4: case 'mine-001': SKU 'duck' is unknown" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_so_many_workers_give_the_same_rows(once: Path, tmp_path: Path) -> None:
    done = bench(tmp_path, *FEW, "--workers", "2")
    assert done.exit_code == 0, done.output
    assert timeless(tmp_path) == timeless(once)


KILLER = """
import os

class Killer:
    name, privileged = "killer", False

    def __init__(self, briefing):
        self.deadly = briefing.seed == {seed}

    def next(self, request):
        if self.deadly:
            os._exit(9)
"""


def test_a_planner_that_takes_its_process_along_has_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "killer.py").write_text(KILLER.format(seed=case_of("base", 1).seed))
    about = tmp_path / "killer-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Name: killer\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[warewheel.planners]\nkiller = killer:Killer\n")
    monkeypatch.syspath_prepend(tmp_path)
    done = bench(tmp_path / "out", "--planner", "killer", "--episodes", "3", "--workers", "2")
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in (tmp_path / "out" / EPISODES).read_text().splitlines()]
    assert [row["primary"] for row in rows] == ["EARLY_STOP", "CRASH", "EARLY_STOP"]


def test_a_seed_changes_what_is_left_to_chance(once: Path, tmp_path: Path) -> None:
    assert bench(tmp_path, *FEW, "--seed", "1").exit_code == 0
    before, after = timeless(once)["rows"], timeless(tmp_path)["rows"]
    assert before[0]["success"] == after[0]["success"]
    assert before[1]["labels"] != after[1]["labels"]


def test_labels_are_told_in_the_words_of_others_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._OWN, "bad", lambda _: Bad(step=Subgoal("pick", "unicorn")))
    (row,) = gather([tried("bad", "base")], Settings())["rows"]
    assert row["eai"]["object hallucination"] == row["labels"]["HALLUC_ITEM"] > 0
    assert row["embodied_bench"]["hallucination"] == row["labels"]["HALLUC_ITEM"]


def test_what_a_model_wrote_is_text_in_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    evil = "<script>alert('x')</script>"
    monkeypatch.setitem(registry._OWN, "bad", lambda _: Bad(step=Subgoal("pick", evil)))
    results = [tried("bad", "base")]
    results += [replace(results[0], planner=evil, suite=evil, case=evil, violations=[evil])]
    html = page(gather(results, Settings()), results)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") > 3


def test_a_case_that_is_played_twice_is_the_same_case() -> None:
    stage = stage_of("discrepancy", 3)
    assert _told(play(stage, Scripted(stage.briefing))) == _told(
        play(stage, Scripted(stage.briefing))
    )


def _told(played: Played) -> tuple[list[Done], int, frozenset[tuple[str, ...]]]:
    return played.history, played.step, played.verdict.facts


def test_a_briefing_does_not_say_what_only_the_instruction_says() -> None:
    """The house rules that everybody knows leave out those that a case brings."""
    for number in range(4):
        told: Briefing = stage_of("rules", number).briefing
        ours = len(told.facility.storage.slotting) - len(told.house.storage.slotting)
        assert ours == len(case_of("rules", number).rules) > 0
