"""Zips made to fool whoever opens them. The verifier reads them where they are and writes nothing."""

import io
import json
import os
import resource
import struct
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from beacon_audit.contracts.edition_files import available_editions, digest_of, edition_directory, read_files
from beacon_audit.trail import build_payload
from beacon_audit.trail.checkpoint import Checkpoint, encode_log_line
from beacon_audit.trail.note import sign_note
from harness.evidence import VERIFY, Evidence, evidence_of, judge, write_members
from harness.log_builder import Fields, intent, make_signer, moment
from harness.specimen import compressed

MEBIBYTE = 1 << 20
BOMB = 512 * MEBIBYTE
MEMORY = 320 * MEBIBYTE


def _append(path: Path, name: str, content: bytes) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, content)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["checkpoint", "tile/entries/000", "README.txt"])
def test_name_that_comes_twice_is_tampering(evidence: Evidence, name: str) -> None:
    _append(evidence.zip, name, evidence.members()[name])
    judgement = evidence.judge()
    assert (judgement.status, judgement.codes) == (1, {"surplus-file"})


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/passwd", "tile\\entries\\000", "C:/evil", "tile/../checkpoint", "./checkpoint", "CHECKPOINT",
     "proofs/00.tlog-proof", "payloads/2026-01-02/../x", "policy/../../x.json", "checkpoint\n", "tile/entries/000/"],
)  # fmt: skip
def test_name_of_another_form_is_tampering_and_nothing_is_written(
    evidence: Evidence, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _append(evidence.zip, name, b"x")
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    judgement = evidence.judge()
    assert (judgement.status, judgement.codes) == (1, {"surplus-file"})
    assert list(empty.iterdir()) == []


def test_name_that_goes_on_after_a_nul_is_tampering(evidence: Evidence) -> None:
    # Python's zipfile would call it README.txt, and others what comes after.
    members = evidence.members()
    members["README.txtX"] = members.pop("README.txt")
    write_members(evidence.zip, members)
    evidence.zip.write_bytes(evidence.zip.read_bytes().replace(b"README.txtX", b"README.txt\0"))
    judgement = evidence.judge()
    assert (judgement.status, judgement.codes) == (1, {"surplus-file"})


def test_bytes_between_the_files_are_tampering(evidence: Evidence) -> None:
    # A second zip inside the first: programs that look for local headers see other files than those that do not.
    hidden = io.BytesIO()
    with zipfile.ZipFile(hidden, "w") as archive:
        archive.writestr("checkpoint", b"another")
    raw = evidence.zip.read_bytes()
    evidence.zip.write_bytes(hidden.getvalue() + raw)
    assert "surplus-file" in evidence.judge().codes


def test_comment_of_the_zip_is_tampering(evidence: Evidence) -> None:
    with zipfile.ZipFile(evidence.zip, "a") as archive:
        archive.comment = b"trust me"
    assert evidence.judge().codes == {"surplus-file"}


@pytest.mark.parametrize("count", [1, 1000])
def test_bytes_after_the_end_of_the_zip_are_tampering(evidence: Evidence, count: int) -> None:
    with evidence.zip.open("ab") as file:
        file.write(b"x" * count)
    assert evidence.judge().codes == {"surplus-file"}


def test_comment_of_a_file_is_tampering(evidence: Evidence) -> None:
    member = zipfile.ZipInfo("README.txt")
    member.comment = b"trust me"
    members = evidence.members()
    with zipfile.ZipFile(evidence.zip, "w") as archive:
        archive.writestr(member, members.pop("README.txt"))
        for name, content in members.items():
            archive.writestr(name, content)
    assert evidence.judge().codes == {"surplus-file"}


def test_directory_in_which_nothing_lies_is_tampering(evidence: Evidence) -> None:
    # Its name is bytes that whoever unpacks the bundle gets to see.
    _append(evidence.zip, "the-log-was-checked-by-an-auditor/", b"")
    assert evidence.judge().codes == {"surplus-file"}


def test_directories_of_the_files_are_no_tampering(evidence: Evidence) -> None:
    # Tools write them when they pack the same files again.
    for name in ("tile/", "tile/entries/", "proofs/"):
        _append(evidence.zip, name, b"")
    assert evidence.judge().status == 0


def test_encrypted_file_is_tampering(evidence: Evidence) -> None:
    raw = bytearray(evidence.zip.read_bytes())
    place = raw.rindex(b"PK\x01\x02", 0, raw.rindex(b"coverage.json"))
    flags = struct.unpack_from("<H", raw, place + 8)[0]
    struct.pack_into("<H", raw, place + 8, flags | 1)
    evidence.zip.write_bytes(raw)
    assert "surplus-file" in evidence.judge().codes


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_compression_is_tampering(evidence: Evidence, method: int) -> None:
    with zipfile.ZipFile(evidence.zip, "a") as archive:
        archive.writestr("notes.txt", b"x" * 1000, method)
    assert evidence.judge().status == 1


@pytest.mark.parametrize("stored", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_same_files_packed_again_are_still_ok(evidence: Evidence, stored: int) -> None:
    members = evidence.members()
    with zipfile.ZipFile(evidence.zip, "w", stored) as archive:
        for name in sorted(members, reverse=True):
            archive.writestr(name, members[name])
    assert evidence.judge().status == 0


def test_files_packed_into_a_pipe_are_still_ok(evidence: Evidence) -> None:
    # Sizes then follow the data of each file.
    members = evidence.members()
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as source:
        with os.fdopen(writer, "wb") as sink, zipfile.ZipFile(sink, "w") as archive:
            for name in ("checkpoint", "trail.vkey"):
                archive.writestr(name, members.pop(name))
        streamed = source.read()
    evidence.zip.write_bytes(streamed)
    with zipfile.ZipFile(evidence.zip, "a") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert evidence.judge().status == 0


HUGE = 4_611_686_018_427_387_904


def _claiming(evidence: Evidence, *, signed: bool, coverage: str, kept: Sequence[str] = ()) -> list[str]:
    """The altered bundle, whose checkpoint speaks of far more entries than there are; its verifier's options."""
    name = make_signer().verifier.name
    key = make_signer(1, name)
    note = sign_note(Checkpoint(name, HUGE, bytes(32)).text, key if signed else make_signer(3, name)).encode()
    old = evidence.members()
    members = {name: old[name] for name in kept}
    members |= {"checkpoint": note, "trail.vkey": f"{key.vkey}\n".encode()}
    members["checkpoints.log"] = encode_log_line(note)
    if coverage:
        document = json.loads(old["coverage.json"])
        document["size"] = HUGE
        whole = [[0, HUGE - 1]]
        document["entries"] = {"included": whole if coverage == "all" else [], "selected": whole}
        members["coverage.json"] = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    write_members(evidence.zip, members)
    return ["--vkey", str(evidence.vkey), "--json"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("coverage", ["", "all", "none"])
@pytest.mark.parametrize("kept", [(), ("tile/entries/000", "tile/0/000")])
@pytest.mark.parametrize("signed", [False, True])
def test_size_far_beyond_what_is_there_ends_soon(
    evidence: Evidence, signed: bool, kept: Sequence[str], coverage: str
) -> None:
    """Nobody signed it; or the owner of the key did, who wants the verifier never to answer."""
    options = _claiming(evidence, signed=signed, coverage=coverage, kept=kept)
    done = _run_bounded(evidence.zip, *options)
    assert done.stderr == ""
    codes = {problem["code"] for problem in json.loads(done.stdout)["problems"]}
    assert done.returncode == 1
    assert ("bad-signature" in codes) is not signed
    assert codes == {"bad-signature"} or signed


def _bomb(path: Path, members: dict[str, bytes], name: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for other, content in members.items():
            if other != name:
                archive.writestr(other, content)
        with archive.open(name, "w", force_zip64=True) as target:
            target.write(members.get(name, b""))
            for _ in range(BOMB >> 24):
                target.write(bytes(1 << 24))


@pytest.mark.parametrize(
    "name", ["checkpoint", "checkpoints.log", "tile/0/000", "tile/entries/000", "coverage.json", "README.txt", "other"]
)
def test_bomb_does_not_fill_the_memory(evidence: Evidence, name: str) -> None:
    _bomb(evidence.zip, evidence.members(), name)

    done = _run_bounded(evidence.zip, *evidence.trust)
    assert done.returncode == (0 if name == "README.txt" else 1), done
    assert done.stderr == ""


@pytest.mark.parametrize("name", ["x000", "y" * 255])
def test_directory_deeper_than_a_path_can_be_long_is_tampering(evidence: Evidence, tmp_path: Path, name: str) -> None:
    bundle = tmp_path / "bundle"
    with zipfile.ZipFile(evidence.zip) as archive:
        archive.extractall(bundle)
    here = os.open(bundle / "tile/0", os.O_RDONLY)
    for _ in range(1500):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    judgement = judge(bundle, *evidence.trust)
    assert (judgement.status, judgement.codes) == (1, {"surplus-file"})


def _payload_names(members: Mapping[str, bytes]) -> list[str]:
    return [name for name in members if name.startswith("payloads/")]


@pytest.mark.timeout(60)
def test_bodies_of_any_size_are_read_piece_by_piece(evidence: Evidence) -> None:
    members = evidence.members()
    for name in _payload_names(members):
        members[name] = b'{"body":' + b" " * (200 * MEBIBYTE) + members[name][-75:]
    write_members(evidence.zip, members)
    done = _run_bounded(evidence.zip, *evidence.trust, "--json", memory=192 * MEBIBYTE)
    assert done.stderr == ""
    assert {problem["code"] for problem in json.loads(done.stdout)["problems"]} == {"payload-altered"}


@pytest.mark.timeout(60)
def test_after_so_many_bytes_of_altered_bodies_large_ones_are_not_opened(tmp_path: Path) -> None:
    """Each may have 256 MiB and take 256 KiB of the zip, and there may be thousands of them."""
    home = tmp_path / "home"
    fields: list[Fields] = [{"type": "open", "id": "o", "time": moment(0)}]
    names = [f"body-{number}.json" for number in range(5)]
    for number, name in enumerate(names):
        body = build_payload({"number": number}, bytes(32), name=f"{name}.zst", date="2026-01-02")
        (home / "payloads/2026-01-02").mkdir(parents=True, exist_ok=True)
        (home / "payloads" / body.reference["file"]).write_bytes(compressed(body))
        fields.append(intent(f"i-{number}", 1, type="refusal", payload=body.reference))
    evidence = evidence_of(home, *fields, {"type": "close", "id": "c", "time": moment(2)})
    members = evidence.members()
    bomb = b'{"body":' + b" " * (200 * MEBIBYTE) + members["payloads/2026-01-02/body-0.json"][-75:]
    with zipfile.ZipFile(evidence.zip, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, bomb if name.startswith("payloads/") and "body-4" not in name else content)
    problems = evidence.judge().answer["problems"]
    assert [problem["code"] for problem in problems] == [*["payload-altered"] * 2, *["payload-unchecked"] * 2]


@pytest.mark.timeout(60)
def test_files_of_a_contract_are_bounded_together(tmp_path: Path) -> None:
    edition = available_editions()[0]
    digest = digest_of(read_files(edition_directory(edition)))
    opened = {"type": "open", "id": "o", "time": moment(0), "contract": edition, "contract_digest": digest}
    evidence = evidence_of(tmp_path / "home", opened)
    members = evidence.members()
    for number in range(20):
        members[f"contract/{digest.removeprefix('sha256:')}/{number}"] = bytes(15 * MEBIBYTE)
    write_members(evidence.zip, members)
    done = _run_bounded(evidence.zip, *evidence.trust, "--json", memory=192 * MEBIBYTE)
    assert done.stderr == ""
    assert {problem["code"] for problem in json.loads(done.stdout)["problems"]} >= {"contract-altered"}


@pytest.mark.timeout(60)
def test_coverage_of_nothing_but_objects_does_not_fill_the_memory(evidence: Evidence) -> None:
    members = evidence.members()
    document = json.loads(members["coverage.json"])
    document["damage"] = [{"a": 0}] * 2_000_000
    members["coverage.json"] = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    write_members(evidence.zip, members)
    done = _run_bounded(evidence.zip, *evidence.trust, "--json", memory=192 * MEBIBYTE)
    assert done.stderr == ""
    assert {problem["code"] for problem in json.loads(done.stdout)["problems"]} == {"coverage-mismatch"}


def _run_bounded(path: Path, *options: str, memory: int = MEMORY) -> "subprocess.CompletedProcess[str]":
    """The verifier in a process that gets little memory and time."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    command = [sys.executable, "-I", str(VERIFY), str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, preexec_fn=limit)
