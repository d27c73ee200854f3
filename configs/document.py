"""Strict YAML: plain data together with the line that each value stands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from .errors import ConfigError

Path = tuple[str | int, ...]

# What PyYAML lets out when a scalar does not suit its tag, as in `!!bool maybe`.
_ESCAPING = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


@dataclass(frozen=True)
class Document:
    """A parsed YAML text.

    Attributes:
        source: What messages call the text, such as ``bodies/panda.yaml``.
        data: Plain lists, dicts and scalars.
        root: The node tree that ``data`` was built from; it remembers lines.
    """

    source: str
    data: Any
    root: yaml.Node

    def line(self, path: Path) -> int:
        """Return the line (from 1) of the value at ``path``, or of its nearest parent.

        The line of a value in a mapping is that of its key.
        """
        node, line = self.root, self.root.start_mark.line
        for step in path:
            if isinstance(node, yaml.MappingNode):
                pair = next((p for p in node.value if p[0].value == str(step)), None)
                if pair is None:
                    break
                line, node = pair[0].start_mark.line, pair[1]
            elif (
                isinstance(node, yaml.SequenceNode)
                and isinstance(step, int)
                and step < len(node.value)
            ):
                node = node.value[step]
                line = node.start_mark.line
            else:
                break
        return line + 1


def parse(text: str, source: str) -> Document:
    """Parse ``text`` as one YAML document without tags that make Python objects.

    Raises:
        ConfigError: If the text is not YAML, is empty, or gives a key twice.
    """
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            raise ConfigError(f"{source}:1: the file is empty")
        _refuse_duplicates(root, source)
        return Document(source, loader.construct_document(root), root)
    except ConfigError:
        raise
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(f"{source}:{line}: {error.reason}: {error.character!r}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{source}:{line}: {error.problem or error}") from error
    except _ESCAPING as error:
        raise ConfigError(f"{source}:1: a value cannot be read: {error!r}") from error


def _refuse_duplicates(root: yaml.Node, source: str) -> None:
    """Raise ConfigError at the first key that its mapping already has."""
    seen: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) in seen:  # an alias leads back to a node
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            stack.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            first: dict[tuple[str, str], int] = {}
            for key, value in node.value:
                stack.append(value)
                if not isinstance(key, yaml.ScalarNode):
                    continue
                line, word = key.start_mark.line + 1, (key.tag, key.value)
                if word in first:
                    raise ConfigError(
                        f"{source}:{line}: key '{key.value}' is given twice, "
                        f"first on line {first[word]}"
                    )
                first[word] = line
