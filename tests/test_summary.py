"""Summaries count every episode, and tell how sure a share is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from warewheel.flywheel.summary import Share, load, summarise
from warewheel.scripts.main import main


def row(**changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "task": "chain", "facility": "hub", "body": "panda", "success": True, "violations": [],
        "failures": [], "faults": [], "diagnoses": [],
    }  # fmt: skip
    return base | changes


def fault(recoverable: bool, named: bool) -> dict[str, Any]:
    return {"kind": "grip_slip", "recoverable": recoverable, "named": named}


def test_wilsons_interval() -> None:
    assert Share(198, 200).interval == pytest.approx((0.9643, 0.9973), abs=1e-4)
    assert Share(0, 0).interval == (0.0, 1.0)
    assert str(Share(50, 50)) == "50 of 50 (92.9 to 100.0 %)"


def test_an_episode_with_a_violation_is_not_good() -> None:
    rows = [row(), row(violations=["COLD:item-1"]), row(success=False, failures=["CRASH"])]
    (one,) = summarise(rows)
    assert (one.good.count, one.good.n) == (1, 3)
    assert one.causes == {"COLD": 1, "CRASH": 1}


def test_faults_are_recovered_and_named_apart() -> None:
    alarm = {"kind": "arm_pushed", "step": 3, "subject": ""}
    rows = [
        row(faults=[fault(True, True)]),
        row(faults=[fault(True, False)], success=False, diagnoses=[alarm]),
        row(faults=[fault(False, True)], success=False),
    ]
    (one,) = summarise(rows)
    assert (one.recovered.count, one.recovered.n) == (1, 2)
    assert (one.named.count, one.named.n) == (2, 3)
    assert one.alarms == {"arm_pushed": 1}


def test_groups() -> None:
    rows = [row(), row(facility="grocer"), row(body="iiwa")]
    assert len(summarise(rows)) == 2
    assert len(summarise(rows, by_facility=True)) == 3


@pytest.mark.parametrize(
    ("line", "says"), [("{", "rows.jsonl:2: not JSON"), ("[]", "rows.jsonl:2")]
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row()) + "\n" + line + "\n")
    with pytest.raises(ValueError, match=says):
        load([file])
    result = CliRunner().invoke(main, ["summary", str(file)])
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_the_command_prints_a_row_for_each_group(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row()) + "\n" for _ in range(3)))
    assert "3 of 3" in CliRunner().invoke(main, ["summary", str(file)]).output
    told = CliRunner().invoke(main, ["summary", "--json", str(file)]).output
    assert json.loads(told)["good"] == {"count": 3, "n": 3}
