"""Goals: conditions count facts, constraints look at the whole trace."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warewheel.agents.plan import Subgoal
from warewheel.agents.symbolic import SymbolicTwin
from warewheel.configs.schema import Case
from warewheel.envs.goal import Before, Condition, Constraint, Fact, Trace, Until, Within
from warewheel.envs.task import Judge
from warewheel.flywheel.bench.play import Stage

FACTS: list[Fact] = [("at", name, place) for name in "abc" for place in ("x", "y")]
A_X, A_Y, B_X = FACTS[0], FACTS[1], FACTS[2]
NOTHING: frozenset[Fact] = frozenset()
moments = st.frozensets(st.sampled_from(FACTS))
traces = st.lists(moments, min_size=1, max_size=8)
conditions = st.builds(
    Condition, st.just("store"), st.frozensets(st.sampled_from(FACTS), min_size=1, max_size=3)
)


def after(constraint: Constraint, trace: Sequence[frozenset[Fact]]) -> bool:
    """Tell whether a trace fulfils a constraint."""
    watched = Trace(constraint)
    for step, now in enumerate(trace):
        watched.look(step, now)
    return watched.holds


def one(*facts: Fact) -> Condition:
    return Condition("store", frozenset(facts))


# Conditions


@given(moments, moments, st.integers(0, 3), st.integers(0, 3) | st.none())
def test_a_condition_counts_its_facts(
    mine: frozenset[Fact], now: frozenset[Fact], least: int, most: int | None
) -> None:
    count = sum(fact in mine for fact in now)
    wanted = count >= least and (most is None or count <= most)
    assert Condition("store", mine, least, most).holds(now) == wanted


@given(moments)
def test_a_condition_without_facts_never_holds(now: frozenset[Fact]) -> None:
    assert not Condition("store", frozenset()).holds(now)


@given(conditions, moments, moments)
def test_one_of_many_is_not_hurt_by_more_facts(
    wanted: Condition, now: frozenset[Fact], more: frozenset[Fact]
) -> None:
    assert wanted.holds(now) <= wanted.holds(now | more)


def test_one_too_many_breaks_an_exact_count() -> None:
    exact = Condition("store", frozenset({A_X, B_X}), 1, 1)
    assert [exact.holds(now) for now in (NOTHING, frozenset({A_X}), frozenset({A_X, B_X}))] == [
        False, True, False
    ]  # fmt: skip


# Constraints


@pytest.mark.parametrize(
    ("constraint", "holds"),
    [
        (Before((one(A_X),), frozenset({B_X})), True),
        (Within((one(A_X),), 5), False),
        (Until(one(A_X), one(B_X)), True),
        (Until(one(A_X)), True),
    ],
)
def test_before_any_step_a_bound_holds_and_a_promise_does_not(
    constraint: Constraint, holds: bool
) -> None:
    assert Trace(constraint).holds == holds


@given(st.lists(conditions, max_size=3), moments, traces)
def test_before_means_that_none_comes_too_early(
    first: list[Condition], then: frozenset[Fact], trace: list[frozenset[Fact]]
) -> None:
    early = [
        not then.isdisjoint(now)
        and any(not any(c.holds(past) for past in trace[: k + 1]) for c in first)
        for k, now in enumerate(trace)
    ]
    assert after(Before(tuple(first), then), trace) == (not any(early))


@given(st.permutations([one(A_X), one(A_Y), one(B_X)]), moments, traces)
def test_the_order_in_which_conditions_are_listed_does_not_matter(
    listed: list[Condition], then: frozenset[Fact], trace: list[frozenset[Fact]]
) -> None:
    plain = (one(A_X), one(A_Y), one(B_X))
    assert after(Before(tuple(listed), then), trace) == after(Before(plain, then), trace)
    assert after(Within(tuple(listed), 3), trace) == after(Within(plain, 3), trace)


def test_what_comes_first_may_come_in_any_order_and_at_the_same_time() -> None:
    wanted = Before((one(A_X), one(A_Y)), frozenset({B_X}))
    assert after(wanted, [frozenset({A_Y}), frozenset({A_X}), frozenset({B_X})])
    assert after(wanted, [frozenset({A_X, A_Y, B_X})])
    assert not after(wanted, [frozenset({A_X, B_X}), frozenset({A_Y})])


@given(st.lists(conditions, max_size=3), st.integers(0, 8), traces)
def test_within_means_all_at_once_in_time(
    wanted: list[Condition], steps: int, trace: list[frozenset[Fact]]
) -> None:
    in_time = any(all(c.holds(now) for c in wanted) for now in trace[: steps + 1])
    assert after(Within(tuple(wanted), steps), trace) == in_time


def test_one_after_the_other_is_not_all_at_once() -> None:
    both = Within((one(A_X), one(B_X)), 9)
    assert not after(both, [frozenset({A_X}), frozenset({B_X})])
    assert after(both, [frozenset({A_X}), frozenset({A_X, B_X}), NOTHING])


def test_a_step_that_ends_too_late_is_too_late() -> None:
    watched = Trace(Within((one(A_X),), 10))
    watched.look(9, NOTHING)
    watched.look(11, frozenset({A_X}))
    assert not watched.holds


@given(conditions, st.none() | conditions, traces)
def test_until_means_without_a_gap(
    keep: Condition, other: Condition | None, trace: list[frozenset[Fact]]
) -> None:
    ends = [k for k, now in enumerate(trace) if other is not None and other.holds(now)]
    watched = trace[: ends[0]] if ends else trace
    assert after(Until(keep, other), trace) == all(keep.holds(now) for now in watched)


@given(
    st.one_of(
        st.builds(Before, st.lists(conditions, max_size=2).map(tuple), moments),
        st.builds(Within, st.lists(conditions, max_size=2).map(tuple), st.integers(0, 6)),
        st.builds(Until, conditions, st.none() | conditions),
    ),
    traces, traces,
)  # fmt: skip
def test_what_is_decided_stays_decided(
    constraint: Constraint, trace: list[frozenset[Fact]], more: list[frozenset[Fact]]
) -> None:
    watched = Trace(constraint)
    for step, now in enumerate(trace):
        watched.look(step, now)
    broken, held = watched.broken, watched.holds
    for step, now in enumerate(more, len(trace)):
        watched.look(step, now)
    # A promise that was kept is kept for good; a bound that was broken, too.
    if broken or (isinstance(constraint, Within) and held):
        assert watched.broken == broken and watched.holds == held


# A judge's verdict


def test_progress_can_fall_again_and_rise_once_more() -> None:
    stage = Stage(Case(id="a", instruction="Unpack it.", facility="parcel_hub", seed=0))
    stage = Stage(stage.case.model_copy(update={"task": "unpack"}))
    twin, judge = SymbolicTwin(stage.spec), stage.judge()
    twin.do(Subgoal("wait"))
    progress = [_weigh(judge, twin)]
    for step in ("open", "pick", "place", "pick", "place"):
        item, place = ("item-0", "table") if step != "open" else ("", "")
        assert twin.do(Subgoal(step, item, place if step == "place" else "")).success
        progress.append(_weigh(judge, twin))
    once = progress[3]
    assert once > 0
    assert progress == [0, 0, 0, once, 0, once]


def _weigh(judge: Judge, twin: SymbolicTwin) -> float:
    return judge.weigh(twin.facts).progress


def test_a_verdict_does_not_depend_on_the_order_of_orders() -> None:
    """Each condition counts once for each order that asks for it."""
    case = Case.model_validate(
        {
            "id": "two", "instruction": ["One.", "Two."], "facility": "parcel_hub", "seed": 3,
            "cartons": [2, 2], "items": [2, 2], "orders": [{"cartons": [0]}, {"cartons": [1]}],
        }
    )  # fmt: skip
    turned = case.model_copy(update={"orders": case.orders[::-1]})
    spec = Stage(case).spec
    now = frozenset({("at", spec.placements[0].name, "table"), ("known", "item-1")})
    assert Stage(case).judge().weigh(now).progress == Stage(turned).judge().weigh(now).progress
