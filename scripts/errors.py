"""User mistakes end with one message and exit code 2, not with a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click


@contextmanager
def user_errors() -> Iterator[None]:
    """Turn errors about what the user asked for into click's usage errors."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from None
