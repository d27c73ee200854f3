"""How servers are told what a model must write, and how what it wrote is brought back.

Servers that speak OpenAI's protocol agree on ``response_format``, but not on what it may hold, nor
on how to name a choice of texts:

- ``schema``: a JSON schema as it is, for a choice one that its texts alone match. Understood by
  vLLM, SGLang, llama.cpp, LM Studio, Ollama and ``warewheel serve``; hence the usual one.
- ``openai``: a schema in the subset of OpenAI's strict mode, whose root must be an object. The
  answer comes inside one and is taken out.
- ``vllm``: texts by vLLM's ``structured_outputs`` (vLLM 0.12 and later, ``warewheel serve``), which
  alone promises them letter by letter; schemas as in ``schema``. vLLM takes one of the two only.
- ``guided``: texts by ``guided_choice`` of vLLM before 0.12; schemas as in ``schema``.
- ``plain``: nothing; the prompt alone says what to write.
"""

from __future__ import annotations

import json
from typing import Any

from . import schema
from .model import Demand

DIALECTS = ("schema", "openai", "vllm", "guided", "plain")

# Key of the object that holds the answer where the root must be one, and what strict mode refuses.
_HOLDER = "answer"
_REFUSED = {"minLength", "maxLength"}


def fields(demand: Demand, dialect: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields of a request that say what must be written.

    Returns:
        Those of OpenAI's protocol, and those beyond it.

    Raises:
        ValueError: Steps are to be said as a schema, and one is no object of strings.
    """
    if dialect == "plain" or not (demand.steps or demand.schema is not None):
        return {}, {}
    if demand.steps and dialect == "vllm":
        return {}, {"structured_outputs": {"choice": list(demand.steps)}}
    if demand.steps and dialect == "guided":
        return {}, {"guided_choice": list(demand.steps)}
    form: dict[str, Any] = (
        schema.one_of(demand.steps) if demand.steps else dict(demand.schema or {})
    )
    strict = dialect == "openai"
    if strict:
        form = {
            "type": "object", "properties": {_HOLDER: _without(form)}, "required": [_HOLDER],
            "additionalProperties": False,
        }  # fmt: skip
    described = {"name": "answer", "schema": form, "strict": strict}
    return {"response_format": {"type": "json_schema", "json_schema": described}}, {}


def text(written: str, demand: Demand, dialect: str) -> str:
    """Return the message that a server's text stands for.

    Where one of the steps was to be written, JSON that equals one is that step: decoders space
    JSON in their own ways. Anything else stays as it was written, for the reader to judge.
    """
    if dialect == "openai" and (demand.steps or demand.schema is not None):
        held = _load(written)
        if isinstance(held, dict) and set(held) == {_HOLDER}:
            written = json.dumps(held[_HOLDER])
    if not demand.steps or written in demand.steps:
        return written
    found = _load(written, ordered=True)
    if found is None:
        return written
    return next((step for step in demand.steps if _load(step, ordered=True) == found), written)


def _without(form: Any) -> Any:
    """Return a schema without the words that strict mode refuses."""
    if isinstance(form, dict):
        return {key: _without(part) for key, part in form.items() if key not in _REFUSED}
    return [_without(part) for part in form] if isinstance(form, list) else form


def _load(written: str, ordered: bool = False) -> Any:
    """Return a text as JSON, or None if it is not; ``ordered`` keeps keys that come twice."""
    try:
        return json.loads(written, object_pairs_hook=_Ordered if ordered else None)
    except (ValueError, RecursionError):
        return None


class _Ordered(list[tuple[str, Any]]):
    """A JSON object as its keys and values, so that one key twice is not the same as once."""
