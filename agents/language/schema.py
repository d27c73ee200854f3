"""JSON schemas of what a model writes, for servers and decoders that hold it to them."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from warewheel.agents.domain import SIGNATURES

from .wire import LONGEST_WORD, MOST_STEPS, Table

Schema = dict[str, Any]


def step(
    items: Sequence[str] | None = None,
    places: Sequence[str] | None = None,
    subjects: Sequence[str] | None = None,
    findings: Sequence[str] | None = None,
    reasons: Sequence[str] | None = None,
    table: Table = SIGNATURES,
) -> Schema:
    """Return the schema of one step: any of the skills, each with exactly its arguments.

    Args:
        items: What ``item`` may be; by default any word. Where it is empty, the skills that take
            one are left out. So with the others.
        places: What ``place`` may be.
        subjects: What ``subject`` may be.
        findings: What ``finding`` may be.
        reasons: What ``reason`` may be.
        table: The skills.
    """
    names = {
        "item": items, "place": places, "subject": subjects, "finding": findings,
        "reason": reasons,
    }  # fmt: skip
    forms = []
    for skill, signature in table.items():
        words = {key: names.get(key) for key in signature.arguments}
        if all(allowed is None or allowed for allowed in words.values()):
            forms.append(_form({"skill": [skill], **words}))
    return {"anyOf": forms}


def plan(one: Schema | None = None, most: int = MOST_STEPS) -> Schema:
    """Return the schema of a plan: a list of at most ``most`` steps, each as in ``one``."""
    return {"type": "array", "items": step() if one is None else one, "maxItems": most}


def one_of(steps: Iterable[str]) -> Schema:
    """Return the schema that these steps match, as written, and no others.

    Steps that differ in their last argument alone share a form, so that the schema stays short.

    Raises:
        ValueError: A text is not an object of strings.
    """
    groups: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for text in steps:
        found = json.loads(text)
        if not isinstance(found, dict) or not found:
            raise ValueError(f"{text[:80]!r} is not an object")
        if not all(isinstance(word, str) for word in found.values()):
            raise ValueError(f"{text[:80]!r} has a value that is not a string")
        *firsts, last = found.values()
        group = groups.setdefault((tuple(found), tuple(firsts)), [])
        if last not in group:
            group.append(last)
    return {
        "anyOf": [
            _form(dict(zip(keys, [*([word] for word in firsts), lasts], strict=True)))
            for (keys, firsts), lasts in groups.items()
        ]
    }


def texts(schema: Mapping[str, Any], most: int = 1000) -> list[str]:
    """Return every text that matches a schema such as :func:`one_of` makes.

    There are none if it is of another form, or if there are more than ``most``.
    """
    found: list[str] = []
    forms = schema.get("anyOf")
    for form in forms if isinstance(forms, list) else []:
        words = form.get("properties") if isinstance(form, dict) else None
        if not isinstance(words, dict) or form != _form(
            {key: _allowed(word) for key, word in words.items()}
        ):
            return []
        choices = [_allowed(word) for word in words.values()]
        if None in choices or len(found) + math.prod(map(len, filter(None, choices))) > most:
            return []
        for chosen in itertools.product(*filter(None, choices)):
            found.append(json.dumps(dict(zip(words, chosen, strict=True))))
    return found


def _allowed(word: Any) -> Sequence[str] | None:
    """Return what a word of a form may be, None for anything."""
    if not isinstance(word, dict):
        return None
    one, some = word.get("const"), word.get("enum")
    return [one] if isinstance(one, str) else some if isinstance(some, list) and some else None


def _form(words: dict[str, Sequence[str] | None]) -> Schema:
    """Return the schema of an object with exactly these keys."""
    return {
        "type": "object",
        "properties": {key: _word(allowed) for key, allowed in words.items()},
        "required": list(words),
        "additionalProperties": False,
    }


def _word(allowed: Sequence[str] | None) -> Schema:
    if allowed is None:
        return {"type": "string", "minLength": 1, "maxLength": LONGEST_WORD}
    if len(allowed) == 1:
        return {"type": "string", "const": allowed[0]}
    return {"type": "string", "enum": list(allowed)}
