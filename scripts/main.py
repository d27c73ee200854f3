"""The ``warewheel`` command."""

from __future__ import annotations

import click

from .lazy import LazyGroup

_COMMANDS = {
    "bench": ("warewheel.scripts.bench:bench", "Compare planners on suites of instructions."),
    "check": ("warewheel.scripts.dataset:check", "Name what is wrong with a dataset."),
    "compact": ("warewheel.scripts.dataset:compact", "Pack a dataset's files."),
    "demo": ("warewheel.scripts.demo:demo", "Run one delivery; write its film, pictures and log."),
    "doctor": ("warewheel.scripts.doctor:doctor", "Say what works on this machine."),
    "merge": ("warewheel.scripts.dataset:merge", "Make one dataset of several."),
    "repair": ("warewheel.scripts.dataset:repair", "Bring a dataset back to a whole state."),
    "run": ("warewheel.scripts.run:run", "Run episodes and say how they went."),
    "serve": ("warewheel.scripts.serve:serve", "Serve a language model on this machine."),
    "stats": ("warewheel.scripts.dataset:stats", "Say what is in a dataset."),
    "suite": ("warewheel.scripts.suite:suite", "Make suites of instructions."),
    "summary": ("warewheel.scripts.summary:summary", "Sum up episodes, with intervals."),
    "speed": ("warewheel.scripts.speed:speed", "Measure how fast this machine simulates."),
    "train": ("warewheel.scripts.train:train", "Train models from data."),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS)
@click.version_option(package_name="warewheel")
def main() -> None:
    """An embodied-AI sandbox: unpack, classify and store deliveries in PyBullet."""
