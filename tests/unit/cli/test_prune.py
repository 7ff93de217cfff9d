"""``prune`` deletes what is dated before a day, says on the record who did it and why, and takes nothing else."""

import json
import os
import pwd
from datetime import UTC, datetime, timedelta

import pytest

from beacon_audit.cli import main
from beacon_audit.home import Home, open_trail_writer
from beacon_audit.trail import build_payload, read_trail
from beacon_audit.trail.note import parse_vkey
from beacon_audit.trail.verify import verify_trail

OLD_DAY, OLD = "2020-01-02", "01j00000000000000000000old"
NEW = "01j00000000000000000000new"


def today() -> str:
    return datetime.now(UTC).date().isoformat()


@pytest.fixture
def filled(home: Home) -> Home:
    """Holds a refusal with a body of an old day, and one with a body of today."""
    writer = open_trail_writer(home, new_id=lambda: "n" * 26, now=lambda: f"{OLD_DAY}T00:00:00Z")
    for identity, day in ((OLD, OLD_DAY), (NEW, today())):
        payload = build_payload({"of": day}, os.urandom(32), name=f"{identity}.json.zst", date=day)
        writer.submit(
            {
                "type": "refusal", "id": identity, "time": f"{day}T10:00:00.000Z", "source": "10.0.0.1:1",
                "method": "POST", "host": "beacon.langchain.com", "path": "/", "endpoint": None, "class": None,
                "action": "refused", "reason": "a test", "reason_code": "test", "findings": [], "request_bytes": 1,
                "status": 403, "payload": payload.reference,
            },
            payload,
        ).result(10)  # fmt: skip
    writer.close()
    return home


def prune(home: Home, *more: str, before: str = "2020-01-03", reason: str = "asked to") -> int:
    return main(["prune", "--home", str(home.path), "--before", before, "--reason", reason, *more])


def days(home: Home) -> list[str]:
    return sorted(path.name for path in home.payloads.iterdir() if path.name[0] != ".")


def state(home: Home, identity: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["show", identity, "--home", str(home.path), "--json"]) == 0
    return str(json.loads(capsys.readouterr().out)["payloads"]["request"]["state"])


def test_files_before_the_day_are_gone_and_the_record_says_who_and_why(
    filled: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prune(filled) == 0
    assert capsys.readouterr().out == "deleted 1 payload files of 1 days; entry 2 of the trail says so\n"

    assert days(filled) == [today()]
    entry = list(read_trail(filled.trail))[-1]
    assert {key: entry[key] for key in ("type", "before", "files", "reason")} == {
        "type": "prune",
        "before": "2020-01-03",
        "files": 1,
        "reason": "asked to",
    }
    user = pwd.getpwuid(os.getuid()).pw_name
    assert entry["by"] == f"{user} (uid {os.getuid()})"


def test_what_was_deleted_is_shown_as_deleted_and_the_rest_as_it_is(
    filled: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert state(filled, OLD, capsys) == "present"
    assert prune(filled) == 0

    assert state(filled, OLD, capsys) == "deleted"
    assert state(filled, NEW, capsys) == "present"
    key = parse_vkey(filled.trail_vkey.read_text().strip())
    anchor = (filled.trail / "checkpoint").read_bytes()
    verdict = verify_trail(
        filled.trail, key, anchors=[anchor], payloads=filled.payloads, progress=lambda _done, _of: None
    )
    assert (verdict.verdict, verdict.problems) == ("ok", ())


def test_second_time_there_is_nothing_to_delete_and_nothing_is_recorded(
    filled: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prune(filled) == 0
    before = (filled.trail / "checkpoint").read_bytes()
    capsys.readouterr()
    assert prune(filled) == 0

    assert "nothing to delete" in capsys.readouterr().out
    assert (filled.trail / "checkpoint").read_bytes() == before


def test_machine_output_is_one_object(filled: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert prune(filled, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"before": "2020-01-03", "files": 1, "days": 1, "entry": 2}
    assert prune(filled, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"before": "2020-01-03", "files": 0, "days": 0, "entry": None}


@pytest.mark.parametrize("before", [OLD_DAY, "20200102", "2019-12-31"])
def test_files_of_the_day_itself_stay(filled: Home, before: str) -> None:
    assert prune(filled, before=before) == 0
    assert days(filled) == [OLD_DAY, today()]


def test_files_of_today_stay_whatever_is_asked(filled: Home, capsys: pytest.CaptureFixture[str]) -> None:
    day = datetime.now(UTC).date()
    assert prune(filled, before=(day + timedelta(days=2)).isoformat()) == 4
    assert "not in the future" in capsys.readouterr().err
    assert days(filled) == [OLD_DAY, day.isoformat()]
    assert prune(filled, before=day.isoformat()) == 0
    assert days(filled) == [day.isoformat()]


@pytest.mark.parametrize("before", ["", "yesterday", "2020-02-30", "2020-01", "0", "../.."])
def test_day_that_is_none_is_refused(filled: Home, before: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert prune(filled, before=before) == 4
    assert "expected a day such as 2026-01-31" in capsys.readouterr().err
    assert days(filled) == [OLD_DAY, today()]


@pytest.mark.parametrize("reason", ["", " ", "two\nlines", "\x1b[2J", "x" * 501, "\udcff"])
def test_reason_that_could_not_be_shown_is_refused(
    filled: Home, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prune(filled, reason=reason) == 4
    assert "expected 1 to 500 printable characters" in capsys.readouterr().err
    assert days(filled) == [OLD_DAY, today()]


def test_nothing_is_deleted_while_somebody_writes_to_the_trail(
    filled: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = open_trail_writer(filled, new_id=lambda: "n" * 26, now=lambda: f"{today()}T00:00:00Z")
    try:
        assert prune(filled) == 4
    finally:
        writer.close()

    assert "another process writes to this trail; stop it first" in capsys.readouterr().err
    assert days(filled) == [OLD_DAY, today()]
    assert "prune" not in [entry["type"] for entry in read_trail(filled.trail)]


def test_what_could_not_be_deleted_ends_with_4_and_is_named(filled: Home, capsys: pytest.CaptureFixture[str]) -> None:
    left = filled.payloads / OLD_DAY / "somebody-s-directory"
    left.mkdir()
    assert prune(filled) == 4
    assert left.name in capsys.readouterr().err
    left.rmdir()

    assert prune(filled) == 0
    assert days(filled) == [today()]


def test_operator_without_a_name_is_recorded_by_number(filled: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert prune(filled) == 0

    assert list(read_trail(filled.trail))[-1]["by"] == f"uid {os.getuid()}"
