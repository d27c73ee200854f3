"""What a language model may write next: anything, JSON of a schema, or one of some texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .extra import need_brain
from .trie import Trie

Logits = NDArray[np.float32]


class Constraint(Protocol):
    """What may be written next, given what was written so far; one for each message."""

    def forced(self) -> list[int]:
        """Return tokens that must come next, in order; none if there is a choice."""
        ...

    def forbid(self, logits: Logits) -> None:
        """Set the logits (vocabulary,) of what may not come next to minus infinity."""
        ...

    def take(self, tokens: Sequence[int]) -> None:
        """Note that these tokens were written."""
        ...


class Free:
    """Anything may be written."""

    def forced(self) -> list[int]:
        return []

    def forbid(self, logits: Logits) -> None:
        pass

    def take(self, tokens: Sequence[int]) -> None:
        pass


class Steps:
    """One of some texts must be written, in its canonical tokens.

    A text can be cut into tokens in many ways. A model has learnt from canonical ones, and the
    others would be words that it never saw; and with one way for each text, what is allowed is a
    small tree that says at once where there is no choice. Most of a step is such, and is read in
    one go instead of token by token.

    Args:
        paths: The tokens of each text.
        end: The token that ends a message.
    """

    def __init__(self, paths: Sequence[Sequence[int]], end: int) -> None:
        self._trie = Trie([*path, end] for path in paths)
        self._node = 0

    def forced(self) -> list[int]:
        tokens, node = list[int](), self._node
        while len(after := self._trie.children[node]) == 1:
            ((token, node),) = after.items()
            tokens.append(token)
        return tokens

    def forbid(self, logits: Logits) -> None:
        allowed = list(self._trie.children[self._node])
        kept = logits[allowed]
        logits[:] = -np.inf
        logits[allowed] = kept

    def take(self, tokens: Sequence[int]) -> None:
        if tokens:
            self._node = self._trie.walk(tokens, self._node)[-1]


class Grammar:
    """Whatever a grammar of llguidance allows, in any tokens.

    Args:
        vocabulary: See :func:`bind`.
        grammar: Such as :func:`of_schema` returns.
        end: The token that ends a message.

    Raises:
        ValueError: llguidance does not understand the grammar.
    """

    def __init__(self, vocabulary: Any, grammar: str, end: int) -> None:
        import llguidance
        from llguidance.numpy import allocate_token_bitmask

        self._matcher = llguidance.LLMatcher(vocabulary, grammar, log_level=0)
        self._canonical, self._end = vocabulary.is_canonical, end
        self._mask = allocate_token_bitmask(1, vocabulary.vocab_size)
        self._check()

    def forced(self) -> list[int]:
        if self._matcher.is_stopped():
            return [self._end]
        if not self._canonical:
            return []
        return list(self._matcher.compute_ff_tokens())

    def forbid(self, logits: Logits) -> None:
        from llguidance.numpy import fill_next_token_bitmask

        fill_next_token_bitmask(self._matcher, self._mask)
        self._check()
        allowed = np.unpackbits(self._mask.view(np.uint8), bitorder="little")[: len(logits)]
        logits[: len(allowed)][allowed == 0] = -np.inf
        logits[len(allowed) :] = -np.inf

    def take(self, tokens: Sequence[int]) -> None:
        # A matcher that has stopped takes no end any more.
        if not self._matcher.is_stopped():
            self._matcher.consume_tokens(list(tokens))
        self._check()

    def _check(self) -> None:
        if self._matcher.is_error():
            raise ValueError(f"llguidance: {' '.join(self._matcher.get_error().split())}")


def bind(tokenizer: Any, size: int, end: int) -> Any:
    """Return llguidance's view of a vocabulary; takes 0.8 s for 150,000 tokens.

    Args:
        tokenizer: A fast tokenizer of transformers.
        size: Length of the model's logits, which may exceed the tokenizer's words.
        end: The token that ends a message.

    Raises:
        ValueError: The tokenizer is not a fast one, or llguidance is not installed.
    """
    need_brain("llguidance")
    from llguidance.hf import from_tokenizer

    return from_tokenizer(tokenizer, n_vocab=size, eos_token=end)


def of_schema(schema: Mapping[str, Any]) -> str:
    """Return the grammar of JSON that matches a schema, spaced as ``json.dumps`` does.

    Keys come in the schema's order.
    """
    import llguidance

    # Flexible white space would let a model write spaces until its limit is reached.
    spacing: Any = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
    return str(llguidance.LLMatcher.grammar_from_json_schema(dict(schema), overrides=spacing))


def of_texts(texts: Sequence[str]) -> str:
    """Return the grammar of some texts; slower than :class:`Steps`, and any tokens do."""
    import llguidance

    return str(llguidance.grammar_from("choice", json.dumps(list(texts))))
