"""``show`` gives the whole of one exchange, harmless on a terminal, and says when its evidence was altered."""

import json

import pytest

from beacon_audit.cli import main
from beacon_audit.home import Home

ALLOWED, REFUSED = "01j000000000000000000allow", "01j0000000000000000000deny"


def test_machine_output_has_exchange_entries_and_payloads(recorded: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", ALLOWED, "--home", str(recorded.path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["exchange"]["state"] == "sent"
    assert [entry["type"] for entry in document["entries"]] == ["intent", "outcome"]
    assert document["payloads"]["request"]["state"] == "present"
    assert document["payloads"]["request"]["body"] == {"license": "license:ab12:00"}
    assert document["payloads"]["response"]["state"] == "none"


def test_page_shows_fields_body_and_entries(recorded: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", ALLOWED.upper(), "--home", str(recorded.path)]) == 0
    text = capsys.readouterr().out
    assert "license-verify" in text
    assert '"license": "license:ab12:00"' in text
    assert '"type":"outcome"' in text


def test_page_shows_findings_with_what_the_policy_made_of_them(
    recorded: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", REFUSED, "--home", str(recorded.path)]) == 0
    text = capsys.readouterr().out
    assert "block  contract.undocumented-endpoint  (whole request)" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_altered_body_ends_with_1_and_is_not_shown(recorded: Home, capsys: pytest.CaptureFixture[str]) -> None:
    (file,) = recorded.payloads.glob("*/*.zst")
    file.write_bytes(b"junk")
    assert main(["show", ALLOWED, "--home", str(recorded.path)]) == 1
    text = capsys.readouterr().out
    assert "request body: NOT what the trail committed to" in text
    assert '"license"' not in text


def test_unknown_id_ends_with_4(recorded: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "01jzzzzzzzzzzzzzzzzzzzzzzz", "--home", str(recorded.path)]) == 4
    assert "no exchange with this id" in capsys.readouterr().err
