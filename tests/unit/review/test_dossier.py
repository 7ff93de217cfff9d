"""A dossier holds every entry of one exchange and says honestly what is left of its payloads."""

from collections.abc import Callable
from pathlib import Path

import pytest

from beacon_audit.errors import UsageError
from beacon_audit.home import Home
from beacon_audit.review.dossier import read_dossier
from beacon_audit.review.payloads import read_recorded_payload
from beacon_audit.trail import Payload, build_payload

type Recorder = Callable[..., Home]

ID = "01j0000000000000000000000a"


def payload(document: object, name: str = f"{ID}.json.zst") -> Payload:
    return build_payload(document, b"s" * 32, name=name, date="2026-01-02")


def intent(body: Payload | None = None) -> dict[str, object]:
    reference = body.reference if body else None
    return {"type": "intent", "id": ID, "time": "2026-01-02T10:00:00.000Z", "action": "allowed", "payload": reference}


def outcome(body: Payload | None = None) -> dict[str, object]:
    reference = body.reference if body else None
    return {"type": "outcome", "id": ID, "time": "2026-01-02T10:00:01.000Z", "state": "sent", "payload": reference}


def test_dossier_has_the_entries_and_both_bodies(record: Recorder) -> None:
    request, response = payload({"license": "license:ab12:00"}), payload({"token": "t"}, f"{ID}.response.json.zst")
    other = {"type": "refusal", "id": "b", "time": "2026-01-02T10:00:00.500Z"}
    home = record([intent(request), other, outcome(response)], {0: request, 2: response})
    dossier = read_dossier(home, ID)
    assert [entry["index"] for entry in dossier.entries] == [0, 2]
    assert dossier.exchange.state == "sent"
    assert dossier.request_payload.body == {"license": "license:ab12:00"}
    assert dossier.response_payload.body == {"token": "t"}
    assert not dossier.altered


def test_exchange_without_recorded_bodies_says_so(record: Recorder) -> None:
    dossier = read_dossier(record([intent(), outcome()]), ID)
    assert (dossier.request_payload.state, dossier.response_payload.state) == ("none", "none")


def test_deleted_body_is_not_an_alteration(record: Recorder) -> None:
    body = payload({"a": 1})
    home = record([intent(body)], {0: body})
    (home.payloads / "2026-01-02" / body.name).unlink()
    dossier = read_dossier(home, ID)
    assert dossier.request_payload.state == "deleted"
    assert not dossier.altered


def test_exchanged_body_is_an_alteration_and_is_not_shown(record: Recorder) -> None:
    body, forged = payload({"a": 1}), payload({"a": 2}, "forged.json.zst")
    home = record([intent(body), outcome(forged)], {0: body, 1: forged})
    directory = home.payloads / "2026-01-02"
    (directory / "forged.json.zst").rename(directory / body.name)
    dossier = read_dossier(home, ID)
    assert dossier.altered
    assert dossier.request_payload.body is None


def test_damaged_file_is_an_alteration(record: Recorder) -> None:
    body = payload({"a": 1})
    home = record([intent(body)], {0: body})
    (home.payloads / "2026-01-02" / body.name).write_bytes(b"junk")
    assert read_dossier(home, ID).altered


@pytest.mark.parametrize(
    "file", ["../keys/tokens.key", "/etc/passwd", "2026-01-02/../../keys/trail.key", "2026-01-02/.x"]
)
def test_payload_name_that_leads_elsewhere_is_not_followed(
    home: Home, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(Path, "open", lambda path, *_: opened.append(path))
    assert read_recorded_payload(home, {"file": file, "commitment": "sha256:00"}).state == "unreadable"
    assert opened == []


def test_unknown_id_is_refused_without_repeating_it(record: Recorder) -> None:
    with pytest.raises(UsageError, match=r"no exchange with this id .* beacon-audit log"):
        read_dossier(record([intent()]), "no-such-id")
