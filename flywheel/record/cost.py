"""What recording costs: time for each frame, each episode and each step, and room on the disk."""

from __future__ import annotations

import importlib
import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warewheel.configs import load_body
from warewheel.flywheel.cases import ALL, counted
from warewheel.flywheel.dataset.draft import Draft
from warewheel.flywheel.dataset.files.episodes import (
    episodes_parquet,
    episodes_schema,
    read_rows,
)
from warewheel.flywheel.dataset.files.frames import data_table
from warewheel.flywheel.dataset.files.layout import Place
from warewheel.flywheel.dataset.files.parquet import parquet
from warewheel.flywheel.dataset.schema import Schema
from warewheel.flywheel.dataset.store import Dataset
from warewheel.flywheel.pool import Inline, Job
from warewheel.flywheel.speed import Figure, peak_memory

from .columns import STAGES, schema
from .recorder import Record

_CAMERA, _PIXELS = "overview", 128
# An episode of 10 s.
_FRAMES = 200
# Of the episodes that are appended, how many are the first ones and the last ones.
_END = 20


@dataclass(frozen=True, slots=True)
class _Seen:
    """Frames of an episode: the columns of each, and its pictures."""

    values: list[dict[str, NDArray[Any]]]
    images: list[dict[str, NDArray[np.uint8]]]
    facts: dict[str, Any]


def measure(
    facility: str, body: str, seeds: Sequence[int], episodes: int, worked: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Figure]:  # fmt: skip
    """Measure the recorder on frames of a scripted chain episode.

    Args:
        facility: Name of a facility.
        body: Name of a body.
        seeds: Episodes to run with and without recording; none to leave that out.
        episodes: How many are appended to one dataset; at least two.
        worked: How many one process runs and records, to see what becomes of its memory; none to
            leave that out.
        tell: Is told what is being measured.
    """
    asked = {"task": "chain", "facility": facility, "body": body, "observation": "instruction"}
    layout = schema(load_body(body), (_CAMERA,), _PIXELS)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        if worked:
            # First of all: a peak never comes down.
            tell(f"memory over {worked} episodes")
            figures += _grown(Path(folder) / "worked", asked, worked)
        tell("an episode to go by")
        seen = _seen(Path(folder) / "seen", asked, layout)
        tell(f"{episodes} episodes of {_FRAMES} frames")
        figures += _appended(Path(folder) / "many", layout, seen, episodes)
        if seeds:
            tell("episodes with and without recording")
            figures.append(_slowed(Path(folder) / "state", asked, seeds))
        if importlib.util.find_spec("lerobot") is not None:
            tell("LeRobot's own writer")
            figures += _peer(Path(folder) / "peer", layout, seen)
    return figures


def _seen(folder: Path, asked: dict[str, Any], layout: Schema) -> _Seen:
    """Record an episode and read its first frames back."""
    with Dataset.create(folder, layout) as dataset:
        job = Job(asked, "scripted", 0, record=Record(folder, layout, 0))
        for episode in Inline().run([job], lambda _: None):
            dataset.append(Path(episode.draft))
        columns, row = dataset.columns(0), dataset.row(0)
        images = {name: dataset.frames(0, name) for name in layout.cameras}
        frames = min(_FRAMES, row["length"])
        values = [{one.name: columns[one.name][t] for one in layout.features}
                  for t in range(frames)]  # fmt: skip
        shots = [{name: shown[t] for name, shown in images.items()} for t in range(frames)]
        return _Seen(values, shots, {one.name: row[one.name] for one in layout.facts})


def _appended(folder: Path, layout: Schema, seen: _Seen, episodes: int) -> list[Figure]:
    """Write the same episode again and again, as a collector does."""
    frames: list[float] = []
    saves: list[float] = []
    encodings: list[float] = []
    with Dataset.create(folder, layout) as dataset:
        for k in range(episodes):
            draft = Draft(folder, layout)
            began = time.perf_counter()
            for values, images in zip(seen.values, seen.images, strict=True):
                draft.frame(values, images)
            made = draft.close(seen.facts, ["measure"])
            closed = time.perf_counter()
            dataset.append(made)
            saves.append(time.perf_counter() - closed)
            frames.append((closed - began) / len(seen.values))
            if k >= episodes - _END:
                # In turn with the saves: a machine may be faster now and slower then.
                encodings.append(_encoding(folder, layout))
        size = sum(path.stat().st_size for path in _files(folder)) / episodes
    size *= _FRAMES / len(seen.values)
    first, last = (statistics.median(some) for some in (saves[:_END], saves[-_END:]))
    encoding = statistics.median(encodings)
    rest = statistics.median(np.subtract(saves[-_END:], encodings).tolist())
    per_frame = statistics.median(frames)
    what = f"with a {_PIXELS}x{_PIXELS} camera, lossless, closing included"
    return [
        Figure("record_frame", f"recording a frame {what}, median", per_frame * 1e3,
               episodes, "ms", 1.5, True),
        Figure("record_size", f"{_FRAMES} frames with the camera", size / 1e6, episodes, "MB",
               0.8, True),
        Figure("save_first", f"saving one of the first {_END} episodes, median", first * 1e3,
               min(_END, episodes), "ms"),
        Figure("save_last", f"saving one of the last {_END} of {episodes}, median", last * 1e3,
               min(_END, episodes), "ms"),
        Figure("save_encoding", "of that, encoding Parquet, median", encoding * 1e3,
               len(encodings), "ms"),
        Figure("save_rest", "saving one of the last, without encoding, median", rest * 1e3,
               len(encodings), "ms", 15.0, True),
    ]  # fmt: skip


def _encoding(folder: Path, layout: Schema) -> float:
    """Return how long it takes to make Parquet of an episode's frames, and of its row [s]."""
    table = data_table(layout, Dataset.open(folder).columns(0), [])
    row, kinds = read_rows(Place().meta(folder))[0], episodes_schema(layout)
    began = time.perf_counter()
    parquet([table])
    episodes_parquet(kinds, [row])
    return time.perf_counter() - began


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and ".warewheel" not in path.parts)


def _slowed(folder: Path, asked: dict[str, Any], seeds: Sequence[int]) -> Figure:
    """Run each episode with and without recording, in turn, and compare the time of all."""
    layout = schema(load_body(asked["body"]))
    spent = {False: 0.0, True: 0.0}
    with Dataset.create(folder, layout) as dataset:
        for seed in seeds:
            for recorded in spent:
                record = Record(folder, layout, len(dataset)) if recorded else None
                job = Job(asked, "scripted", seed, record=record)
                began = time.perf_counter()
                for episode in Inline().run([job], lambda _: None):
                    if episode.draft:
                        dataset.append(Path(episode.draft))
                spent[recorded] += time.perf_counter() - began
    text = "time of chain episodes recorded, state only, over not recorded"
    return Figure("record_ratio", text, spent[True] / spent[False], len(seeds), "x", 1.1, True)


def _grown(folder: Path, asked: dict[str, Any], episodes: int) -> list[Figure]:
    """Run and record episodes in this process, and compare its peak early on with that at last."""
    layout = schema(load_body(asked["body"]))
    early = 0.0
    with Dataset.create(folder, layout) as dataset:
        jobs = [
            # The stages one by one: a chain has all of them, and takes thrice as long. Facilities
            # take turns, and each has every stage.
            Job({**settings, "task": STAGES[k // len(STAGES) % len(STAGES)]}, "scripted", seed,
                record=Record(folder, layout, k))
            for k, (settings, seed) in enumerate(counted(asked, ALL, 0, episodes))
        ]  # fmt: skip
        for k, episode in enumerate(Inline().run(jobs, lambda _: None)):
            if episode.draft:
                dataset.append(Path(episode.draft))
            if k + 1 == max(1, episodes // 10):
                early = peak_memory() or 0.0
        # Before the dataset is closed, which is the collector's work and not its workers'.
        late = peak_memory()
    if late is None:
        return []
    text = f"peak memory after {episodes} episodes, over that after {max(1, episodes // 10)}"
    return [
        Figure("memory", f"peak memory of a worker after {episodes} episodes", late, episodes,
               "MB", 600.0, True),
        Figure("memory_ratio", text, late / early, episodes, "x", 1.05, True),
    ]  # fmt: skip


def _peer(folder: Path, layout: Schema, seen: _Seen) -> list[Figure]:
    """Write one episode with LeRobot's own writer, with its own settings."""
    made: Any = importlib.import_module("lerobot.datasets.lerobot_dataset").LeRobotDataset
    kinds: dict[str, Any] = {
        one.name: {"dtype": one.dtype, "shape": one.shape, "names": list(one.names) or None}
        for one in layout.features
        # With NumPy 2.4 it cannot save features of one element.
        if one.shape[0] > 1
    }
    common = list(kinds)
    for name, (height, width) in layout.cameras.items():
        kinds[name] = {"dtype": "video", "shape": (height, width, 3),
                       "names": ["height", "width", "channels"]}  # fmt: skip
    peer = made.create("local/peer", fps=layout.fps, features=kinds, root=folder, use_videos=True)
    began = time.perf_counter()
    for values, images in zip(seen.values, seen.images, strict=True):
        kept = {name: values[name] for name in common}
        peer.add_frame({**kept, **images, "task": "measure"})
    written = time.perf_counter()
    peer.save_episode()
    saved = time.perf_counter()
    size = sum(path.stat().st_size for path in _files(folder)) * _FRAMES / len(seen.values)
    return [
        Figure("peer_frame", "LeRobot: adding a frame, mean",
               (written - began) / len(seen.values) * 1e3, len(seen.values), "ms"),
        Figure("peer_save", "LeRobot: saving an episode, encoding included",
               (saved - written) * 1e3, 1, "ms"),
        Figure("peer_size", f"LeRobot: {_FRAMES} frames with the camera", size / 1e6, 1, "MB"),
    ]  # fmt: skip
