"""The standalone verifier as its user runs it: a process of a bare Python, on a real zip."""

import ast
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from harness.evidence import VERIFY, Evidence, run_verifier, write_members

ANSWER_FIELDS = {"verdict", "origin", "size", "root", "problems"}


def _pythons() -> list[str]:
    """This one, and others that the machine has."""
    names = ("python3", "python3.9", "python3.10", "python3.11", "python3.13")
    found = {shutil.which(name, path=path) for name in names for path in (None, "/usr/bin")}
    works = [path for path in sorted(filter(None, found)) if _is_python(path)]
    return [sys.executable, *works]


def _is_python(path: str) -> bool:
    """Whether it starts (a version manager has names for versions that it does not have) and is new enough."""
    question = "import sys; sys.exit(sys.version_info < (3, 9))"
    return subprocess.run([path, "-c", question], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("python", _pythons())
def test_sound_and_anchored_bundle_is_ok(evidence: Evidence, python: str) -> None:
    done = run_verifier(evidence.zip, *evidence.trust, python=python)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("verdict  ok\n")


def test_program_imports_the_standard_library_only() -> None:
    tree = ast.parse(VERIFY.read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize("options", [(), ("-S",), ("-I",), ("-I", "-S")])
@pytest.mark.parametrize("python", _pythons())
def test_program_imports_nothing_from_the_directory_it_lies_in(
    evidence: Evidence, python: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    """Whoever unpacks a bundle and runs the verifier in it runs no other file of it."""
    bundle = tmp_path / "bundle"
    with zipfile.ZipFile(evidence.zip) as archive:
        archive.extractall(bundle)
    code = "import os\nprint('code of the bundle ran:', __name__, flush=True)\nos._exit(0)\n"
    for name in sys.stdlib_module_names - {"sys"}:
        (bundle / f"{name}.py").write_text(code, "ascii")
    command = [python, *options, "verify.py", *evidence.trust]
    done = subprocess.run(command, cwd=bundle, capture_output=True, text=True, timeout=60, check=False)
    assert "code of the bundle" not in done.stdout, done.stdout
    assert (done.returncode, done.stderr) == (1, "")
    assert "surplus-file: __future__.py" in done.stdout


def test_program_drops_its_directory_before_it_imports_anything_that_could_lie_there() -> None:
    body = ast.parse(VERIFY.read_text("utf-8")).body
    assert isinstance(body[0], ast.Expr)
    assert ast.unparse(body[1]) == "import sys"
    assert isinstance(body[2], ast.If)
    assert "sys.path" in ast.unparse(body[2])


def test_program_is_written_for_python_3_9() -> None:
    ast.parse(VERIFY.read_text("utf-8"), feature_version=(3, 9))


def test_without_an_anchor_it_is_unanchored_and_says_what_that_means(evidence: Evidence) -> None:
    done = run_verifier(evidence.zip, "--vkey", evidence.vkey)
    assert done.returncode == 3
    assert "written anew" in done.stdout


def test_without_a_key_it_says_that_nobody_is_proved_to_have_signed(evidence: Evidence) -> None:
    done = run_verifier(evidence.zip)
    assert done.returncode == 3
    assert "proves nothing about who signed" in done.stdout
    assert "SHA-256" in done.stdout


def test_altered_entry_is_tampering(evidence: Evidence) -> None:
    members = evidence.members()
    members["tile/entries/000"] = members["tile/entries/000"].replace(b"license-verify", b"license-xxrify", 1)
    write_members(evidence.zip, members)
    done = run_verifier(evidence.zip, *evidence.trust)
    assert done.returncode == 1
    assert "bundle-mismatch: tile/entries/000 at byte" in done.stdout


def test_missing_bundle_is_incomplete(evidence: Evidence) -> None:
    members = evidence.members()
    del members["tile/entries/000"]
    write_members(evidence.zip, members)
    done = run_verifier(evidence.zip, *evidence.trust)
    assert done.returncode == 2
    assert "missing-bundle" in done.stdout


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x03\x04" + bytes(100)])
def test_garbage_cannot_be_checked(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "evidence.zip"
    path.write_bytes(content)
    done = run_verifier(path)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("verify.py: ")
    assert "Traceback" not in done.stderr


def test_no_such_file_cannot_be_checked(tmp_path: Path) -> None:
    assert run_verifier(tmp_path / "nowhere").returncode == 4


@pytest.mark.parametrize("option", ["--vkey", "--anchor"])
@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"not a key", b'{"event":"ready"}\n', b'"text"\n'])
def test_key_or_anchor_that_is_none_is_wrong_usage(evidence: Evidence, option: str, content: bytes | None) -> None:
    path = evidence.zip.with_name("given")
    if content is not None:
        path.write_bytes(content)
    done = run_verifier(evidence.zip, option, path)
    assert (done.returncode, done.stdout) == (4, "")
    assert "given" in done.stderr


def test_unknown_option_is_wrong_usage(evidence: Evidence) -> None:
    assert run_verifier(evidence.zip, "--trust-me").returncode == 4


def test_json_is_one_object_with_the_fields_of_verify(evidence: Evidence) -> None:
    done = run_verifier(evidence.zip, *evidence.trust, "--json")
    answer = json.loads(done.stdout)
    assert answer.keys() >= ANSWER_FIELDS
    assert (answer["verdict"], answer["size"], answer["problems"]) == ("ok", 300, [])
    assert answer["payloads"] == {"missing": 0, "none": 172, "present": 2, "pruned": 1}


def test_problem_in_json_has_the_fields_of_verify(evidence: Evidence) -> None:
    members = evidence.members()
    members["surplus"] = b""
    write_members(evidence.zip, members)
    answer = json.loads(run_verifier(evidence.zip, *evidence.trust, "--json").stdout)
    assert [problem.keys() for problem in answer["problems"]] == [{"code", "entry", "file", "offset", "message"}]


def test_unpacked_bundle_is_checked_where_it_lies(evidence: Evidence, tmp_path: Path) -> None:
    with zipfile.ZipFile(evidence.zip) as archive:
        archive.extractall(tmp_path / "unpacked")
    by_name = run_verifier(tmp_path / "unpacked", *evidence.trust)
    in_place = run_verifier(*evidence.trust, program=tmp_path / "unpacked" / "verify.py")
    assert (by_name.returncode, in_place.returncode) == (0, 0)
    assert sorted(path.name for path in (tmp_path / "unpacked").iterdir()) == sorted(
        {name.partition("/")[0] for name in evidence.members()}
    )


def test_empty_directory_is_a_deleted_log(tmp_path: Path) -> None:
    done = run_verifier(tmp_path)
    assert done.returncode == 1
    assert "no-checkpoint" in done.stdout


def test_link_in_an_unpacked_bundle_is_not_followed(evidence: Evidence, tmp_path: Path) -> None:
    with zipfile.ZipFile(evidence.zip) as archive:
        archive.extractall(tmp_path / "unpacked")
    original = tmp_path / "unpacked" / "checkpoint"
    original.rename(tmp_path / "elsewhere")
    original.symlink_to(tmp_path / "elsewhere")
    done = run_verifier(tmp_path / "unpacked", *evidence.trust)
    assert done.returncode == 1
    assert "surplus-file: checkpoint" in done.stdout


def test_another_program_in_the_bundle_is_named(evidence: Evidence) -> None:
    members = evidence.members()
    members["verify.py"] += b"\n"
    write_members(evidence.zip, members)
    done = run_verifier(evidence.zip, *evidence.trust)
    assert done.returncode == 0
    assert "another one than this" in done.stdout


def test_escape_sequence_in_a_name_does_not_reach_the_terminal(evidence: Evidence) -> None:
    members = evidence.members()
    members["\x1b[2Jclean"] = b""
    write_members(evidence.zip, members)
    done = run_verifier(evidence.zip, *evidence.trust)
    assert done.returncode == 1
    assert "\x1b" not in done.stdout
    assert "\\x1b[2Jclean" in done.stdout
