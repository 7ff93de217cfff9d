"""``prove`` writes files that an outsider can check, and no file when there is something it cannot prove."""

import base64
import json
from hashlib import sha256
from pathlib import Path

import pytest

from beacon_audit.cli import main
from beacon_audit.cli.checkpoint_lines import checkpoint_line
from beacon_audit.home import Home, create_home, open_trail_writer
from beacon_audit.trail.checkpoint import Checkpoint
from beacon_audit.trail.note import Signer, sign_note
from harness.outsider import check_consistency_file, check_inclusion_file, read_checkpoint

ALLOWED, REFUSED = "01j000000000000000000allow", "01j0000000000000000000deny"


@pytest.fixture
def since(recorded: Home, tmp_path: Path) -> Path:
    """A file with an earlier checkpoint: the log has grown by one entry since."""
    path = tmp_path / "earlier"
    path.write_bytes((recorded.trail / "checkpoint").read_bytes())
    writer = open_trail_writer(recorded, new_id=lambda: "n" * 26, now=lambda: "2026-01-05T00:00:00Z")
    writer.submit({"type": "close", "id": "c" * 26, "time": "2026-01-05T00:00:00Z"}).result(10)
    writer.close()
    return path


def vkey(home: Home) -> str:
    return home.trail_vkey.read_text().strip()


def prove(home: Home, *arguments: str | Path) -> int:
    return main(["prove", "--home", str(home.path), *map(str, arguments)])


def forged(home: Home, size: int, root: bytes) -> bytes:
    """A checkpoint that the log's own key has signed for another history."""
    signer = Signer.load(home.trail_key.read_bytes(), vkey(home).split("+")[0])
    return sign_note(Checkpoint(signer.verifier.name, size, root).text, signer).encode()


def test_each_entry_of_an_exchange_gets_a_file(
    recorded: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prove(recorded, ALLOWED.upper(), "-o", tmp_path / "proof") == 0
    page = capsys.readouterr().out

    intent, tree = check_inclusion_file((tmp_path / "proof").read_bytes(), vkey(recorded))
    outcome, _ = check_inclusion_file((tmp_path / "proof.outcome").read_bytes(), vkey(recorded))
    assert (intent["type"], intent["id"]) == ("intent", ALLOWED)
    assert (outcome["type"], outcome["id"]) == ("outcome", ALLOWED)
    assert tree.size == 5
    assert page == f"{tmp_path}/proof: intent is entry 0\n{tmp_path}/proof.outcome: outcome is entry 1\n"


def test_refusal_is_one_entry_and_one_file(recorded: Home, tmp_path: Path) -> None:
    assert prove(recorded, REFUSED, "-o", tmp_path / "proof") == 0
    fields, _ = check_inclusion_file((tmp_path / "proof").read_bytes(), vkey(recorded))

    assert (fields["type"], fields["status"]) == ("refusal", 403)
    assert [path.name for path in tmp_path.glob("proof*")] == ["proof"]


def test_machine_output_names_the_files(recorded: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    since = tmp_path / "since"
    since.write_bytes((recorded.trail / "checkpoint").read_bytes())
    assert prove(recorded, ALLOWED, "--since", since, "-o", tmp_path / "p", "--json") == 0

    assert json.loads(capsys.readouterr().out) == {
        "proofs": [
            {"file": f"{tmp_path}/p", "type": "intent", "index": 0},
            {"file": f"{tmp_path}/p.outcome", "type": "outcome", "index": 1},
            {"file": f"{tmp_path}/p.consistency", "type": "consistency", "index": None},
        ]
    }


@pytest.mark.parametrize("kind", ["note", "stdout", "checkpoints.log"])
def test_that_the_log_only_grew_is_proven_from_a_checkpoint_in_any_form(
    recorded: Home, since: Path, tmp_path: Path, kind: str
) -> None:
    note = since.read_bytes()
    if kind == "stdout":
        since.write_text(f"some other line\n{checkpoint_line(note)}\n")
    elif kind == "checkpoints.log":
        since.write_bytes(json.dumps(note.decode(), ensure_ascii=False).encode() + b"\n")
    assert prove(recorded, "--since", since, "-o", tmp_path / "proof") == 0

    earlier = read_checkpoint(note, vkey(recorded))
    now = check_consistency_file((tmp_path / "proof").read_bytes(), vkey(recorded), earlier)
    assert (earlier.size, now.size) == (5, 6)
    assert [path.name for path in tmp_path.glob("proof*")] == ["proof"]


def test_both_can_be_proven_at_once(recorded: Home, since: Path, tmp_path: Path) -> None:
    assert prove(recorded, REFUSED, "--since", since, "-o", tmp_path / "proof") == 0

    _, tree = check_inclusion_file((tmp_path / "proof").read_bytes(), vkey(recorded))
    earlier = read_checkpoint(since.read_bytes(), vkey(recorded))
    assert check_consistency_file((tmp_path / "proof.consistency").read_bytes(), vkey(recorded), earlier) == tree


@pytest.mark.parametrize("taken", ["proof", "proof.outcome", "proof.consistency"])
def test_no_file_is_overwritten_and_none_is_left_half_done(
    recorded: Home, since: Path, tmp_path: Path, taken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / taken).symlink_to(tmp_path / "nowhere")
    assert prove(recorded, ALLOWED, "--since", since, "-o", tmp_path / "proof") == 4

    assert f"{taken}: exists and is not overwritten" in capsys.readouterr().err
    assert [path.name for path in tmp_path.glob("proof*")] == [taken]
    assert not (tmp_path / "nowhere").exists()


def test_wrong_usage_ends_with_4_and_says_what_to_do(
    recorded: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = ("-o", tmp_path / "proof")
    (tmp_path / "empty").touch()
    for arguments, said in (
        ((), "expected an ID, --since CHECKPOINT, or both"),
        (("01jzzzzzzzzzzzzzzzzzzzzzzz",), "ids are listed by: beacon-audit log"),
        (("--since", tmp_path / "nothing"), "No such file"),
        (("--since", tmp_path / "empty"), "expected a signed checkpoint"),
        (("--since", recorded.trail / "checkpoints.log"), "expected one checkpoint"),
        (("--since", recorded.trail_key), "expected a signed checkpoint"),
    ):
        assert prove(recorded, *arguments, *output) == 4, arguments
        assert said in capsys.readouterr().err
        assert not (tmp_path / "proof").exists()


def test_checkpoint_of_another_log_proves_nothing(
    recorded: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = create_home(tmp_path / "other", ("beacon.langchain.com",))
    assert prove(recorded, "--since", other.trail / "checkpoint", "-o", tmp_path / "proof") == 4
    assert "came one of another log" in capsys.readouterr().err
    assert not (tmp_path / "proof").exists()


@pytest.mark.parametrize(
    ("size", "said"), [(3, "does not begin with"), (5, "does not begin with"), (6, "or a later one")]
)
def test_checkpoint_of_another_history_is_not_proven_and_is_called_evidence(
    recorded: Home, tmp_path: Path, size: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    since = tmp_path / "since"
    since.write_bytes(forged(recorded, size, bytes(32)))
    assert prove(recorded, "--since", since, "-o", tmp_path / "proof") == 4
    message = capsys.readouterr().err
    assert said in message
    assert "verify --anchor" in message
    assert not (tmp_path / "proof").exists()


def test_nothing_is_proven_from_a_checkpoint_that_the_log_s_key_did_not_sign(
    recorded: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = recorded.trail / "checkpoint"
    other = create_home(tmp_path / "other", ("beacon.langchain.com",))
    recorded.trail_vkey.write_bytes(other.trail_vkey.read_bytes())
    assert prove(recorded, ALLOWED, "-o", tmp_path / "proof") == 4
    assert f"{checkpoint}: not signed by" in capsys.readouterr().err
    assert not (tmp_path / "proof").exists()


def test_altered_entry_is_not_proven(recorded: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor when whoever altered it also made the hash beside it fit."""
    bundle, tile = recorded.trail / "tile/entries/000.p/5", recorded.trail / "tile/0/000.p/5"
    altered = bundle.read_bytes().replace(b'"reason":"documented"', b'"reason":"d0cumented"', 1)
    assert altered != bundle.read_bytes()
    bundle.write_bytes(altered)
    assert prove(recorded, ALLOWED, "-o", tmp_path / "proof") == 4

    length = int.from_bytes(altered[:2])
    tile.write_bytes(sha256(b"\x00" + altered[2 : 2 + length]).digest() + tile.read_bytes()[32:])
    capsys.readouterr()
    assert prove(recorded, ALLOWED, "-o", tmp_path / "proof") == 4
    assert "run: beacon-audit verify" in capsys.readouterr().err
    assert not (tmp_path / "proof").exists()


def test_proof_holds_the_entry_in_its_own_bytes(recorded: Home, tmp_path: Path) -> None:
    assert prove(recorded, REFUSED, "-o", tmp_path / "proof") == 0
    extra = (tmp_path / "proof").read_text().splitlines()[1].removeprefix("extra ")
    bundles = b"".join(path.read_bytes() for path in (recorded.trail / "tile/entries").rglob("*") if path.is_file())

    assert base64.b64decode(extra) in bundles
