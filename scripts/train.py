"""``warewheel train``: models from data."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .errors import user_errors

if TYPE_CHECKING:
    from warewheel.flywheel.training.rows import Chat


@click.group()
def train() -> None:
    """Train models from data."""


@train.command()
@click.option("--rows", type=click.Path(path_type=Path, dir_okay=False),
              help='Lines of {"messages": [{"role": ..., "content": ...}, ...]}; lessons are made '
                   "as by `warewheel suite material` if absent.")  # fmt: skip
@click.option("--lessons", type=click.IntRange(min=20),
              help="How many to make, about (the preset's, if absent).")  # fmt: skip
@click.option("--first", default=0, show_default=True, type=click.IntRange(0, 4000),
              help="Number of the first chunk of lessons, to make others than before.")  # fmt: skip
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False),
              help="Folder for the model; new or empty, unless --resume.")  # fmt: skip
@click.option("--held-out", type=click.Path(path_type=Path, dir_okay=False),
              help="Conversations to measure on (a twentieth of --rows if absent).")  # fmt: skip
@click.option("--preset", default="small", show_default=True,
              help="Shape of a model from scratch: tiny or small.")  # fmt: skip
@click.option("--tokenizer", help="Checkpoint whose tokenizer a model from scratch shares (one of "
                                  "its own, if absent).")  # fmt: skip
@click.option("--base", help="Folder or name of a checkpoint to fine-tune instead, with LoRA; "
                             "`brain` and `cold` come along.")  # fmt: skip
@click.option("--whole", is_flag=True,
              help="Train all weights of --base, without LoRA, on lessons and quizzes alone if "
                   "there are no --rows.")  # fmt: skip
@click.option("--steps", type=click.IntRange(min=1), help="Batches to learn from.")
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True),
              help="Longest time of learning; with it, a rerun may differ.")  # fmt: skip
@click.option("--batch", type=click.IntRange(min=256),
              help="Tokens of each batch (as usual for the model, if absent).")  # fmt: skip
@click.option("--rate", type=click.FloatRange(min=0, min_open=True),
              help="Highest learning rate (as usual for the model, if absent).")  # fmt: skip
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0))
@click.option("--threads", default=min(4, os.cpu_count() or 1), show_default=True,
              type=click.IntRange(min=1), help="Threads of torch.")  # fmt: skip
@click.option("--device", default="cpu", show_default=True, help="Such as cuda.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in --out.")
@click.option("--json", "as_json", is_flag=True, help="The model's card as JSON on stdout.")
def brain(
    rows: Path | None, lessons: int | None, first: int, out: Path, held_out: Path | None,
    preset: str, tokenizer: str | None, base: str | None, whole: bool, steps: int | None,
    minutes: float | None, batch: int | None, rate: float | None, seed: int, threads: int,
    device: str, resume: bool, as_json: bool,
) -> None:  # fmt: skip
    """Train a language model to write the assistant's messages of conversations.

    It is made from scratch in a small shape, or is a checkpoint with a chat template that is
    fine-tuned. Without --rows it learns from the expert at work in the symbolic twin. Same rows,
    seed, steps and threads give the same weights on the same machine. Ctrl-C keeps what is done
    for --resume. The first example takes about two hours on two cores; the last one, nine minutes
    on one NVIDIA H200 after half an hour of making lessons: so began the brain that comes along.

    \b
    Examples:
      warewheel train brain --out models/brain
      warewheel train brain --out models/brain --resume
      warewheel train brain --out out/try --preset tiny
      warewheel train brain --rows chats.jsonl --out models/mine --minutes 30
      warewheel train brain --rows chats.jsonl --out models/qwen --base Qwen/Qwen3-0.6B
      warewheel train brain --base brain --whole --first 200 --lessons 2200 --out models/more
      warewheel train brain --first 1000 --lessons 24000 --batch 16384 --steps 13724
                            --device cuda --out models/large
    """  # noqa: D301  click reads the control character
    from warewheel.flywheel.training.bar import Bar
    from warewheel.flywheel.training.brain import Wish
    from warewheel.flywheel.training.brain import train as train_brain
    from warewheel.flywheel.training.loop import Diverged, Stopped
    from warewheel.flywheel.training.presets import preset as shape_of
    from warewheel.flywheel.training.rows import read

    wish = Wish(
        out=out, shape=preset, tokenizer=tokenizer, base=base, whole=whole, steps=steps,
        minutes=minutes, batch=batch, rate=rate, seed=seed, resume=resume, threads=threads,
        device=device,
    )  # fmt: skip
    try:
        with user_errors():
            if rows and lessons:
                raise ValueError("--lessons are made only where no --rows are given")
            if whole and not base:
                raise ValueError("--whole is about a --base; without one all weights are trained")
            count = lessons or shape_of(preset).lessons
            chats = read(rows) if rows else make(count, first, as_json, whole)
            held = read(held_out) if held_out else None
            with Bar(shown=not as_json and sys.stderr.isatty()) as bar:
                card = train_brain(chats, wish, held, bar.show)
    except Stopped as stop:
        click.echo(str(stop), err=True)
        raise SystemExit(130) from None
    except Diverged as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(json.dumps(card))
        return
    click.echo(
        f"{card['parameters']:,} parameters, {card['steps']} steps, loss {card['loss']:.4f}; "
        f"of {card['held_out_steps']} held-out messages {card['held_out_accuracy']:.1%} right\n"
        f"{out}"
    )


def make(count: int, first: int, quiet: bool, late: bool = False) -> list[Chat]:
    """Return about so many lessons, and what belongs to them, in the order of learning.

    With ``late``, what is only to be learnt first is left out: whoever goes on has learnt it.
    """
    from rich.console import Console
    from rich.progress import Progress

    from warewheel.flywheel.suites.curriculum import made
    from warewheel.flywheel.suites.material import LEVEL
    from warewheel.flywheel.training.rows import in_order

    rows = []
    shown = not quiet and sys.stderr.isatty()
    with Progress(console=Console(stderr=True), disable=not shown, transient=True) as bar:
        task = bar.add_task("lessons", total=1.0)
        for share, some in made(count, first, os.cpu_count() or 1):
            rows += [row for row in some if row["level"] >= LEVEL or not late]
            bar.update(task, completed=share)
    return in_order(rows)
