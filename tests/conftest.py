"""Settings shared by all tests."""

from __future__ import annotations

from hypothesis import settings

# The same cases on every run, and no clock: a busy machine must not turn a test red.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")
