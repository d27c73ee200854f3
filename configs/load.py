"""Reading shipped and own configuration files."""

from __future__ import annotations

import functools
from importlib import resources
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ValidationError

from .choice import unknown
from .document import Document, parse
from .errors import ConfigError
from .explain import explain
from .schema import Body, Catalogue, Facility, FaultProfile, Phrases, Split, Suite, Variation

Kind = Literal["facility", "body", "catalogue", "faults", "phrases", "split", "suite", "variation"]
Model = TypeVar("Model", bound=BaseModel)

_FOLDERS: dict[str, str] = {
    "facility": "facilities", "body": "bodies", "catalogue": "catalogues",
    "faults": "faults", "phrases": "phrases", "split": "splits",
    "suite": "suites", "variation": "variations",
}  # fmt: skip


@functools.cache
def names(kind: Kind) -> tuple[str, ...]:
    """Return the names of the shipped files of ``kind``, sorted."""
    if kind not in _FOLDERS:
        raise ConfigError(unknown("kind", kind, _FOLDERS))
    folder = resources.files(__package__) / _FOLDERS[kind]
    files = (entry.name for entry in folder.iterdir())
    return tuple(sorted(file.removesuffix(".yaml") for file in files if file.endswith(".yaml")))


@functools.cache
def load_facility(name: str) -> Facility:
    """Return the facility of a shipped file's name, or of a path that ends in ``.yaml``.

    Raises:
        ConfigError: If there is no such file or it does not hold a facility.
    """
    return _load(Facility, "facility", name)


@functools.cache
def load_body(name: str) -> Body:
    """Return the body of a shipped file's name, or of a path that ends in ``.yaml``.

    Raises:
        ConfigError: If there is no such file or it does not hold a body.
    """
    return _load(Body, "body", name)


@functools.cache
def load_catalogue(name: str) -> Catalogue:
    """Return the catalogue of a shipped file's name, or of a path that ends in ``.yaml``.

    Raises:
        ConfigError: If there is no such file or it does not hold a catalogue.
    """
    return _load(Catalogue, "catalogue", name)


@functools.cache
def load_faults(name: str) -> FaultProfile:
    """Return the fault profile of a shipped file's name, or of a path that ends in ``.yaml``.

    Raises:
        ConfigError: If there is no such file or it does not hold a fault profile.
    """
    return _load(FaultProfile, "faults", name)


@functools.cache
def load_phrases(name: str) -> Phrases:
    """Return the wordings of a shipped file's name, or of a path that ends in ``.yaml``.

    Raises:
        ConfigError: If there is no such file or it does not hold wordings.
    """
    return _load(Phrases, "phrases", name)


@functools.cache
def load_split(name: str) -> Split:
    """Return the split of a shipped file's name, or of a path that ends in ``.yaml``.

    Raises:
        ConfigError: If there is no such file or it does not hold a split.
    """
    return _load(Split, "split", name)


@functools.cache
def load_suite(name: str) -> Suite:
    """Return the suite of a shipped file's name, or of a path that ends in ``.yaml``.

    Raises:
        ConfigError: If there is no such file or it does not hold a suite.
    """
    return _load(Suite, "suite", name)


@functools.cache
def load_variation(name: str) -> Variation:
    """Return the variation of a shipped file's name, or of a path that ends in ``.yaml``.

    Raises:
        ConfigError: If there is no such file or it does not hold a variation.
    """
    return _load(Variation, "variation", name)


def read(text: str, source: str, model: type[Model]) -> Model:
    """Return the ``model`` that the YAML ``text`` describes.

    Args:
        text: The YAML text.
        source: What messages call it.
        model: What it should hold.

    Raises:
        ConfigError: With a line for each thing that is wrong.
    """
    return _model(parse(text, source), model)


def _load(model: type[Model], kind: Kind, name: str) -> Model:
    return _model(document(kind, name), model)


def _model(text: Document, model: type[Model]) -> Model:
    try:
        return model.model_validate(text.data)
    except ValidationError as error:
        raise explain(error, model, text) from error


@functools.cache
def document(kind: Kind, name: str) -> Document:
    """Return what stands in a shipped file, or in the file at a path that ends in ``.yaml``.

    Raises:
        ConfigError: If there is no such file or it is not YAML.
    """
    if name.endswith((".yaml", ".yml")):
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{kind} file '{name}' cannot be read: {error}") from error
        return parse(text, name)
    if name not in names(kind):
        raise ConfigError(unknown(kind, name, names(kind)))
    source = f"{_FOLDERS[kind]}/{name}.yaml"
    return parse((resources.files(__package__) / source).read_text(encoding="utf-8"), source)
