"""Pushing: what a Hub on this machine is given, and what a user is told when it refuses."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from synthetic import collect

from warewheel.flywheel.dataset.files.layout import metas
from warewheel.scripts.main import main

hub = pytest.importorskip("huggingface_hub")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Hub(ThreadingHTTPServer):
    """Takes what huggingface_hub uploads, every file as part of the commit.

    Attributes:
        files: What was committed, by path.
        repositories: What was created.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.repositories: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        self._answer({"siblings": [], "sha": "0" * 40, "id": "somebody/chain"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Authorization") != "Bearer hf_right":
            self._answer({"error": "Invalid credentials"}, 401)
        elif self.path.endswith("/repos/create"):
            self.server.repositories.append(json.loads(body))
            self._answer({"url": self._own("/datasets/somebody/chain")})
        elif "/preupload/" in self.path:
            asked = json.loads(body)["files"]
            self._answer({"files": [
                {"path": one["path"], "uploadMode": "regular", "shouldIgnore": False}
                for one in asked
            ]})  # fmt: skip
        elif "/commit/" in self.path:
            for line in body.splitlines():
                entry = json.loads(line)
                if entry["key"] == "file":
                    content = base64.b64decode(entry["value"]["content"])
                    self.server.files[entry["value"]["path"]] = content
            commit = self._own("/datasets/somebody/chain/commit/" + "0" * 40)
            self._answer({"commitUrl": commit, "commitOid": "0" * 40, "success": True,
                          "hookOutput": ""})  # fmt: skip
        elif self.path.endswith("/validate-yaml"):
            self._answer({"errors": [], "warnings": []})
        else:
            self._answer({"error": f"no {self.path} here"}, 404)

    def _answer(self, data: dict[str, Any], status: int = 200) -> None:
        content = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _own(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub() as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{made.server_port}"
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
        monkeypatch.setenv("HF_TOKEN", "hf_right")
        yield made
        made.shutdown()


def push(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["push", *map(str, words)])


def test_all_that_readers_see_is_pushed(server: Hub, tmp_path: Path) -> None:
    folder = collect(tmp_path / "set", [0, 1])
    done = push(folder, "somebody/chain", "--private")
    assert done.exit_code == 0, done.output
    assert done.stdout == f"http://127.0.0.1:{server.server_port}/datasets/somebody/chain\n"
    (made,) = server.repositories
    assert made["type"] == "dataset" and made["name"] == "chain"
    assert made.get("private") or made.get("visibility") == "private"
    wanted = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".warewheel" not in path.parts
    }
    assert {"README.md", "meta/info.json", "data/chunk-000/file-000.parquet"} <= wanted.keys()
    assert server.files == wanted


def test_what_is_not_whole_is_not_pushed(server: Hub, tmp_path: Path) -> None:
    folder = collect(tmp_path / "set", [0, 1])
    metas(folder)[1].write_bytes(b"")
    done = push(folder, "somebody/chain")
    assert done.exit_code == 2 and "is not whole" in done.output
    assert not server.files and not server.repositories


@pytest.mark.parametrize("token", ["hf_wrong", ""])
def test_who_may_not_push_is_told(
    token: str, server: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    done = push(collect(tmp_path / "set", [0]), "somebody/chain")
    assert done.exit_code == 2 and "cannot push to 'somebody/chain'" in done.output
    assert "Traceback" not in done.output


def test_a_name_that_is_none_is_told(server: Hub, tmp_path: Path) -> None:
    done = push(collect(tmp_path / "set", [0]), "no such name")
    assert done.exit_code == 2 and "no such name" in done.output
