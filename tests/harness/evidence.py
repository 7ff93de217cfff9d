"""Evidence bundles for tests: made from a specimen, taken apart, put together again otherwise, and verified.

`judge` runs the standalone verifier in this process, which is quick; `run_verifier` runs it as its user does.
"""

import contextlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from beacon_audit.home import Home
from beacon_audit.review.evidence import verify
from beacon_audit.review.evidence.export import Exported, export
from harness.log_builder import Fields, LogBuilder, make_signer

VERIFY = Path(verify.__file__)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A bundle, with the key and the anchor that its reader has from elsewhere."""

    zip: Path
    vkey: Path
    anchor: Path
    exported: Exported

    @property
    def trust(self) -> list[str]:
        """The options that give both."""
        return ["--vkey", str(self.vkey), "--anchor", str(self.anchor)]

    def members(self) -> dict[str, bytes]:
        """Every file of it."""
        return read_members(self.zip)

    def coverage(self) -> dict[str, Any]:
        return dict(json.loads(self.members()["coverage.json"]))

    def judge(self, members: Mapping[str, bytes] | None = None) -> "Judgement":
        """The answer on this bundle, or on one with other ``members``."""
        path = self.zip
        if members is not None:
            path = self.zip.with_name("altered.zip")
            write_members(path, members)
        return judge(path, *self.trust)


@dataclass(frozen=True, slots=True)
class Judgement:
    """``answer`` is the JSON object; empty when there was none. ``stderr`` then says why."""

    status: int
    answer: dict[str, Any]
    stderr: str

    @property
    def codes(self) -> set[str]:
        return {problem["code"] for problem in self.answer.get("problems", ())}


def make_evidence(
    home: Path,
    vkey: str,
    anchor: bytes,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    name: str = "evidence.zip",
) -> Evidence:
    """The bundle of the log in ``home``, which needs no keys, written beside it."""
    keys = home / "keys"
    keys.mkdir(exist_ok=True)
    (keys / "trail.vkey").write_text(f"{vkey}\n", "ascii")
    (home.parent / "kept.vkey").write_text(f"{vkey}\n", "ascii")
    (home.parent / "kept.checkpoint").write_bytes(anchor)
    exported = export(Home(home), home.parent / name, since=since, until=until)
    return Evidence(home.parent / name, home.parent / "kept.vkey", home.parent / "kept.checkpoint", exported)


def evidence_of(home: Path, *fields: Fields, since: datetime | None = None, until: datetime | None = None) -> Evidence:
    """The bundle of a log of these entries, anchored at its end. Payload files are those that lie in ``home``."""
    trail = home / "trail"
    trail.mkdir(parents=True)
    (home / "payloads").mkdir(exist_ok=True)
    log = LogBuilder(trail, make_signer())
    log.sign()
    log.add_fields(*fields)
    if fields:
        log.sign()
    log.finish()
    log.write_journal()
    return make_evidence(home, log.signer.vkey, log.notes[-1], since=since, until=until)


def read_members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_members(path: Path, members: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def judge(path: Path, *options: str) -> Judgement:
    """What the verifier's ``main`` makes of a bundle."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = verify.main([str(path), *options, "--json"])
    return Judgement(status, json.loads(out.getvalue() or "{}"), err.getvalue())


def run_verifier(
    *arguments: object, program: Path = VERIFY, python: str = sys.executable
) -> "subprocess.CompletedProcess[str]":
    """The verifier as its user starts it: isolated, so that it can import nothing but the standard library."""
    command = [python, "-I", "-S", str(program), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
