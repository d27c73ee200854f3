"""Videos: encoded frame by frame, decoded bit for bit, joined without encoding anew."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]

# One thread, or the bytes depend on the machine. No frame refers to a later one, so that videos
# can be cut and joined; every tenth frame stands alone, so that seeking is quick.
_COMMON = {"g": "10", "bf": "0", "threads": "1"}
_CODECS = {
    "lossless": ("libx264rgb", "rgb24", {"qp": "0", "preset": "ultrafast"}),
    "preview": ("libx264", "yuv420p", {"crf": "23", "preset": "veryfast"}),
}


class Encoder:
    """Writes the frames of one camera into an mp4 as they come.

    Args:
        path: Where to.
        size: Height and width [px].
        fps: Frames per second.
        codec: See `Schema.codec`.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: int, codec: str) -> None:
        import av

        name, pixels, options = _CODECS[codec]
        self._size, self._count, self._base = size, 0, Fraction(1, fps)
        self._make = av.VideoFrame.from_ndarray
        self._container = cast(Any, av.open(str(path), "w", format="mp4"))
        self._stream = cast(Any, self._container.add_stream(name, rate=Fraction(fps)))
        self._stream.height, self._stream.width = size
        self._stream.pix_fmt = pixels
        self._stream.codec_context.thread_count = 1
        self._stream.options = _COMMON | options

    def add(self, image: Frame) -> None:
        """Encode an image (height x width x 3, RGB)."""
        frame = self._make(image, format="rgb24")
        frame.pts, frame.time_base = self._count, self._base
        self._count += 1
        self._write(frame)

    def close(self) -> None:
        """Finish the file; once it is, there is nothing left to do."""
        if self._count:
            self._count = 0
            self._write(None)
        with _as_os_error():
            self._container.close()

    def _write(self, frame: Any) -> None:
        with _as_os_error():
            for packet in self._stream.encode(frame):
                self._container.mux(packet)


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    """A full disk is the same to FFmpeg as to everybody else."""
    import av

    try:
        yield
    except av.FFmpegError as error:
        raise OSError(error.errno, error.strerror) from error


def _opened(path: Path) -> Any:
    """Return the file, opened for reading."""
    import av

    try:
        return av.open(str(path))
    except FileNotFoundError:
        raise ValueError(f"{path}: not there") from None
    except (av.FFmpegError, OSError) as error:
        raise ValueError(f"{path}: no video that can be read") from error


def _packets(path: Path, fps: int) -> Iterator[Any]:
    """Yield the packets of a video, one a frame, and see that frame k stands at k / fps."""
    import av

    with _opened(path) as container:
        if not container.streams.video:
            raise ValueError(f"{path}: no video in it")
        stream = container.streams.video[0]
        tick = 1 / (fps * stream.time_base)
        try:
            for k, packet in enumerate(p for p in container.demux(stream) if p.size):
                if packet.pts != k * tick:
                    raise ValueError(f"{path}: frame {k} does not stand at {k}/{fps} s")
                yield packet
        except (av.FFmpegError, OSError) as error:
            raise ValueError(f"{path}: cannot be read to its end") from error


def digests(path: Path, fps: int, spans: Sequence[tuple[int, int]]) -> list[str]:
    """Return the SHA-256 of the encoded frames of each span (first frame, number of frames).

    It stays the same when videos are joined or cut.

    Raises:
        ValueError: If the file cannot be read, is too short, or frames stand at wrong times.
    """
    made = [hashlib.sha256() for _ in spans]
    left = [count for _, count in spans]
    owner = {k: s for s, (first, count) in enumerate(spans) for k in range(first, first + count)}
    for k, packet in enumerate(_packets(path, fps)):
        if k in owner:
            made[owner[k]].update(bytes(packet))
            left[owner[k]] -= 1
    if any(left):
        raise ValueError(f"{path}: {sum(left)} frames are missing at its end")
    return [one.hexdigest() for one in made]


def decode(path: Path, fps: int, first: int, count: int) -> Frame:
    """Return ``count`` frames from number ``first`` on: count x height x width x 3.

    Raises:
        ValueError: If the file cannot be read, or is too short.
    """
    import av

    with _opened(path) as container:
        stream = container.streams.video[0]
        tick = 1 / (fps * stream.time_base)
        if first:
            container.seek(int(first * tick), stream=stream, backward=True)
        frames: list[Frame] = []
        try:
            for frame in container.decode(stream):
                if frame.pts >= first * tick:
                    frames.append(frame.to_ndarray(format="rgb24"))
                if len(frames) == count:
                    break
        except (av.FFmpegError, OSError) as error:
            raise ValueError(f"{path}: cannot be decoded") from error
    if len(frames) < count:
        raise ValueError(f"{path}: frames {first} to {first + count} are not all there")
    return np.stack(frames)


def kind(path: Path) -> tuple[object, ...]:
    """Return what two videos must share to be joined."""
    with _opened(path) as container:
        context = container.streams.video[0].codec_context
        return (context.name, context.width, context.height, context.pix_fmt, context.extradata)


def join(target: Path, sources: Sequence[tuple[Path, int, int]], fps: int) -> None:
    """Write one video of parts of others, each a path, its first frame and number of frames.

    Every part must begin with a frame that stands alone, and all must be of one `kind`.
    """
    import av

    out: Any
    with av.open(str(target), "w", format="mp4") as out:
        stream: Any = None
        at = 0
        for path, first, count in sources:
            for k, packet in enumerate(_packets(path, fps)):
                if stream is None:
                    stream = _like(out, packet.stream)
                if k >= first + count:
                    break
                if k >= first:
                    tick = int(1 / (fps * packet.time_base))
                    packet.pts = packet.dts = at * tick
                    packet.stream = stream
                    out.mux(packet)
                    at += 1


def _like(container: Any, stream: Any) -> Any:
    """Add a stream that takes the packets of ``stream`` as they are."""
    if hasattr(container, "add_stream_from_template"):
        return container.add_stream_from_template(stream)
    return container.add_stream(template=stream)  # before PyAV 14
