"""Suites as files."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from warewheel.configs.schema import Case, Suite

from .make import RECIPES, cases

# Seeds of the suites that are shipped; each suite has so many of its own.
_FIRST, _ROOM = 70_000_000, 100_000

SIZE = 100


def make(name: str, count: int = SIZE) -> Suite:
    """Return a suite, made anew.

    Raises:
        KeyError: There is no recipe of that name.
    """
    recipe = RECIPES[name]
    first = _FIRST + list(RECIPES).index(name) * _ROOM
    made = tuple(cases(recipe, name, first, count))
    return Suite(
        name=name, description=recipe.about, language="zh" if name == "zh" else "en", cases=made
    )


def text(suite: Suite) -> str:
    """Return a suite as YAML, without what is as usual."""
    head = suite.model_dump(mode="json", exclude={"cases"}, exclude_defaults=True)
    return yaml.safe_dump(
        head | {"cases": _plain(suite.cases)}, allow_unicode=True, sort_keys=False, width=96
    )


def _plain(cases: Sequence[Case]) -> list[dict[str, object]]:
    return [case.model_dump(mode="json", exclude_defaults=True) for case in cases]
