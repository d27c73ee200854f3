"""Files that are whole or not there, one writer at a time, and errors that a user understands."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Holds the lock, drafts and what was moved aside. Readers glob data, videos and meta alone.
PRIVATE = ".warewheel"
LOCK, DRAFTS, ASIDE = "lock", "drafts", "aside"
# How the names of files begin that are not whole yet.
TEMPORARY = ".tmp-"
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Unwritable(ValueError):
    """The folder cannot be written to, and whoever wants to had better stop."""


@contextlib.contextmanager
def told(folder: Path) -> Iterator[None]:
    """Turn what the system says about writing into ``folder`` into one clear line.

    Raises:
        Unwritable: In place of the system's error.
    """
    try:
        yield
    except OSError as error:
        reason = str(error)
        if error.errno in _FULL:
            reason = "no space left; nothing that was whole is lost"
        elif error.errno in _DENIED:
            reason = "may not be written to (read-only)"
        elif error.errno in (errno.ENOTDIR, errno.EEXIST):
            reason = "a file is in the way"
        raise Unwritable(f"{folder}: {reason}") from error


def write(path: Path, content: bytes, durable: bool = True) -> None:
    """Write a file so that it is there whole or not at all, whatever happens in between.

    Args:
        path: Where.
        content: What.
        durable: Whether it must outlast a power failure; what can be derived need not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o644)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, outlast a power failure."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def link(source: Path, target: Path) -> None:
    """Put a file in a second place, sharing its bytes where the file system can."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileExistsError:
        target.unlink()
        os.link(source, target)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        write(target, source.read_bytes())


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        made = hashlib.sha256()
        while block := file.read(1 << 20):
            made.update(block)
        return made.hexdigest()


class Lock:
    """The right to write into a folder; it dies with the process that holds it.

    Args:
        path: The file that is locked; it is made if it is not there.
        busy: The message if somebody else holds it.

    Raises:
        ValueError: If somebody else holds it.
    """

    def __init__(self, path: Path, busy: str) -> None:
        # Not on every system, and readers need it nowhere.
        import fcntl

        path.parent.mkdir(parents=True, exist_ok=True)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._handle)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise ValueError(busy) from None
            raise

    def release(self) -> None:
        """Let others write; may be called twice."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
