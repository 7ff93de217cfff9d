"""Intents, outcomes and refusals are joined into exchanges without losing, doubling or reordering any."""

from collections.abc import Callable

from beacon_audit.home import Home
from beacon_audit.review.exchanges import Exchange, ExchangeReader, iter_exchanges

type Entry = dict[str, object]
type Recorder = Callable[..., Home]

# DESIGN section 6, `log --json`: stable from the first release.
STABLE_FIELDS = [
    "id",
    "time",
    "source",
    "method",
    "host",
    "path",
    "endpoint",
    "class",
    "action",
    "reason",
    "findings",
    "license",
    "request_bytes",
    "forwarded",
    "status",
    "response_bytes",
    "duration_ms",
    "state",
]


def intent(identity: str, **fields: object) -> Entry:
    return {
        "type": "intent",
        "id": identity,
        "time": "2026-01-01T10:00:00.000Z",
        "source": "10.0.1.5:40000",
        "source_name": "platform-backend",
        "method": "POST",
        "host": "beacon.langchain.com",
        "path": "/v1/beacon/verify",
        "endpoint": "license-verify",
        "class": "billing",
        "action": "allowed",
        "reason": "documented",
        "reason_code": "documented",
        "alert": False,
        "findings": [],
        "findings_total": 0,
        "license": "license:ab12:0123456789abcdef",
        "request_bytes": 78,
        "payload": None,
        "policy": "sha256:00",
        "contract": "langsmith-beacon/2025-10",
        **fields,
    }


def refusal(identity: str, **fields: object) -> Entry:
    return intent(identity, type="refusal", action="refused", alert=True, status=403, **fields)


def outcome(identity: str, **fields: object) -> Entry:
    return {
        "type": "outcome",
        "id": identity,
        "time": "2026-01-01T10:00:01.000Z",
        "state": "sent",
        "reason": "answered 200",
        "status": 200,
        "response_bytes": 41,
        "duration_ms": 17,
        "findings": [],
        "findings_total": 0,
        "payload": None,
        **fields,
    }


def only(home: Home) -> Exchange:
    (exchange,) = iter_exchanges(home)
    return exchange


def test_trail_that_was_never_written_holds_no_exchange(home: Home) -> None:
    assert list(iter_exchanges(home)) == []


def test_machine_output_begins_with_the_stable_fields_in_their_order(record: Recorder) -> None:
    document = only(record([intent("a"), outcome("a")])).to_json()
    assert list(document)[: len(STABLE_FIELDS)] == STABLE_FIELDS
    assert {"source_name", "reason_code", "alert"} <= document.keys()


def test_intent_and_outcome_become_one_exchange(record: Recorder) -> None:
    document = only(record([intent("a"), outcome("a")])).to_json()
    assert document["state"] == "sent"
    assert document["forwarded"] is True
    assert (document["status"], document["response_bytes"], document["duration_ms"]) == (200, 41, 17)
    assert document["reason"] == "documented"


def test_refusal_was_not_forwarded_and_keeps_the_status_the_client_got(record: Recorder) -> None:
    document = only(record([refusal("a")])).to_json()
    assert (document["action"], document["state"], document["forwarded"]) == ("refused", "not_sent", False)
    assert document["status"] == 403
    assert document["response_bytes"] is None


def test_intent_that_was_never_sent_is_not_forwarded(record: Recorder) -> None:
    late = outcome("a", state="not_sent", status=None, response_bytes=None, reason="too late")
    document = only(record([intent("a"), late])).to_json()
    assert (document["state"], document["forwarded"], document["status"]) == ("not_sent", False, None)
    assert document["outcome_reason"] == "too late"


def test_nobody_claims_to_know_whether_an_exchange_without_outcome_left(record: Recorder) -> None:
    document = only(record([intent("a")])).to_json()
    assert (document["state"], document["forwarded"]) == ("unknown", None)


def test_refused_handshake_shows_what_is_known_of_it(record: Recorder) -> None:
    unknown = {"method": None, "path": None, "endpoint": None, "class": None, "license": None, "request_bytes": 0}
    document = only(record([refusal("a", host="evil.example", **unknown)])).to_json()
    assert document["host"] == "evil.example"
    assert document["method"] is None
    assert list(document)[: len(STABLE_FIELDS)] == STABLE_FIELDS


def test_entries_of_the_proxy_itself_are_no_exchanges(record: Recorder) -> None:
    opened = {"type": "open", "id": "o", "time": "2026-01-01T09:00:00.000Z"}
    closed = {"type": "close", "id": "c", "time": "2026-01-01T11:00:00.000Z", "reason": "SIGTERM"}
    assert list(iter_exchanges(record([opened, closed]))) == []


def test_findings_of_the_response_are_told_apart_from_those_of_the_request(record: Recorder) -> None:
    in_request = {"basis": "wire", "code": "wire.bom", "pointer": "", "message": "m", "disposition": "block"}
    in_response = {**in_request, "code": "contract.undocumented-field", "basis": "contract"}
    exchange = only(record([intent("a", findings=[in_request]), outcome("a", findings=[in_response])]))
    assert exchange.to_json()["findings"] == [in_request]
    assert exchange.to_json()["response_findings"] == [in_response]
    assert exchange.finding_codes == {"wire.bom", "contract.undocumented-field"}


def test_id_that_comes_twice_hides_no_exchange(record: Recorder) -> None:
    home = record([intent("a"), intent("a"), outcome("a")])
    assert [exchange.state for exchange in iter_exchanges(home)] == ["unknown", "sent"]


def test_reader_gives_an_exchange_once_and_only_when_it_has_ended(record: Recorder) -> None:
    # The second opening of the trail records what it found unfinished, as after a crash.
    home = record([intent("a"), refusal("b")])
    reader = ExchangeReader(home)
    assert [exchange.text("id") for exchange in reader.poll()] == ["b"]
    assert [exchange.text("id") for exchange in reader.unfinished()] == ["a"]
    record([refusal("c")])
    later = list(reader.poll())
    assert [(exchange.text("id"), exchange.state) for exchange in later] == [("a", "unknown"), ("c", "not_sent")]
    assert reader.unfinished() == ()
    assert list(reader.poll()) == []
