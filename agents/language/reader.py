"""A language model that reads tokens and keeps what it has read."""

from __future__ import annotations

import inspect
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .model import ModelError
from .threads import threads
from .trie import Trie

# Most tokens to read between two looks at the clock.
_CHUNK = 512


class Reader:
    """Reads sequences of tokens, computing only what differs from the sequence before.

    Args:
        model: A causal language model of transformers, in evaluation mode.
        threads: Threads of torch while it reads.

    Attributes:
        size: Length of the logits.
        context: Longest sequence.
    """

    def __init__(self, model: Any, threads: int) -> None:
        self._model, self._threads = model, threads
        settings = model.config.get_text_config(decoder=True)
        self.size = int(model.get_output_embeddings().weight.shape[0])
        self.context = int(getattr(settings, "max_position_embeddings", 1 << 30))
        kinds = set(getattr(settings, "layer_types", None) or ["full_attention"])
        # Models whose layers keep a running state cannot go back to an earlier token. Sliding
        # windows can, if the cache is not told of them and keeps every token.
        self._rewinds = kinds <= {"full_attention", "sliding_attention"}
        self._branches = kinds == {"full_attention"}
        # Renamed in transformers 5.
        names = inspect.signature(model.forward).parameters
        self._keyword = "cache" if "cache" in names else "past_key_values"
        self._cache: Any = None
        self._kept: list[int] = []

    def forget(self) -> None:
        """Drop what was read."""
        self._cache, self._kept = None, []

    def known(self, tokens: Sequence[int]) -> int:
        """Return how many tokens at the start of a sequence need not be computed again."""
        shared = _shared(self._kept, tokens, len(tokens))
        return shared if self._rewinds or shared == len(self._kept) else 0

    def read(
        self, tokens: Sequence[int], keep: int = 1, until: float = float("inf")
    ) -> NDArray[np.float32]:
        """Return the logits (keep, size) after each of the last ``keep`` tokens.

        Args:
            tokens: The whole sequence, from its beginning.
            keep: At least 1.
            until: When to give up, on :func:`time.monotonic`'s clock [s].

        Raises:
            ModelError: The sequence exceeds the context, or it is too late.
        """
        import torch

        if len(tokens) > self.context:
            raise ModelError(
                "TRUNCATED", f"{len(tokens)} tokens; the model reads at most {self.context}"
            )
        at = self._rewind(_shared(self._kept, tokens, len(tokens) - keep))
        while True:
            if time.monotonic() >= until:
                raise ModelError("TIMEOUT", "no answer in time")
            stop = len(tokens) if len(tokens) - at <= _CHUNK + keep else at + _CHUNK
            piece = list(tokens[at:stop])
            last = stop == len(tokens)
            with torch.inference_mode(), threads(self._threads):
                logits = self._forward(piece, logits_to_keep=keep if last else 1)
            self._kept += piece
            at = stop
            if last:
                return np.array(logits[0, -keep:].float().cpu().numpy())

    def weigh(
        self, tokens: Sequence[int], paths: Sequence[Sequence[int]], until: float = float("inf")
    ) -> list[float]:
        """Return the log-likelihood [nat] of each of some continuations of a sequence.

        Args:
            tokens: The sequence before them.
            paths: Each ends with a token that occurs nowhere else in it.
            until: When to give up, on :func:`time.monotonic`'s clock [s].

        Raises:
            ModelError: A sequence exceeds the context, or it is too late.
        """
        if self._branches:
            return self._weigh_tree(tokens, Trie(paths), paths, until)
        sums = []
        for path in paths:
            logits = self.read([*tokens, *path[:-1]], keep=len(path), until=until)
            sums.append(float(_log_softmax(logits)[np.arange(len(path)), path].sum()))
        return sums

    def _weigh_tree(
        self, tokens: Sequence[int], trie: Trie, paths: Sequence[Sequence[int]], until: float
    ) -> list[float]:
        """Weigh all paths in one pass, each shared beginning once.

        The tree is laid out as one sequence in which a token sees the conversation and what is
        before it on its own path. No copy of the cache is needed for each path.
        """
        import torch

        first = _log_softmax(self.read(tokens, until=until))[0]
        inner = [k for k in range(1, len(trie.tokens)) if trie.children[k]]
        before = len(tokens)
        if inner and before + max(trie.depths[k] for k in inner) > self.context:
            raise ModelError("TRUNCATED", f"the model reads at most {self.context} tokens")
        row = {node: k for k, node in enumerate(inner)}
        sees = np.zeros((len(inner), before + len(inner)), bool)
        sees[:, :before] = True
        for k, node in enumerate(inner):
            up = trie.parents[node]
            if up:
                # Nodes are numbered from the root outwards, so that row is complete.
                sees[k] |= sees[row[up]]
            sees[k, before + k] = True
        after = {0: first}
        if inner:
            dtype = self._model.dtype
            mask = torch.zeros(sees.shape, dtype=dtype).masked_fill_(
                torch.from_numpy(~sees), torch.finfo(dtype).min
            )
            places = torch.tensor([before + trie.depths[node] - 1 for node in inner])
            device = self._model.device
            with torch.inference_mode(), threads(self._threads):
                logits = self._forward(
                    [trie.tokens[node] for node in inner],
                    attention_mask=mask[None, None].to(device),
                    position_ids=places[None].to(device),
                )
            self._cache.crop(-len(inner))
            likely = _log_softmax(np.array(logits[0].float().cpu().numpy()))
            after |= {node: likely[k] for node, k in row.items()}
        return [
            float(sum(after[trie.parents[node]][trie.tokens[node]] for node in trie.walk(path)))
            for path in paths
        ]

    def _forward(self, tokens: list[int], **settings: Any) -> Any:
        """Return the logits (1, tokens, size) of tokens after those in the cache."""
        import torch

        ids = torch.tensor([tokens], device=self._model.device)
        settings[self._keyword] = self._cache
        return self._model(input_ids=ids, use_cache=True, **settings).logits

    def _rewind(self, shared: int) -> int:
        """Keep only the first ``shared`` tokens of what was read; return how many are kept."""
        from transformers import DynamicCache

        surplus = len(self._kept) - shared
        if self._cache is None or (surplus and not self._rewinds):
            self._cache = (
                DynamicCache() if self._rewinds else DynamicCache(config=self._model.config)
            )
            self._kept = []
        elif surplus:
            # A negative number of tokens is understood by every version.
            self._cache.crop(-surplus)
            del self._kept[shared:]
        return len(self._kept)


def _shared(one: Sequence[int], other: Sequence[int], most: int) -> int:
    """Return how many tokens two sequences begin with together, at most ``most``."""
    for k, (a, b) in enumerate(zip(one[:most], other[:most], strict=False)):
        if a != b:
            return k
    return min(len(one), len(other), most)


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    rows = logits.astype(np.float64)
    rows -= rows.max(axis=-1, keepdims=True)
    return np.asarray(rows - np.log(np.exp(rows).sum(axis=-1, keepdims=True)))
