"""Options of commands that take long: how many share the work, and whether it goes on."""

from __future__ import annotations

import os

import click

workers = click.option(
    "--workers", default=os.cpu_count() or 1, show_default=True, type=click.IntRange(min=1),
    help="Processes; they make no difference but to the time.",
)  # fmt: skip
resume = click.option("--resume", is_flag=True, help="Go on with what is in --out.")
