"""Validation errors in the words of the file that they came from."""

from __future__ import annotations

import re
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .choice import options
from .document import Document, Path
from .errors import ConfigError


def explain(error: ValidationError, model: type[BaseModel], document: Document) -> ConfigError:
    """Return one ConfigError with a line for each thing that is wrong, in the file's order.

    Args:
        error: What came of validating ``document.data``.
        model: The model that it was validated against.
        document: Where the data came from.
    """
    found = []
    for detail in error.errors(include_url=False):
        path: Path = tuple(detail.get("ctx", {}).get("at", detail["loc"]))
        if path and path[-1] == "[key]":
            path = path[:-1]
        path = _without_tags(path, document.data)
        line = document.line(path)
        found.append((line, f"{document.source}:{line}: {_sentence(detail, path, model)}"))
    return ConfigError("\n".join(text for _, text in sorted(found)))


def dotted(path: Path) -> str:
    """Return ``path`` as people write it: ``items[3].size[0]``."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.lstrip(".")


def _without_tags(path: Path, data: Any) -> Path:
    """Leave out what pydantic adds to a path: which of a union's models it tried."""
    kept = []
    for place, step in enumerate(path):
        if isinstance(data, dict) and step not in data and place < len(path) - 1:
            continue
        kept.append(step)
        try:
            data = data[step]
        except (LookupError, TypeError):
            data = None
    return tuple(kept)


def _sentence(detail: ErrorDetails, path: Path, model: type[BaseModel]) -> str:
    where = dotted(path) or "top level"
    got, kind = detail["input"], detail["type"]
    if kind == "extra_forbidden":
        parent = model_at(model, path[:-1])
        return f"{where}: unknown key; {options(str(path[-1]), parent.model_fields)}"
    if kind == "missing":
        return f"{where}: missing key"
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", str(detail["ctx"]["expected"]))
        return f"{where}: got '{got}'; {options(str(got), allowed)}"
    if kind == "union_tag_not_found":
        return f"{where}.{_tag(detail)}: missing key"
    if kind == "union_tag_invalid":
        allowed = re.findall(r"'([^']*)'", str(detail["ctx"]["expected_tags"]))
        tag = str(detail["ctx"]["tag"])
        return f"{where}.{_tag(detail)}: got '{tag}'; {options(tag, allowed)}"
    message = detail["msg"].removeprefix("Value error, ")
    if kind in {"value_error", "twin"}:
        return f"{where}: {message}"
    return f"{where}: got {got!r}; {message[:1].lower()}{message[1:]}"


def _tag(detail: ErrorDetails) -> str:
    """Return the key that tells the models of a union apart."""
    return str(detail["ctx"]["discriminator"]).strip("'")


def model_at(annotation: Any, path: Path) -> type[BaseModel]:
    """Return the model that the keys at ``path`` under ``annotation`` are fields of.

    Raises:
        LookupError: If there is none.
    """
    origin = get_origin(annotation)
    if origin is Annotated:
        return model_at(get_args(annotation)[0], path)
    if origin in {Union, UnionType}:
        for choice in get_args(annotation):
            try:
                return model_at(choice, path)
            except LookupError:
                continue
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not path:
            return annotation
        if path[0] in annotation.model_fields:
            return model_at(annotation.model_fields[str(path[0])].annotation, path[1:])
    elif origin in {tuple, list} and path:
        return model_at(get_args(annotation)[0], path[1:])
    elif origin is dict and path:
        return model_at(get_args(annotation)[1], path[1:])
    raise LookupError(f"no model at {dotted(path)}")
