"""Checkpoints and the lines that keep them: exactly the documented bytes, and nothing beside them."""

import base64
import json

import pytest

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.checkpoint import Checkpoint, decode_log_line, encode_log_line, parse_checkpoint
from beacon_audit.trail.merkle import EMPTY_ROOT
from beacon_audit.trail.note import parse_note, sign_note
from harness.signers import signer
from harness.vectors import load_vectors

VECTOR = load_vectors("signed_note.json")["checkpoint"]
ROOT = VECTOR["root"]
NOTE = sign_note(Checkpoint("log.example/one", 7, bytes(32)).text, signer()).encode()


def test_the_example_of_the_specification_is_read() -> None:
    checkpoint = parse_checkpoint(parse_note(VECTOR["note"].encode()).text)

    assert checkpoint == Checkpoint(VECTOR["origin"], VECTOR["size"], base64.b64decode(VECTOR["root"]))
    assert VECTOR["note"].startswith(checkpoint.text + "\n")


def test_a_checkpoint_has_the_documented_text() -> None:
    assert Checkpoint("beacon-audit/00", 0, EMPTY_ROOT).text == (
        "beacon-audit/00\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected three lines"),
        (f"origin\n7\n{ROOT}", "expected three lines"),
        (f"origin\n7\n{ROOT}\nextension\n", "expected three lines"),
        (f"origin\n7\n{ROOT}\n\n", "expected three lines"),
        (f"origin\n7\n{ROOT}\nhalf a line", "expected three lines"),
        (f"\n7\n{ROOT}\n", "expected three lines"),
        ("origin\n7\n", "expected three lines"),
        (f"origin\n07\n{ROOT}\n", "checkpoint, size: expected a decimal number"),
        (f"origin\n-7\n{ROOT}\n", "checkpoint, size"),
        (f"origin\n{2**63}\n{ROOT}\n", "checkpoint, size"),
        (f"origin\n 7\n{ROOT}\n", "checkpoint, size"),
        (f"origin\n7\n{ROOT[:-2]}J=\n", "checkpoint, root: expected base64 in its one right spelling"),
        (f"origin\n7\n{ROOT} \n", "checkpoint, root: expected base64"),
        ("origin\n7\nAAAA\n", "checkpoint, root: expected 32 bytes in base64, came 3"),
        (f"origin\n0\n{ROOT}\n", "expected the root of the empty tree for size 0"),
    ],
)
def test_what_is_not_exactly_a_checkpoint_is_corrupt(text: str, message: str) -> None:
    with pytest.raises(TrailCorrupt, match=message):
        parse_checkpoint(text)


def test_a_line_of_the_log_is_the_note_as_a_json_string() -> None:
    line = encode_log_line(NOTE)

    assert line.endswith(b'\\n"\n')
    assert line.count(b"\n") == 1
    assert "—".encode() in line  # non-ASCII as it is
    assert json.loads(line) == NOTE.decode()
    assert decode_log_line(line) == NOTE


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        encode_log_line(NOTE)[:-1],
        encode_log_line(NOTE) + b"\n",
        b" " + encode_log_line(NOTE),
        encode_log_line(NOTE).replace("—".encode(), b"\\u2014"),
        encode_log_line(NOTE).replace(b"log.", b"\\u006cog."),
        encode_log_line(NOTE).replace(b"/", b"\\/"),
        encode_log_line(NOTE).replace(b"log.", b"\xff"),
        b'"\\ud800"\n',
        b'"half\n',
        b'"a" "b"\n',
        b"null\n",
        b"7\n",
        b'["note"]\n',
        b"[" * 100_000 + b"\n",
        b'{"note":"x"}\n',
    ],
)
def test_what_is_not_exactly_a_line_of_the_log_is_corrupt(line: bytes) -> None:
    with pytest.raises(TrailCorrupt, match=r"checkpoints\.log: expected a note as a JSON string"):
        decode_log_line(line)
