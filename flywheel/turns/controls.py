"""Controls: what to compare a run with, each in what it does otherwise."""

from __future__ import annotations

from typing import Literal

Control = Literal["", "idle", "shuffled", "plain"]
CONTROLS: dict[Control, str] = {
    "idle": "training changes nothing",
    "shuffled": "answers belong to other questions, and outcomes to other grips",
    "plain": "as much is learnt from the scripted expert, in place of its own doing",
}
