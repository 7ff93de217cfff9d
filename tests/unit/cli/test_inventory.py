"""``inventory`` lists what was carried, says when it cannot list all of it, and approves what is new, on the record."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from beacon_audit.cli import main
from beacon_audit.home import Home, open_trail_writer
from beacon_audit.redaction import Tokens, hidden_token
from beacon_audit.review.inventory import census
from beacon_audit.trail import build_payload, read_trail

type Record = Callable[..., None]

SECRET = "lsv2_pt_" + "0a" * 16 + "_" + "0a" * 5
ESCAPE = "\x1b[2J\u202e"
CONTRACT = "langsmith-beacon/2026-08"


def metrics(*attributes: tuple[str, str], name: object = "langsmith_http_requests_failed") -> dict[str, Any]:
    pairs = [{"key": key, "value": {"stringValue": value}} for key, value in attributes]
    metric = {"name": name, "sum": {"dataPoints": [{"attributes": pairs, "asInt": 1}]}}
    return {"resourceMetrics": [{"scopeMetrics": [{"scope": {"name": "langsmith.metrics"}, "metrics": [metric]}]}]}


@pytest.fixture
def record(home: Home) -> Record:
    """Appends exchanges with these bodies (``None``: not recorded) to the trail, one a day from 2026-01-01 on."""
    days = iter(range(1, 28))

    def write(
        bodies: Iterable[object],
        *,
        endpoint: str = "telemetry-metrics",
        refused: bool = False,
        contract: str = CONTRACT,
        answer: object = None,
    ) -> None:
        writer = open_trail_writer(home, new_id=lambda: "n" * 26, now=lambda: "2026-01-01T00:00:00Z")
        for body in bodies:
            day = f"2026-01-{next(days):02d}"
            identity = os.urandom(13).hex()
            time = f"{day}T10:00:00.000Z"

            def payload(document: object, part: str, day: str = day, identity: str = identity) -> Any:
                if document is None:
                    return None
                return build_payload(document, b"s" * 32, name=f"{identity}{part}.json.zst", date=day)

            request, response = payload(body, ""), payload(answer, ".response")
            fields: Mapping[str, object] = {
                "type": "refusal" if refused else "intent", "id": identity, "time": time, "endpoint": endpoint,
                "contract": contract, "action": "refused" if refused else "allowed", "request_bytes": 10,
                "payload": request and request.reference,
            }  # fmt: skip
            writer.submit(fields, request).result(10)
            if not refused:
                ended = {"type": "outcome", "id": identity, "time": time, "state": "sent", "response_bytes": 0}
                writer.submit({**ended, "payload": response and response.reference}, response).result(10)
        writer.close()

    return write


@pytest.fixture
def listed(home: Home, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Exit status and JSON answer."""

    def run(*arguments: str) -> tuple[int, dict[str, Any]]:
        capsys.readouterr()
        status = main(["inventory", "--home", str(home.path), "--json", *arguments])
        return status, json.loads(capsys.readouterr().out or "{}")

    return run


@pytest.fixture
def items(listed: Any) -> Callable[..., dict[tuple[str, str], dict[str, Any]]]:
    def run(*arguments: str) -> dict[tuple[str, str], dict[str, Any]]:
        _, answer = listed(*arguments)
        return {(each["kind"], each["name"]): each for each in answer["items"]}

    return run


def approve(home: Home, *names: str, by: str = "R. Viewer", reason: str = "release 0.12") -> int:
    return main(["inventory", "approve", "--home", str(home.path), "--by", by, "--reason", reason, *names])


def approvals(home: Home) -> list[dict[str, object]]:
    return [entry for entry in read_trail(home.trail) if entry["type"] == "approval"]


def test_thing_is_listed_with_where_when_how_often_and_how_many_values(record: Record, items: Any) -> None:
    record([metrics(("tenant.plan", "a")), metrics(("tenant.plan", "b"), ("tenant.plan", "b"))])
    record([metrics(("tenant.plan", "c"))], endpoint="telemetry-traces", refused=True)
    assert items()["attribute-key", "tenant.plan"] == {
        "kind": "attribute-key",
        "name": "tenant.plan",
        "status": "new",
        "approval": None,
        "hidden": False,
        "endpoints": ["telemetry-metrics", "telemetry-traces"],
        "first_seen": "2026-01-01T10:00:00.000Z",
        "last_seen": "2026-01-03T10:00:00.000Z",
        "count": 4,
        "exchanges": 3,
        "refused": 1,
        "cardinality": 3,
        "cardinality_exact": True,
        "example": "a",
    }


def test_documented_standard_and_unknown_names_are_told_apart(record: Record, items: Any) -> None:
    record([metrics(("method", "POST"), ("telemetry.sdk.name", "x"), ("tenant.plan", "y"))])
    record([metrics(("only.elsewhere", "z"))], contract="own/1")
    found = {name: each["status"] for (kind, name), each in items().items() if kind == "attribute-key"}
    assert found == {
        "method": "documented", "telemetry.sdk.name": "standard", "tenant.plan": "new", "only.elsewhere": "unknown",
    }  # fmt: skip
    assert items()["field-path", "/resourceMetrics/*/scopeMetrics/*/metrics/*/name"]["status"] is None


def test_answers_are_listed_apart(record: Record, items: Any) -> None:
    record([{"license": "license:ab12:0000000000000000"}], endpoint="license-verify", answer={"token": "token:ab12:1"})
    assert {key for key in items() if "field" in key[0]} == {("field-path", "/license"), ("response-field", "/token")}


def test_only_the_kind_that_was_asked_for_is_listed(record: Record, items: Any, home: Home) -> None:
    record([metrics(("tenant.plan", "a"))])
    assert {kind for kind, _ in items("--kind", "attribute-key", "--kind", "scope-name")} == {
        "attribute-key",
        "scope-name",
    }
    assert main(["inventory", "--home", str(home.path), "--kind", "everything"]) == 4


@pytest.mark.parametrize(
    ("missing", "said"),
    [("none", "1 bodies were not recorded (recording.payloads: none)"), ("deleted", "2 bodies were deleted")],
)
def test_missing_bodies_make_it_partial_and_it_says_so(
    record: Record, home: Home, listed: Any, capsys: pytest.CaptureFixture[str], missing: str, said: str
) -> None:
    record([metrics(), None if missing == "none" else metrics(("tenant.plan", "a"))])
    if missing == "deleted":
        words = ["prune", "--home", str(home.path), "--before", "2026-01-03", "--reason", "asked to"]
        record([metrics()])
        assert main(words) == 0
    status, answer = listed()
    assert (status, answer["complete"]) == (2, False)
    assert answer["gaps"][0].startswith(said)
    assert answer["items"] != []
    assert main(["inventory", "--home", str(home.path)]) == 2
    assert "PARTIAL" in capsys.readouterr().out.splitlines()[0]


def test_body_that_was_altered_is_not_listed_and_named_as_such(record: Record, home: Home, listed: Any) -> None:
    record([metrics(("tenant.plan", "a"))])
    other = build_payload(metrics(("planted", "x")), b"s" * 32, name="x", date="2026-01-01")
    (path,) = home.payloads.glob("20*/*.zst")
    import zstandard

    path.write_bytes(zstandard.ZstdCompressor().compress(other.content))
    status, answer = listed()
    assert (status, answer["items"]) == (2, [])
    assert "not what the trail committed to" in answer["gaps"][0]


def test_body_that_was_no_document_is_counted_and_makes_nothing_partial(
    record: Record, listed: Any, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    record([{"unparsed": {"bytes": 5, "token": "body:ab12:0"}}], refused=True)
    status, answer = listed()
    assert (status, answer["bodies"], answer["items"]) == (0, {"unparsed": 1}, [])
    assert main(["inventory", "--home", str(home.path)]) == 0
    assert "1 bodies were no documents" in capsys.readouterr().out


def test_empty_trail_is_an_empty_inventory(listed: Any) -> None:
    assert listed() == (0, {"complete": True, "gaps": [], "exchanges": 0, "bodies": {}, "items": []})


def test_works_without_keys_and_while_somebody_writes(record: Record, home: Home, listed: Any) -> None:
    record([metrics(("tenant.plan", "a"))])
    writer = open_trail_writer(home, new_id=lambda: "n" * 26, now=lambda: "2026-01-01T00:00:00Z")
    try:
        for path in (home.trail_key, home.tokens_key, home.ca_private):
            path.unlink()
        assert listed()[0] == 0
    finally:
        writer.close()


def test_there_is_an_end_to_what_is_listed_and_it_shows(
    record: Record, listed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(census, "MOST_ITEMS", 5)
    record([{f"field{number}": number for number in range(20)}], endpoint="usage-ingest")
    status, answer = listed()
    assert (status, len(answer["items"])) == (2, 5)
    assert "are not listed" in answer["gaps"][0]


def test_nothing_that_is_printed_is_a_secret_or_steers_the_terminal(
    record: Record, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    body = metrics((f"key{ESCAPE}", f"value{ESCAPE}{SECRET}"), (SECRET, "x"), name=f"{ESCAPE}{SECRET}")
    record([{**body, f"field{ESCAPE}{SECRET}": ESCAPE, "body": {"stringValue": f"{ESCAPE} {SECRET}"}}])
    for arguments in ([], ["--json"]):
        assert main(["inventory", "--home", str(home.path), *arguments]) == 0
        out = capsys.readouterr().out
        assert "withheld: it looks like a secret" in out
        assert SECRET not in out
        assert out.replace("\n", "").isprintable()
        assert "\u202e" not in out
        assert "\\u001b" not in out  # in JSON a reader would get it back


def test_page_shows_each_thing_with_its_facts(record: Record, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    record([metrics(*((("tenant.plan", f"v{number}")) for number in range(150)))])
    assert main(["inventory", "--home", str(home.path), "--kind", "attribute-key"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "attribute keys"
    assert lines[1].split() == ["new", "tenant.plan"]
    assert lines[2].strip() == "times: 150, exchanges: 1, values: >=100, in: telemetry-metrics"
    assert lines[3].strip() == "from 2026-01-01T10:00:00.000Z to 2026-01-01T10:00:00.000Z, such as: v0"
    assert lines[4] == "1 things in 1 exchanges, 1 names not approved"


def test_listed_names_are_approved_and_stay_so(
    record: Record, home: Home, items: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    record([metrics(("tenant.plan", "a"), ("tenant.region", "b"), ("method", "POST"))])
    assert approve(home, "tenant.plan", "method") == 0
    out = capsys.readouterr().out
    (entry,) = approvals(home)
    assert out.splitlines()[0] == f"approval {entry['id']} (entry {entry['index']} of the trail)"
    assert "attribute-key:method needs no approval" in out
    assert "1 name approved, in force from the next start of the proxy" in out
    assert (entry["by"], entry["reason"]) == ("R. Viewer", "release 0.12")
    assert entry["names"] == {"attribute-key": ["tenant.plan"]}
    assert items()["attribute-key", "tenant.plan"]["approval"] == entry["id"]
    assert items()["attribute-key", "tenant.region"]["status"] == "new"

    assert approve(home, "tenant.plan") == 0
    assert "nothing to approve" in capsys.readouterr().out
    assert len(approvals(home)) == 1


def test_all_takes_what_is_new_and_can_be_seen(record: Record, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    hidden = {"undocumented": "undocumented:ab12:0123456789abcdef", "type": "str", "bytes": 9}
    record([metrics(("tenant.plan", "a"), ("telemetry.sdk.name", "b"), ("method", "c"), name=hidden)])
    assert approve(home, "--all") == 0
    assert [entry["names"] for entry in approvals(home)] == [{"attribute-key": ["tenant.plan"]}]
    assert "1 new names are recorded as tokens" in capsys.readouterr().out
    assert approve(home, "undocumented:ab12:0123456789abcdef") == 0
    assert approvals(home)[-1]["names"] == {"metric-name": ["undocumented:ab12:0123456789abcdef"]}


def test_key_that_is_no_plain_word_is_approved_as_a_token(record: Record, home: Home, items: Any) -> None:
    record([metrics(("a b", "x"))])
    assert approve(home, "a b") == 0
    assert approvals(home)[0]["names"] == {"attribute-key": [hidden_token(Tokens(home.token_key()), "a b")]}
    assert items()["attribute-key", "a b"]["status"] == "approved"


def test_new_since_takes_the_id_of_an_approval_only(record: Record, home: Home, items: Any, listed: Any) -> None:
    record([metrics(("tenant.plan", "a"))])
    assert approve(home, "span-name:later") == 0
    identity = str(approvals(home)[0]["id"])
    assert items("--new-since", identity) == {}
    record([metrics(("tenant.plan", "a"), ("tenant.region", "b"))])
    assert [name for kind, name in items("--new-since", identity) if kind == "attribute-key"] == ["tenant.region"]
    assert listed("--new-since", "n" * 26)[0] == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "expected names, or --all"),
        (["--all", "x"], "expected names, or --all"),
        (["never.seen"], "to approve a name before it is seen"),
        (["span-name:"], "expected 1 to 256 printable characters"),
        ([f"span-name:{ESCAPE}"], "expected 1 to 256 printable characters"),
        ([f"span-name:{'x' * 257}"], "expected 1 to 256 printable characters"),
        ([f"span-name:{SECRET}"], "has the form of a secret"),
        ([SECRET], "has the form of a secret"),
    ],
)
def test_what_cannot_be_approved_is_said_and_nothing_is_recorded(
    home: Home, record: Record, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    record([metrics(("tenant.plan", "a"))])
    assert approve(home, *arguments) == 4
    error = capsys.readouterr().err
    assert said in error
    assert SECRET not in error
    assert approvals(home) == []


@pytest.mark.parametrize(
    ("by", "reason"),
    [("", "x"), ("x" * 201, "x"), ("a\nb", "x"), ("x", ""), ("x", SECRET), (SECRET, "x"), ("x", ESCAPE)],
)
def test_who_and_why_must_be_said_and_be_fit_to_be_kept(home: Home, by: str, reason: str) -> None:
    assert approve(home, "span-name:x", by=by, reason=reason) == 4
    assert approvals(home) == []


def test_long_list_takes_several_entries_that_verify(
    record: Record, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    record([metrics(*((f"{'word.' * 12}{number:04d}", "v") for number in range(1500)))])
    assert approve(home, "--all", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert len(answer["approvals"]) == len(approvals(home)) == 3
    assert len(answer["names"]) == 1500
    anchor = home.trail / "checkpoint"
    assert main(["verify", "--home", str(home.path), "--anchor", str(anchor)]) in (0, 2)
    out = capsys.readouterr().out
    assert "malformed" not in out


@pytest.mark.parametrize("command", [[], ["approve", "--by", "x", "--reason", "y", "--all"]])
def test_home_that_is_none_is_an_error(tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inventory", *command, "--home", str(tmp_path / "nothing")]) == 4
    assert "no instance here" in capsys.readouterr().err
