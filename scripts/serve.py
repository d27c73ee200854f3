"""``warewheel serve``: a language model of this machine, for any client of OpenAI's protocol."""

from __future__ import annotations

import importlib

import click

from warewheel.agents.language.model import LanguageModel

from .errors import user_errors

# Loaded by name, so that the help is there without it.
_LOCAL = "warewheel.agents.language.local"


@click.command()
@click.option("--model", required=True,
              help="A folder, a name on the model hub, or brain, which comes along.")  # fmt: skip
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535),
              help="0 takes a free one.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True,
              help="Address to listen at; who can reach it needs no key.")  # fmt: skip
@click.option("--name", default="", help="How clients call the model (by default, as given).")
@click.option("--device", default="cpu", show_default=True, help="Such as cpu or cuda.")
@click.option("--threads", default=1, show_default=True, type=click.IntRange(min=1),
              help="Threads of a CPU.")  # fmt: skip
@click.option("--limit", default=1024, show_default=True, type=click.IntRange(min=1),
              help="Most tokens of an answer.")  # fmt: skip
@click.option("--seconds", default=60.0, show_default=True, help="Longest time of an answer.",
              type=click.FloatRange(min=0, min_open=True))  # fmt: skip
def serve(
    model: str, port: int, host: str, name: str, device: str, threads: int, limit: int,
    seconds: float,
) -> None:  # fmt: skip
    """Serve a language model at /v1/chat/completions, until Ctrl-C.

    It takes response_format with a JSON schema, structured_outputs with a choice of texts, and
    stream. Answers are the likeliest ones; temperature and seed change nothing.

    \b
    Example:
      warewheel serve --model brain
      warewheel serve --model models/mine --port 8001
    """  # noqa: D301  click reads the control character
    from warewheel.flywheel.serve import Server

    with user_errors():
        loaded = load(model, device, threads)
        server = Server(loaded, port, host, name, limit, seconds)
    with server:
        click.echo(f"{server.name} is served at {server.url}")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("stopped", err=True)


def load(model: str, device: str, threads: int) -> LanguageModel:
    """Return a language model of this machine.

    Raises:
        ValueError: It cannot be loaded.
    """
    loaded: LanguageModel = importlib.import_module(_LOCAL).LocalModel(model, device, threads)
    return loaded
