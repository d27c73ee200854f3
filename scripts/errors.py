"""User mistakes end with one message and exit code 2, not with a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click


class Choice(click.Choice):  # type: ignore[type-arg]  # generic since click 8.2
    """One of a few words; a wrong one is answered with the closest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word that was chosen."""
        if value not in self.choices:
            from warewheel.configs.choice import unknown

            self.fail(unknown(param.name or "value" if param else "value", value, self.choices))
        return str(value)


@contextmanager
def user_errors() -> Iterator[None]:
    """Turn errors about what the user asked for into click's usage errors."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from None
