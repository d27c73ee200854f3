"""The ``warewheel`` command."""

from __future__ import annotations

import click

from .lazy import LazyGroup

_COMMANDS = {
    "bench": ("warewheel.scripts.bench:bench", "Compare planners on suites of instructions."),
    "check": ("warewheel.scripts.dataset:check", "Name what is wrong with a dataset."),
    "clean": ("warewheel.scripts.clean:clean", "Select episodes to learn from."),
    "collect": ("warewheel.scripts.collect:collect", "Keep episodes as a LeRobot dataset."),
    "compact": ("warewheel.scripts.dataset:compact", "Pack a dataset's files."),
    "demo": ("warewheel.scripts.demo:demo", "Run one delivery; write its film, pictures and log."),
    "doctor": ("warewheel.scripts.doctor:doctor", "Say what works on this machine."),
    "flywheel": ("warewheel.scripts.flywheel:flywheel", "Turn by turn, learn from what was done."),
    "merge": ("warewheel.scripts.dataset:merge", "Make one dataset of several."),
    "models": ("warewheel.scripts.models:models", "List, compare and choose trained models."),
    "push": ("warewheel.scripts.clean:push", "Upload a dataset to the Hugging Face Hub."),
    "render": ("warewheel.scripts.collect:render", "Add cameras to a dataset by repeating it."),
    "repair": ("warewheel.scripts.dataset:repair", "Bring a dataset back to a whole state."),
    "replay": ("warewheel.scripts.collect:replay", "Do recorded actions again; compare."),
    "rows": ("warewheel.scripts.clean:rows", "Write conversations for language models."),
    "run": ("warewheel.scripts.run:run", "Run episodes and say how they went."),
    "schema": ("warewheel.scripts.collect:schema", "Say what a recorded episode holds."),
    "serve": ("warewheel.scripts.serve:serve", "Serve a language model on this machine."),
    "speed": ("warewheel.scripts.speed:speed", "Measure how fast this machine simulates."),
    "stats": ("warewheel.scripts.dataset:stats", "Say what is in a dataset."),
    "suite": ("warewheel.scripts.suite:suite", "Make suites of instructions."),
    "summary": ("warewheel.scripts.summary:summary", "Sum up episodes, with intervals."),
    "train": ("warewheel.scripts.train:train", "Train models from data."),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS)
@click.version_option(package_name="warewheel")
def main() -> None:
    """An embodied-AI sandbox: unpack, classify and store deliveries in PyBullet."""
