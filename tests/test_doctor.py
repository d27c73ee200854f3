"""The doctor's findings, and that they come as clean JSON."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from warewheel.flywheel.doctor import Check, _try, examine, healthy
from warewheel.scripts.doctor import doctor


@pytest.fixture(scope="module")
def checks() -> list[Check]:
    return examine()


def test_all_that_is_required_works_here(checks: list[Check]) -> None:
    assert [check for check in checks if check.required and not check.ok] == []
    assert healthy(checks)


def test_whatever_is_missing_comes_with_a_remedy(checks: list[Check]) -> None:
    for check in checks:
        assert check.detail
        assert bool(check.remedy) != check.ok, check


def test_a_failing_probe_is_a_finding() -> None:
    def broken() -> str:
        raise OSError("libfoo.so.1: cannot open\nmore of it")

    found = _try("foo", True, broken, "apt install libfoo1")
    assert found == Check("foo", True, False, "libfoo.so.1: cannot open", "apt install libfoo1")
    assert not healthy([found])
    assert healthy([Check("foo", False, False, "none", "")])


def test_exit_code_tells_that_something_required_is_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = Check("cameras", True, False, "dark", "light a lamp")
    monkeypatch.setattr("warewheel.flywheel.doctor.examine", lambda: [broken])
    result = CliRunner().invoke(doctor)
    assert result.exit_code == 1
    assert "light a lamp" in result.stdout
    result = CliRunner().invoke(doctor, ["--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {"ok": False, "checks": [broken.row()]}


def test_json_is_clean_on_stdout() -> None:
    code = "from warewheel.scripts.main import main; main()"
    command = [sys.executable, "-c", code, "doctor", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["ok"] is True
    assert {"name", "required", "ok", "detail", "remedy"} == set(found["checks"][0])


def test_help_is_quick_and_lists_every_command() -> None:
    code = "from warewheel.scripts.main import main; main()"
    times = []
    for _ in range(5):
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True
        )
        times.append(time.perf_counter() - began)
    assert {"doctor", "run", "speed"} <= set(done.stdout.split())
    # The law says 0.3 s; busy machines get some slack.
    assert min(times) < 0.5
