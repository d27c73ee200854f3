"""Token sequences as a tree of shared beginnings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class Trie:
    """A tree whose paths from the root are the given sequences of tokens.

    Args:
        paths: Token sequences, each with a closing token that occurs nowhere else in it, so that
            a path never ends within another.

    Attributes:
        tokens: The token that leads to each node; the root, node 0, has none (-1).
        parents: The node before each node; of the root, -1.
        depths: Tokens from the root to each node.
        children: By token, the nodes after each node.
    """

    def __init__(self, paths: Iterable[Sequence[int]]) -> None:
        self.tokens, self.parents, self.depths = [-1], [-1], [0]
        self.children: list[dict[int, int]] = [{}]
        for path in paths:
            node = 0
            for token in path:
                after = self.children[node].get(token)
                if after is None:
                    after = len(self.tokens)
                    self.children[node][token] = after
                    self.children.append({})
                    self.tokens.append(token)
                    self.parents.append(node)
                    self.depths.append(self.depths[node] + 1)
                node = after

    def walk(self, path: Sequence[int], node: int = 0) -> list[int]:
        """Return the nodes that a path passes from a node on, without that node.

        Raises:
            KeyError: The path leaves the tree.
        """
        passed = []
        for token in path:
            node = self.children[node][token]
            passed.append(node)
        return passed
