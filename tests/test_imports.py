"""The laws of the house, read from the source without importing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("agents", "configs", "envs", "flywheel", "scripts", "sim")
CAP = 400

# What each folder may import of ours, besides itself and the facade's version.
MAY = {
    "configs": set[str](),
    "sim": {"configs"},
    "envs": {"sim", "configs"},
    "agents": {"sim", "configs"},
    "flywheel": {"envs", "agents", "sim", "configs"},
    "scripts": {"flywheel", "envs", "agents", "sim", "configs"},
}
HOMES = {
    "pybullet": {"sim"},
    "pybullet_data": {"sim"},
    "pybullet_utils": {"sim"},
    "gymnasium": {"envs"},
}
MODEL_FILES = {
    "warewheel.agents.language.decoding",
    "warewheel.agents.language.loading",
    "warewheel.agents.language.reader",
    "warewheel.agents.language.threads",
    "warewheel.agents.skills.scorer",
    "warewheel.flywheel.training.attention",
    "warewheel.flywheel.training.brain",
    "warewheel.flywheel.training.checkpoint",
    "warewheel.flywheel.training.grips",
    "warewheel.flywheel.training.loop",
    "warewheel.flywheel.training.loss",
    "warewheel.flywheel.training.muon",
    "warewheel.flywheel.training.precision",
    "warewheel.flywheel.training.optimisers",
    "warewheel.flywheel.training.presets",
    "warewheel.flywheel.training.recall",
    "warewheel.flywheel.training.start",
    "warewheel.flywheel.training.tokenizer",
}
# Where each of these may be imported at all, and never at the top.
NAMED = {
    name: MODEL_FILES
    for name in ("llguidance", "peft", "safetensors", "tokenizers", "torch", "transformers")
}
LAZY = {*NAMED, "openai", "stable_baselines3"}


class Import(NamedTuple):
    """One imported module, absolute, with the line and whether it runs on import."""

    target: str
    line: int
    eager: bool
    type_only: bool


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("warewheel", *parts)).removesuffix(".__init__")


def sources() -> dict[str, Path]:
    paths = [p for folder in FOLDERS for p in sorted((ROOT / folder).rglob("*.py"))]
    return {module_name(p): p for p in paths}


SOURCES = sources()


def imports_of(name: str, tree: ast.Module, known: set[str], package: bool) -> Iterator[Import]:
    """Yield every import; ``from x import y`` counts as ``x.y`` where that is a module."""

    def visit(node: ast.AST, eager: bool, type_only: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, eager, type_only)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                home = name.split(".") if package else name.split(".")[:-1]
                home = home[: len(home) - (node.level - 1)]
                base = ".".join([*home, base] if base else home)
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield Import(inner if inner in known else base, node.lineno, eager, type_only)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            eager = False
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for guarded in node.body:
                yield from visit(guarded, False, True)
            for other in node.orelse:
                yield from visit(other, eager, type_only)
            return
        for child in ast.iter_child_nodes(node):
            yield from visit(child, eager, type_only)

    yield from visit(tree, True, False)


def _read() -> dict[str, list[Import]]:
    known = set(SOURCES)
    return {
        name: list(imports_of(name, ast.parse(path.read_text()), known, path.name == "__init__.py"))
        for name, path in SOURCES.items()
    }


IMPORTS = _read()


def folder_of(module: str) -> str:
    return module.split(".")[1] if module.count(".") else ""


def complain(found: list[str]) -> None:
    assert not found, "\n".join(found)


def test_folders_import_only_what_the_law_allows() -> None:
    found = []
    for name, imports in IMPORTS.items():
        home = folder_of(name)
        for target, line, _, _ in imports:
            if not target.startswith("warewheel."):
                continue
            there = folder_of(target)
            if there in FOLDERS and there != home and there not in MAY[home]:
                allowed = ", ".join(sorted(MAY[home])) or "nothing of ours"
                found.append(f"{name}:{line} imports {target}; {home} may import {allowed}")
    complain(found)


def test_no_bare_import_of_our_folders() -> None:
    complain([
        f"{name}:{i.line} imports {i.target}; write warewheel.{i.target}"
        for name, imports in IMPORTS.items()
        for i in imports
        if i.target.split(".")[0] in FOLDERS
    ])  # fmt: skip


def test_engines_stay_at_home() -> None:
    found = []
    for name, imports in IMPORTS.items():
        for target, line, eager, _ in imports:
            top = target.split(".")[0]
            if top in HOMES and folder_of(name) not in HOMES[top]:
                found.append(f"{name}:{line} imports {top}, which lives in {HOMES[top]}")
            if top in NAMED and name not in NAMED[top]:
                found.append(f"{name}:{line} imports {top}; its files are named in this test")
            if top in LAZY and eager:
                found.append(f"{name}:{line} imports {top} at the top; import it where it is used")
    complain(found)


def find_cycle(graph: dict[str, set[str]]) -> list[str]:
    """Return the nodes of one cycle, or an empty list."""
    done: set[str] = set()

    def walk(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        for following in sorted(graph.get(node, ())):
            if cycle := walk(following, [*path, node]):
                return cycle
        done.add(node)
        return []

    for start in sorted(graph):
        if cycle := walk(start, []):
            return cycle
    return []


def test_no_import_cycles() -> None:
    """Lazy imports count too; imports for type checking alone do not."""
    graph = {
        name: {i.target for i in imports if i.target in SOURCES and not i.type_only}
        for name, imports in IMPORTS.items()
    }
    cycle = find_cycle(graph)
    assert not cycle, " -> ".join(cycle)


def test_a_cycle_would_be_found() -> None:
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert find_cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize(
    ("text", "target", "eager"),
    [
        ("from .world import World", "warewheel.sim.world", True),
        ("from . import world", "warewheel.sim.world", True),
        ("def f():\n    import torch.nn", "torch.nn", False),
        ("if TYPE_CHECKING:\n    import torch", "torch", False),
        ("class A:\n    import torch", "torch", True),
        ("from warewheel.sim import world", "warewheel.sim.world", True),
    ],
)
def test_imports_are_read_right(text: str, target: str, eager: bool) -> None:
    known = {"warewheel.sim", "warewheel.sim.world"}
    (found,) = imports_of("warewheel.sim.body", ast.parse(text), known, package=False)
    assert (found.target, found.eager) == (target, eager)


def test_modules_stay_small() -> None:
    complain([
        f"{name} has {lines} lines; the cap is {CAP}"
        for name, path in SOURCES.items()
        if (lines := len(path.read_text().splitlines())) > CAP
    ])  # fmt: skip


def test_no_utils_module() -> None:
    assert not [name for name in SOURCES if name.split(".")[-1] in {"utils", "util", "helpers"}]


def test_pyproject_lists_the_packages_on_disk() -> None:
    tomllib = pytest.importorskip("tomllib")
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    disk = {name for name, path in SOURCES.items() if path.name == "__init__.py"}
    assert set(setup["packages"]) == disk | {"warewheel"}
    with_modules = {module_name(path.parent) for path in SOURCES.values()}
    assert with_modules <= set(setup["packages"]), "a folder with modules lacks an __init__.py"
    for package, folder in setup["package-dir"].items():
        assert (ROOT / folder / "__init__.py").is_file(), package


def test_links_of_the_facade_lead_to_the_folders() -> None:
    for folder in FOLDERS:
        link = ROOT / "warewheel" / folder
        assert link.is_symlink(), folder
        assert str(link.readlink()) == f"../{folder}"
