"""The report: one HTML file with the figures, bars with intervals, and the worst episodes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment

from .trial import Result

# Episodes shown in full.
_WORST = 12


def page(data: dict[str, Any], results: Sequence[Result]) -> str:
    """Return the report of a benchmark as HTML."""
    suites: dict[str, list[dict[str, Any]]] = {}
    for row in data["rows"]:
        suites.setdefault(row["suite"], []).append(row)
    failed = sorted((r for r in results if not r.success and r.trace), key=lambda r: r.progress)
    # Whatever a model wrote is text here, never markup.
    html = (resources.files(__package__) / "report.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True).from_string(html)
    return template.render(
        data=data, s=data["settings"], suites=suites, pairs=data["pairs"], worst=failed[:_WORST]
    )
