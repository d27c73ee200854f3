"""The wire format: what a language model writes for a step, read strictly.

A step is one JSON object, ``skill`` first, then the arguments in the order of the skill's
signature: ``{"skill": "place", "item": "item-2", "place": "north-1"}``. A plan is a list of such
objects. Nothing in it is ever executed.

Around the JSON a model may put white space, one thought that ends with ``</think>`` before it, one
Markdown code fence, and prose. In prose the last balanced ``{...}`` (for a plan, ``[...]``) is the
answer; it must be JSON, nothing after it may open another, and no balanced one before it may be
JSON too: of two answers none counts. Braces that are no JSON, such as ``{this}``, are prose.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from warewheel.agents.domain import SIGNATURES, Signature
from warewheel.agents.plan import Subgoal

Table = Mapping[str, Signature]

# Bounds on what is read at all: characters of a text and of a word in it, levels of nesting, steps
# of a plan, brackets and strings in JSON (the longest plan has about 2000), braces in prose.
LONGEST_TEXT = 65_536
LONGEST_WORD = 200
DEEPEST = 8
MOST_STEPS = 256
_MOST_MARKS = 8192
_MOST_SPANS = 32

_FIELDS = {"subject": "item"}
_WORDS = ("item", "place", "finding", "reason")

_MARK = re.compile(r'["{}\[\]]')
_STRING = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*)```", re.DOTALL)
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class WireError(Exception):
    """A text is no step; ``label`` is the error label of the planner's failure."""

    def __init__(self, label: str, reason: str) -> None:
        super().__init__(reason)
        self.label = label


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with its keys as they came, twice if they came twice."""


def write(subgoal: Subgoal, table: Table = SIGNATURES) -> str:
    """Return a subgoal as a model writes it.

    Raises:
        ValueError: It is not what its skill takes.
    """
    return json.dumps(_object(subgoal, table))


def write_plan(steps: Iterable[Subgoal], table: Table = SIGNATURES) -> str:
    """Return a plan as a model writes it.

    Raises:
        ValueError: A step is not what its skill takes.
    """
    return json.dumps([_object(step, table) for step in steps])


def between(table: Table = SIGNATURES) -> list[str]:
    """Return what stands between the words of steps as `write` writes them, the longest first."""
    keys = {key for signature in table.values() for key in signature.arguments}
    found = ['{"skill": "', '"}', *(f'", "{key}": "' for key in sorted(keys))]
    return sorted(found, key=len, reverse=True)


def read(text: str, cut: bool = False, table: Table = SIGNATURES) -> Subgoal:
    """Return the step that a model wrote.

    Args:
        text: The message.
        cut: The text ran into the limit of tokens.
        table: The skills.

    Raises:
        WireError: It is no step. The label is EMPTY (nothing or blanks), TRUNCATED (no JSON, and
            cut), PARSE (no JSON), SCHEMA (JSON, but not an object of known keys, each once, and
            of short printable strings), HALLUC_SKILL, or ARG_NUM (an argument is missing, blank
            or one too many for its skill). The first that holds, in that order.
    """
    return _step(_value(text, cut, "{"), table)


def read_plan(text: str, cut: bool = False, table: Table = SIGNATURES) -> list[Subgoal]:
    """Return the steps that a model wrote; an empty list is a plan of no steps.

    Args:
        text: The message.
        cut: The text ran into the limit of tokens.
        table: The skills.

    Raises:
        WireError: It is no list of steps; labels are those of `read`.
    """
    found = _value(text, cut, "[")
    if isinstance(found, _Pairs) or not isinstance(found, list):
        raise WireError("SCHEMA", f"{_kind(found)}; a plan is a list of steps")
    if len(found) > MOST_STEPS:
        raise WireError("SCHEMA", f"{len(found)} steps; a plan has at most {MOST_STEPS}")
    steps = []
    for k, value in enumerate(found):
        try:
            steps.append(_step(value, table))
        except WireError as error:
            raise WireError(error.label, f"step {k + 1}: {error}") from None
    return steps


def _object(subgoal: Subgoal, table: Table) -> dict[str, str]:
    signature = table.get(subgoal.skill)
    if signature is None:
        raise ValueError(f"{subgoal}: no such skill")
    fields = [_FIELDS.get(key, key) for key in signature.arguments]
    if set(fields) != {word for word in _WORDS if getattr(subgoal, word)}:
        takes = ", ".join(signature.arguments) or "nothing"
        raise ValueError(f"{subgoal}: {subgoal.skill} takes {takes}")
    words = [getattr(subgoal, field) for field in fields]
    return {"skill": subgoal.skill, **dict(zip(signature.arguments, words, strict=True))}


def _value(text: str, cut: bool, opener: str) -> Any:
    """Return the JSON value in a text; ``opener`` is how one in prose begins."""

    def broken(reason: str) -> NoReturn:
        raise WireError("TRUNCATED" if cut else "PARSE", reason)

    if len(text) > LONGEST_TEXT:
        broken(f"{len(text)} characters; at most {LONGEST_TEXT} are read")
    body = text.strip()
    if not body:
        raise WireError("EMPTY", "nothing was written")
    # First as it stands: names may contain what looks like the end of a thought.
    if (whole := _whole(body)) is not None:
        return whole[0]
    if body.startswith("<think>") or "</think>" in body:
        _, end, body = body.partition("</think>")
        if not end:
            broken("the thought has no end")
        body = body.strip()
        if not body:
            raise WireError("EMPTY", "nothing was written after the thought")
    if fence := _FENCE.fullmatch(body):
        body = fence[1].strip()
    if body and (whole := _whole(body)) is not None:
        return whole[0]
    spans, open_ = _spans(body, opener)
    if open_ or not spans:
        broken("the JSON has no end" if open_ else "there is no JSON")
    *others, last = spans
    if (found := _load(last)) is None:
        broken(f"not JSON: {_excerpt(last)}")
    if any(_load(other) is not None for other in others):
        raise WireError("PARSE", "more than one answer")
    return found[0]


def _whole(body: str) -> tuple[Any] | None:
    """Return what a text is as JSON from its first character to its last, boxed, or None."""
    if body[0] in "{[" and _spans(body, body[0]) != ([body], False):
        return None
    return _load(body)


def _spans(body: str, opener: str) -> tuple[list[str], bool]:
    """Return the balanced spans from ``opener`` on, and whether the last one has no end.

    It takes time in proportion to the text. Quotes count within a span alone: prose has
    apostrophes and inches.
    """
    spans: list[str] = []
    position = marks = 0
    while (start := body.find(opener, position)) >= 0:
        depth, position = 1, start + 1
        while depth:
            mark = _MARK.search(body, position)
            if mark is None:
                return spans, True
            marks += 1
            position = mark.end()
            sign = mark[0]
            if sign == '"':
                string = _STRING.match(body, position)
                assert string is not None, "it matches nothing, if need be"
                position = string.end() + 1
            else:
                depth += 1 if sign in "{[" else -1
            if depth > DEEPEST:
                raise WireError("SCHEMA", f"nested deeper than {DEEPEST}")
            if marks > _MOST_MARKS:
                raise WireError("SCHEMA", f"more than {_MOST_MARKS} brackets and strings")
        spans.append(body[start:position])
        if len(spans) > _MOST_SPANS:
            raise WireError("PARSE", f"more than {_MOST_SPANS} pairs of braces")
    return spans, False


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


# Numbers are not part of any step, so their value does not matter, however long they are.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_constant=_refuse, parse_int=lambda _: 0,
    parse_float=lambda _: 0.0,
)  # fmt: skip


def _load(text: str) -> tuple[Any] | None:
    """Return a text's JSON value, boxed, or None if it is not JSON."""
    try:
        return (_DECODER.decode(text),)
    except ValueError:
        return None


def _step(value: Any, table: Table) -> Subgoal:
    if not isinstance(value, _Pairs):
        raise WireError("SCHEMA", f"{_kind(value)}; a step is an object")
    words = dict(value)
    if len(words) < len(value):
        raise WireError("SCHEMA", "a key is there twice")
    known = {"skill"}.union(*(signature.arguments for signature in table.values()))
    for key, word in words.items():
        if key not in known:
            allowed = ", ".join(sorted(known))
            raise WireError("SCHEMA", f"key {_excerpt(key)} is unknown; allowed: {allowed}")
        if not isinstance(word, str):
            raise WireError("SCHEMA", f"{key} is {_kind(word)}; it should be a string")
        if len(word) > LONGEST_WORD:
            raise WireError("SCHEMA", f"{key} is longer than {LONGEST_WORD} characters")
        if _UNFIT.search(word):
            raise WireError("SCHEMA", f"{key} has characters that are not text")
    if "skill" not in words:
        raise WireError("SCHEMA", "skill is missing")
    skill = words.pop("skill")
    signature = table.get(skill)
    if signature is None:
        raise WireError("HALLUC_SKILL", f"{_excerpt(skill)} is no skill")
    given = {key for key, word in words.items() if word.strip()}
    if given != set(signature.arguments) or len(words) > len(given):
        takes = ", ".join(signature.arguments) or "nothing"
        raise WireError("ARG_NUM", f"{skill} takes {takes}; got {', '.join(words) or 'nothing'}")
    return Subgoal(skill, **{_FIELDS.get(key, key): word for key, word in words.items()})


def _kind(value: Any) -> str:
    if isinstance(value, _Pairs):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return "a string" if isinstance(value, str) else "a number, true, false or null"


def _excerpt(text: str) -> str:
    """Return the beginning of a stranger's text, fit for one line of a log."""
    return ascii(text if len(text) <= 40 else text[:37] + "...")
