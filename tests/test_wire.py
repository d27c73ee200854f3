"""What a model writes is read strictly, and nothing that it writes can break the reader."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warewheel.agents.domain import SIGNATURES
from warewheel.agents.language import schema
from warewheel.agents.language.wire import (
    DEEPEST,
    LONGEST_TEXT,
    LONGEST_WORD,
    MOST_STEPS,
    WireError,
    read,
    read_plan,
    write,
    write_plan,
)
from warewheel.agents.plan import Subgoal

LABELS = {"EMPTY", "TRUNCATED", "PARSE", "SCHEMA", "ARG_NUM", "HALLUC_SKILL"}
WRITTEN = {
    '{"skill": "place", "item": "item-2", "place": "north-1"}':
        Subgoal("place", "item-2", "north-1"),
    '{"skill": "open"}': Subgoal("open"),
    '{"skill": "pick", "item": "item-0"}': Subgoal("pick", "item-0"),
    '{"skill": "scan", "item": "item-0"}': Subgoal("scan", "item-0"),
    '{"skill": "report", "subject": "line-1", "finding": "short"}':
        Subgoal("report", "line-1", finding="short"),
    '{"skill": "wait"}': Subgoal("wait"),
    '{"skill": "refuse", "reason": "absent"}': Subgoal("refuse", reason="absent"),
    '{"skill": "stop"}': Subgoal("stop"),
}  # fmt: skip
WAIT = '{"skill": "wait"}'

# Anything but control characters and halves of characters; not blank.
WORDS = st.text(
    st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=LONGEST_WORD
).filter(str.strip)


@st.composite
def subgoals(draw: st.DrawFn) -> Subgoal:
    skill = draw(st.sampled_from(sorted(SIGNATURES)))
    fields = [{"subject": "item"}.get(key, key) for key in SIGNATURES[skill].arguments]
    return Subgoal(skill, **{field: draw(WORDS) for field in fields})


def label(text: str, cut: bool = False, plan: bool = False) -> str:
    with pytest.raises(WireError) as caught:
        (read_plan if plan else read)(text, cut)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 200
    return caught.value.label


@pytest.mark.parametrize(("text", "subgoal"), WRITTEN.items())
def test_a_step_is_written_as_agreed(text: str, subgoal: Subgoal) -> None:
    assert write(subgoal) == text
    assert read(text) == subgoal
    assert write_plan([subgoal, subgoal]) == f"[{text}, {text}]"
    assert read_plan(f"[{text}]") == [subgoal]


@given(subgoals())
def test_what_is_written_is_read_back(subgoal: Subgoal) -> None:
    assert read(write(subgoal)) == subgoal
    assert read(json.dumps(json.loads(write(subgoal)), ensure_ascii=False)) == subgoal


@given(st.lists(subgoals(), max_size=5))
def test_plans_are_read_back(steps: list[Subgoal]) -> None:
    assert read_plan(write_plan(steps)) == steps


@pytest.mark.parametrize(
    "subgoal",
    [Subgoal("juggle"), Subgoal("pick"), Subgoal("open", "item-0"), Subgoal("stop", reason="x")],
)
def test_what_could_not_be_read_is_not_written(subgoal: Subgoal) -> None:
    with pytest.raises(ValueError, match=subgoal.skill):
        write(subgoal)


@pytest.mark.parametrize(
    "text",
    [
        f"\n  {WAIT}\t\n",
        f"```json\n{WAIT}\n```",
        f"```\n{WAIT}```",
        f"<think>pick {{item-0}}? No: {{}}</think>\n{WAIT}",
        f"I thought so.</think>{WAIT}",
        f"<think></think>\n\n```json\n{WAIT}\n```\n",
        f"The carton isn't here yet, so: {WAIT}. That's 5\" away.",
        f"Set {{a, b}} is empty. {WAIT}",
        f"Here it is:\n```json\n{WAIT}\n```\nDone.",
        '{"skill":"wait"}',
        '{\n  "skill": "wait"\n}',
    ],
)
def test_what_may_surround_a_step(text: str) -> None:
    assert read(text) == Subgoal("wait")


def test_what_may_surround_a_plan() -> None:
    steps = [Subgoal("wait"), Subgoal("stop")]
    plan = write_plan(steps)
    for text in (plan, f"```json\n{plan}\n```", f"<think>[1]</think>My plan: {plan} Good luck!"):
        assert read_plan(text) == steps
    assert read_plan("[]") == []


@pytest.mark.parametrize("name", ["</think>", "<think>", "```", "{", '"}', "\\", "]["])
def test_a_name_may_look_like_what_surrounds_a_step(name: str) -> None:
    assert read(write(Subgoal("pick", name))) == Subgoal("pick", name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "EMPTY"),
        (" \n\t\u00a0", "EMPTY"),
        ("<think>hm</think> ", "EMPTY"),
        ("pick item-0", "PARSE"),
        ("<think>hm", "PARSE"),
        ('{"skill": "wait"', "PARSE"),
        ("{'skill': 'wait'}", "PARSE"),
        (f"{WAIT} {WAIT}", "PARSE"),
        (f"Either {WAIT} or {WAIT}", "PARSE"),
        (f'{WAIT} and then {{"skill": "pi', "PARSE"),
        ("{} " * 40 + WAIT, "PARSE"),
        (f"{WAIT} as in {{this}}", "PARSE"),
        ('{"skill": NaN}', "PARSE"),
        ('{"skill": -Infinity}', "PARSE"),
        ('{"skill": "wait\x00"}', "PARSE"),
        ("x" * (LONGEST_TEXT + 1), "PARSE"),
        (WAIT + " " * LONGEST_TEXT, "PARSE"),
        ("null", "SCHEMA"),
        ('"wait"', "SCHEMA"),
        ("9" * 60000, "SCHEMA"),
        (f"[{WAIT}]", "SCHEMA"),
        ("{}", "SCHEMA"),
        ('{"item": "item-0"}', "SCHEMA"),
        ('{"skill": 3}', "SCHEMA"),
        ('{"skill": "pick", "item": null}', "SCHEMA"),
        ('{"skill": "pick", "item": ' + "9" * 60000 + "}", "SCHEMA"),
        ('{"skill": "pick", "item": ["item-0"]}', "SCHEMA"),
        ('{"skill": "pick", "item": "item-0", "why": "because"}', "SCHEMA"),
        ('{"skill": "pick", "skill": "wait"}', "SCHEMA"),
        ('{"skill": "pick", "item": "' + "x" * (LONGEST_WORD + 1) + '"}', "SCHEMA"),
        ('{"skill": "pick", "item": "\\ud800"}', "SCHEMA"),
        ('{"skill": "pick", "item": "\\u001b[2J"}', "SCHEMA"),
        ('{"a":' * (DEEPEST + 1) + "1" + "}" * (DEEPEST + 1), "SCHEMA"),
        ("[" * 60000 + "]" * 60000, "PARSE"),
        ("[" * 30000 + "]" * 30000, "SCHEMA"),
        ('{"skill": "wait", "item": {' + '"a": [], ' * 7000 + '"b": 1}}', "SCHEMA"),
        ('{"skill": "juggle"}', "HALLUC_SKILL"),
        ('{"skill": "Pick", "item": "item-0"}', "HALLUC_SKILL"),
        ('{"skill": ""}', "HALLUC_SKILL"),
        ('{"skill": "pick"}', "ARG_NUM"),
        ('{"skill": "pick", "item": " "}', "ARG_NUM"),
        ('{"skill": "pick", "item": "item-0", "place": "north-1"}', "ARG_NUM"),
        ('{"skill": "wait", "item": ""}', "ARG_NUM"),
    ],
)
def test_each_fault_has_its_label(text: str, expected: str) -> None:
    assert label(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"skill": "pi', "TRUNCATED"),
        ("<think>hm", "TRUNCATED"),
        ("I will now", "TRUNCATED"),
        ("x" * (LONGEST_TEXT + 1), "TRUNCATED"),
        ("", "EMPTY"),
        ('{"skill": "pick"}', "ARG_NUM"),
    ],
)
def test_what_was_cut_off(text: str, expected: str) -> None:
    assert label(text, cut=True) == expected
    assert read(WAIT, cut=True) == Subgoal("wait")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WAIT, "SCHEMA"),
        (f"[{WAIT}, 3]", "SCHEMA"),
        (f"[[{WAIT}]]", "SCHEMA"),
        (f"[{', '.join([WAIT] * (MOST_STEPS + 1))}]", "SCHEMA"),
        (f"[{WAIT}] or [{WAIT}]", "PARSE"),
        (f"{WAIT}\n{WAIT}", "PARSE"),
        (f'[{WAIT}, {{"skill": "juggle"}}]', "HALLUC_SKILL"),
    ],
)
def test_each_fault_of_a_plan_has_its_label(text: str, expected: str) -> None:
    assert label(text, plan=True) == expected


def test_a_plan_cut_off_is_none() -> None:
    assert label(f"[{WAIT}, ", cut=True, plan=True) == "TRUNCATED"
    with pytest.raises(WireError, match="step 2: 'juggle' is no skill"):
        read_plan(f'[{WAIT}, {{"skill": "juggle"}}]')


# Pieces that have broken readers before.
PIECES = st.one_of(
    st.sampled_from([
        "", " ", "{", "}", "[", "]", '"', "\\", ",", ":", "\\u", "\\ud800", "\ud800", "\x00",
        "\x1b", "\x7f", "NaN", "-Infinity", "1e999", "null", "<think>", "</think>", "```",
        "```json\n", "\u202e", "\ufeff", "\U0001f4e6", "'", "//", "\u2028", '"skill": "wait"', WAIT,
        "[" * 2000,
        '{"a":' * 500, "9" * 5000, "x" * 1_000_000, "\\" * 1_000_000, "[" * 1_000_000, '"' * 60_000,
        "{}" * 30_000, '""' * 30_000, "[]," * 20_000, "</think>" * 5_000, "```\n" * 10_000,
    ]),
    st.text(max_size=5),
)  # fmt: skip
TEXTS = st.sampled_from(
    [*WRITTEN, f"[{', '.join(WRITTEN)}]", f"<think>hm</think>```json\n{WAIT}\n```"]
)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Draw a text that a model might have written, and damage it."""
    text = draw(TEXTS)
    for _ in range(draw(st.integers(1, 4))):
        here, there = sorted(draw(st.tuples(*[st.integers(0, min(len(text), 600))] * 2)))
        kind = draw(st.sampled_from(["delete", "insert", "replace", "swap", "repeat", "nest"]))
        piece = draw(PIECES) if kind in ("insert", "replace") else ""
        if kind == "insert":
            there = here
        elif kind == "swap":
            piece = text[here:there][::-1]
        elif kind == "repeat":
            piece = text[here:there] * draw(st.sampled_from([2, 20, 200]))
        elif kind == "nest":
            times = draw(st.integers(1, 12))
            piece = '{"a": [' * times + text[here:there] + "]}" * times
        text = (text[:here] + piece + text[there:])[:2_000_000]
    return text


def hold(text: str, cut: bool) -> None:
    for reader in (read, read_plan):
        try:
            found: Any = reader(text, cut)
        except WireError as error:
            assert error.label in LABELS
            assert str(error).isprintable()
        else:
            for step in found if isinstance(found, list) else [found]:
                assert read(write(step)) == step
        # The best of some tries, in time of this thread: a busy machine must not turn a test red.
        assert any(quick(reader, text) for _ in range(5))


def quick(reader: Callable[[str], object], text: str) -> bool:
    began = time.thread_time()
    with suppress(WireError):
        reader(text)
    return time.thread_time() - began < 0.05


@settings(max_examples=1_000)
@given(mutated(), st.booleans())
def test_no_text_breaks_the_reader(text: str, cut: bool) -> None:
    hold(text, cut)


@pytest.mark.slow
@settings(max_examples=10_000)
@given(mutated(), st.booleans())
def test_no_text_of_ten_thousand_breaks_the_reader(text: str, cut: bool) -> None:
    hold(text, cut)


def matches(value: Any, form: dict[str, Any]) -> bool:
    """Say whether a value matches a schema, as far as ours use the language."""
    if "anyOf" in form:
        return any(matches(value, one) for one in form["anyOf"])
    if form["type"] == "array":
        long = len(value) > form["maxItems"] if isinstance(value, list) else True
        return not long and all(matches(one, form["items"]) for one in value)
    if form["type"] == "object":
        return (
            form["additionalProperties"] is False
            and isinstance(value, dict)
            and list(value) == form["required"] == list(form["properties"])
            and all(matches(value[key], one) for key, one in form["properties"].items())
        )
    if "const" in form:
        return bool(value == form["const"])
    return value in form["enum"] if "enum" in form else 1 <= len(value) <= form["maxLength"]


@given(subgoals())
def test_every_step_matches_the_schema(subgoal: Subgoal) -> None:
    value = json.loads(write(subgoal))
    assert matches(value, schema.step())
    assert matches([value], schema.plan())
    assert not matches([value, value], schema.plan(most=1))


def test_names_narrow_the_schema() -> None:
    narrow = schema.step(items=["item-0", "item-1"], places=[], subjects=["line-0"])
    skills = [form["properties"]["skill"]["const"] for form in narrow["anyOf"]]
    assert skills == [skill for skill in SIGNATURES if skill != "place"]
    assert matches({"skill": "pick", "item": "item-1"}, narrow)
    assert not matches({"skill": "pick", "item": "item-2"}, narrow)
    assert matches({"skill": "report", "subject": "line-0", "finding": "any"}, narrow)
    assert not matches({"skill": "report", "subject": "line-1", "finding": "any"}, narrow)


@given(st.lists(subgoals(), min_size=1, max_size=8, unique=True), subgoals())
def test_steps_as_a_schema_are_those_steps_and_no_others(
    steps: list[Subgoal], other: Subgoal
) -> None:
    form = schema.one_of(map(write, steps))
    assert all(matches(json.loads(write(step)), form) for step in steps)
    assert matches(json.loads(write(other)), form) == (other in steps)


def test_steps_that_differ_in_the_last_argument_share_a_form() -> None:
    places = [write(Subgoal("place", item, f"north-{k}")) for item in "ab" for k in range(50)]
    form = schema.one_of([*places, WAIT])
    assert len(form["anyOf"]) == 3
    for bad in ("[]", "{}", '{"skill": 3}', "nonsense"):
        with pytest.raises(ValueError):
            schema.one_of([bad])
