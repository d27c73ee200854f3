"""Films of episodes: a video with captions, and a contact sheet of its key moments."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from warewheel.agents.agent import Agent
from warewheel.envs.warehouse import WarehouseEnv
from warewheel.sim.camera import Camera, take

from .episode import Episode
from .runner import Step

Frame = NDArray[np.uint8]

_VIEW = Camera((1.6, -1.1, 1.6), (0.2, -0.02, 0.74), fov=52.0, width=560, height=420)
_FPS = 20
# One picture in this many control steps; the film runs as many times faster than the robot.
_EVERY = 5
# Tiles of a contact sheet: columns, and width of a tile [px].
_COLUMNS, _TILE = 4, 400
_MOST_TILES = 24
_INK, _PAPER, _BAR = (245, 245, 245), (22, 25, 31), (86, 180, 120)


class Reel:
    """A film that is being written.

    Args:
        path: Where to; its ending chooses the container.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._container = av.open(str(path), "w")
        self._stream = self._container.add_stream("libx264", rate=Fraction(_FPS))
        self._stream.width, self._stream.height = _VIEW.width, _VIEW.height
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"crf": "23", "preset": "veryfast"}

    def watch(self, k: int, env: WarehouseEnv) -> None:
        """Take a picture now and then, as control steps count up."""
        if k % _EVERY == 0:
            self.add(shoot(env, ""))

    def add(self, frame: Frame) -> None:
        """Add a picture."""
        picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
        for packet in self._stream.encode(picture):
            self._container.mux(packet)

    def close(self) -> None:
        """Write what is left, and close the file."""
        for packet in self._stream.encode():
            self._container.mux(packet)
        self._container.close()


class Film:
    """Takes pictures while an episode runs.

    Args:
        video: Where to write the film (its ending chooses the container), or None.
        sheet: Where to write the contact sheet (PNG), or None.
    """

    def __init__(self, video: Path | None, sheet: Path | None = None) -> None:
        self._video, self._sheet = video, sheet

    def on_reset(self, env: WarehouseEnv, agent: Agent) -> None:
        """Open the files."""
        self._tiles: list[Frame] = []
        self._subgoal = ""
        self._reel = None if self._video is None else Reel(self._video)

    def on_step(self, env: WarehouseEnv, agent: Agent, step: Step) -> None:
        """Take a picture now and then, and one at the end of each subgoal."""
        subgoal = str(agent.subgoal or "")
        changed = subgoal != self._subgoal
        if changed and self._subgoal not in ("", "wait()") and self._sheet is not None:
            self._tiles.append(shoot(env, self._subgoal, shadow=True))
        self._subgoal = subgoal
        if self._reel is not None and env.observed.step % _EVERY == 0:
            self._reel.add(shoot(env, subgoal))

    def on_end(self, env: WarehouseEnv, agent: Agent, episode: Episode) -> None:
        """Hold the last picture for a second, and close the files."""
        end = shoot(env, "success" if episode.success else "not done", shadow=True)
        if self._reel is not None:
            for _ in range(_FPS):
                self._reel.add(end)
            self._reel.close()
        if self._sheet is not None:
            self._sheet.parent.mkdir(parents=True, exist_ok=True)
            contact_sheet([*self._tiles, end]).save(self._sheet)


def shoot(env: WarehouseEnv, text: str, shadow: bool = False) -> Frame:
    """Return a picture of a cell with the time and a line of text."""
    assert env.world is not None
    # Shadows cost as much again as the picture; only the few tiles of a sheet have them.
    rgb = take(env.world, _VIEW, shadow=shadow).rgb
    return caption(rgb, f"{env.world.time:6.1f} s   {text}", env.verdict.progress)


def caption(rgb: Frame, text: str, progress: float) -> Frame:
    """Return the picture with a line of text and a bar of progress (0 to 1) drawn in."""
    image = Image.fromarray(rgb)
    draw = ImageDraw.Draw(image)
    width, height = image.size
    draw.rectangle((0, height - 34, width, height), fill=_PAPER)
    draw.text((12, height - 28), text, fill=_INK, font=ImageFont.load_default(17))
    draw.rectangle((0, height - 5, int(width * progress), height), fill=_BAR)
    return np.asarray(image)


def contact_sheet(frames: list[Frame]) -> Image.Image:
    """Return the frames as tiles; of too many, evenly chosen ones."""
    if len(frames) > _MOST_TILES:
        chosen = np.linspace(0, len(frames) - 1, _MOST_TILES).round().astype(int)
        frames = [frames[k] for k in chosen]
    height = _TILE * frames[0].shape[0] // frames[0].shape[1]
    rows = -(-len(frames) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * _TILE, rows * height), _PAPER)
    for k, frame in enumerate(frames):
        tile = Image.fromarray(frame).resize((_TILE, height), Image.Resampling.LANCZOS)
        sheet.paste(tile, (k % _COLUMNS * _TILE, k // _COLUMNS * height))
    return sheet
