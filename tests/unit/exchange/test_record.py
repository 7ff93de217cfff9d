"""What is written of an exchange is bounded, printable, and free of secrets and of what nobody documented."""

import json
from typing import Any

import pytest

from beacon_audit.contracts import load_contract
from beacon_audit.exchange import record
from beacon_audit.exchange.judge import judge
from beacon_audit.exchange.secrets import public_words
from beacon_audit.inspection import nothing_approved
from beacon_audit.model import Finding, Outcome, Request
from beacon_audit.redaction import SecretRegistry, Tokens
from beacon_audit.trail import ENTRY_LIMIT
from beacon_audit.trail.entry import encode_entry
from harness.dirty_texts import DIRTY, SECRETS
from harness.policies import policy_with
from harness.violations import LICENSE, PATHS, documented

CONTRACT = load_contract("langsmith-beacon/2026-08")
HOST = "beacon.langchain.com"


@pytest.fixture
def context() -> record.RecordContext:
    tokens = Tokens(b"k" * 32)
    return record.RecordContext(SecretRegistry(tokens), tokens, "sha256:00", CONTRACT.name)


def written(context: record.RecordContext, endpoint: str, body: bytes, **changes: Any) -> tuple[record.Fields, str]:
    """The fields of the entry and the JSON of the payload."""
    fields: dict[str, Any] = {
        "source": "127.0.0.1:5", "method": "POST", "scheme": "https", "host": HOST, "port": 443,
        "target": PATHS[endpoint], "http_version": "HTTP/1.1", "tls": True, "sni": HOST,
        "connect_target": f"{HOST}:443", "host_headers": (HOST,), "authority": None,
        "headers": (("content-type", "application/json"),), "body": body,
    }  # fmt: skip
    approved = changes.pop("approved", nothing_approved)
    request = Request(**{**fields, **changes})
    judgement = judge(
        request, (), contract=CONTRACT, policy=policy_with(), registry=context.registry, approved=approved
    )
    payload = record.request_payload(context, request, judgement)
    return record.request_fields(context, request, judgement, None), json.dumps(payload)


def test_a_documented_body_is_recorded_in_clear_but_for_its_license(context: record.RecordContext) -> None:
    fields, payload = written(context, "usage-ingest", documented("usage-ingest"))
    assert LICENSE not in payload + str(fields)
    assert json.loads(payload)["license"] == fields["license"]
    assert json.loads(payload)["trace_transactions"][0]["trace_count"] == 5


def test_values_that_nobody_documented_are_not_recorded(context: record.RecordContext) -> None:
    document = {**json.loads(documented("usage-ingest")), "note": "the prompt of a user"}
    document["trace_transactions"][0]["status"] = "the prompt of a user"
    document["trace_transactions"][0]["trace_count"] = "the prompt of a user"
    fields, payload = written(context, "usage-ingest", json.dumps(document).encode())
    assert "prompt" not in payload + str(fields)


@pytest.mark.parametrize("key", ["gen_ai.prompt", "enduser.id", "something.new"])
def test_the_value_of_an_attribute_that_nobody_documented_is_not_recorded(
    context: record.RecordContext, key: str
) -> None:
    document = json.loads(documented("telemetry-traces"))
    attribute = {"key": key, "value": {"stringValue": "the prompt of a user"}}
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["events"][0]["attributes"].append(attribute)
    _, payload = written(context, "telemetry-traces", json.dumps(document).encode())
    assert key in payload
    assert "prompt of" not in payload


def test_approval_of_a_name_changes_nothing_in_what_is_recorded(context: record.RecordContext) -> None:
    document = json.loads(documented("telemetry-traces"))
    span = document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span["name"] = "tell me about my illness"
    span["events"][0]["name"] = "new_event"
    attributes = {"tenant.plan": "gold", "user.id": "alice", "gen_ai.prompt": "again"}
    span["events"][0]["attributes"] += [
        {"key": key, "value": {"stringValue": value}} for key, value in attributes.items()
    ]
    body = json.dumps(document).encode()
    before, after = (
        written(context, "telemetry-traces", body, approved=approved)
        for approved in (lambda _role, _name: False, lambda _role, _name: True)
    )
    assert after[1] == before[1]
    assert "tenant.plan" in after[1]
    assert "gold" not in after[1]
    codes = [{finding["code"] for finding in fields["findings"]} for fields, _ in (before, after)]  # type: ignore[attr-defined]
    assert {code for code in codes[0] if code.startswith("contract.new-")} == {
        "contract.new-attribute-key", "contract.new-event-name", "contract.new-span-name",
    }  # fmt: skip
    assert codes[1] == {code for code in codes[0] if not code.startswith("contract.new-")} | {"contract.approved-name"}
    assert after[0]["action"] == before[0]["action"] == "refused"


def test_a_span_name_that_is_a_sentence_is_not_recorded(context: record.RecordContext) -> None:
    document = json.loads(documented("telemetry-traces"))
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["name"] = "tell me about my illness"
    _, payload = written(context, "telemetry-traces", json.dumps(document).encode())
    assert "illness" not in payload


def test_a_body_that_is_no_document_is_recorded_as_size_and_token(context: record.RecordContext) -> None:
    _, payload = written(context, "license-verify", b'{"license": "lcl_not_closed_1234567890"')
    assert json.loads(payload)["unparsed"]["bytes"] == 39
    assert "lcl_" not in payload


def test_an_entry_fits_a_bundle_whatever_the_sender_does(context: record.RecordContext) -> None:
    document: dict[str, object] = {"license": LICENSE, "trace_transactions": []}
    document |= {f"{number:04d}" + "\U0001f980" * 55: 1 for number in range(500)}
    fields, _ = written(
        context,
        "usage-ingest",
        json.dumps(document).encode(),
        method="P" * 70000,
        target="/" + "\u20ac" * 70000,
        host="h" * 70000,
    )
    entry = encode_entry({**fields, "type": "refusal", "id": "x", "time": "t"}, 0)
    assert len(entry) <= ENTRY_LIMIT


def test_texts_of_an_entry_are_scrubbed_before_they_are_cut(context: record.RecordContext) -> None:
    context.registry.learn(LICENSE)
    text = context.text("x" * (record.MAX_TEXT - 10) + LICENSE)
    assert LICENSE[:9] not in text
    assert len(text) <= record.MAX_TEXT


def test_control_characters_do_not_reach_an_entry(context: record.RecordContext) -> None:
    fields = record.unparsed_fields(
        context, source="s", method="GET", host="a\x1b[2Jb", path="/\r\n", code="wire.http-head", reason="r"
    )  # fmt: skip
    assert str(fields["host"]).isprintable()
    assert str(fields["path"]).isprintable()
    assert context.text("a\x1b[2Jb\r\n\u202e") == "a\ufffd[2Jb\ufffd\ufffd\ufffd"


def test_blocking_findings_come_first_and_the_total_is_told(context: record.RecordContext) -> None:
    outcome = Outcome("sent", "answered 200", findings=(Finding("contract.wrong-type", "/a", "m"),) * 60)
    fields = record.outcome_fields(context, outcome)
    assert fields["findings_total"] == 60
    assert isinstance(fields["findings"], list)
    assert len(fields["findings"]) == record.MAX_FINDINGS

    document = json.loads(documented("telemetry-traces"))
    (scope,) = document["resourceSpans"][0]["scopeSpans"]
    scope["spans"] = [{**scope["spans"][0], "kind": 2} for _ in range(60)]  # each is a note
    scope["spans"][-1]["status"] = {"message": SECRETS[0]}
    fields, _ = written(context, "telemetry-traces", json.dumps(document).encode())
    assert isinstance(fields["findings"], list)
    assert len(fields["findings"]) == record.MAX_FINDINGS
    assert fields["findings"][0]["code"] == "promise.secret"
    assert {finding["disposition"] for finding in fields["findings"]} == {"block", "note"}


def test_a_client_cannot_hide_where_requests_went_by_sending_that_as_its_license(
    context: record.RecordContext,
) -> None:
    path = PATHS["license-verify"]
    context.registry.never(public_words(CONTRACT))
    for word in (HOST, path, path.upper(), f"{HOST}:443", "/v1/beacon", "application/json", "observed", "documented"):
        context.registry.learn(word)
    fields, _ = written(context, "license-verify", documented("license-verify"))
    assert (fields["host"], fields["path"], fields["endpoint"]) == (HOST, path, "license-verify")
    assert (fields["action"], fields["reason_code"]) == ("allowed", "documented")


@pytest.mark.parametrize("target", ["/v1/beacon/verify", "/v1/beacon/lcl_number_8", "/lcl_number_8?lcl_number_8"])
def test_secret_that_could_not_be_learned_is_not_written(context: record.RecordContext, target: str) -> None:
    headers = [("x-langchain-license-key", f"lcl_number_{number}") for number in range(9)]
    body = b'{"license": "lcl_number_7", "lcl_number_8": "lcl_number_8"}'
    fields, payload = written(context, "license-verify", body, headers=headers, target=target)
    assert fields["reason_code"] == "containment.too-many-secrets"
    assert "lcl_number_8" not in str(fields) + payload
    # In a documented place nothing but the search for it would hide it, and that does not know it.
    document = json.loads(documented("usage-ingest"))
    document["trace_transactions"][0]["transaction_type"] = "lcl_number_8"
    headers.append(("content-type", "application/json"))
    fields, payload = written(context, "usage-ingest", json.dumps(document).encode(), headers=headers)
    assert fields["reason_code"] == "containment.too-many-secrets"
    assert "lcl_number_8" not in str(fields) + payload


def spans_with(context: record.RecordContext, **members: Any) -> tuple[record.Fields, str]:
    """What is written of a documented batch of spans with other members in its first span."""
    document = json.loads(documented("telemetry-traces"))
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][0] |= members
    return written(context, "telemetry-traces", json.dumps(document).encode())


@pytest.mark.parametrize("text", [text for texts in DIRTY.values() for text in texts])
def test_what_breaks_a_promise_is_not_recorded_wherever_it_stands(context: record.RecordContext, text: str) -> None:
    encoded = json.dumps(text)[1:-1]
    for members in (
        {"status": {"message": text, "code": 2}},
        {"name": text},
        {"attributes": [{"key": "env", "value": {"stringValue": text}}]},
        {"attributes": [{"key": text, "value": {"stringValue": "x"}}]},
        {text: {"deep": text}},
        {"traceState": text},
    ):
        fields, payload = spans_with(context, **members)
        assert fields["findings"]
        assert encoded not in payload, members.keys()
        assert encoded not in json.dumps(fields), members.keys()


def test_other_values_of_the_document_are_still_recorded(context: record.RecordContext) -> None:
    _, payload = spans_with(context, status={"message": "alice@example.com", "code": 2})
    assert "alice" not in payload
    assert "receive_request" in payload
    assert '"code": 2' in payload


@pytest.mark.parametrize("secret", SECRETS)
def test_secret_in_a_log_record_is_not_recorded(context: record.RecordContext, secret: str) -> None:
    document = json.loads(documented("telemetry-logs"))
    records = document["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    records[0]["body"] = {"stringValue": f"failed with {secret} in it"}
    records[1]["attributes"] = [{"key": "component", "value": {"stringValue": secret}}]
    fields, payload = written(context, "telemetry-logs", json.dumps(document).encode())
    assert fields["reason_code"] == "promise.secret"
    assert json.dumps(secret)[1:-1] not in payload + json.dumps(fields)


@pytest.mark.parametrize("secret", SECRETS)
def test_secret_in_the_target_or_a_header_is_found_and_not_recorded(context: record.RecordContext, secret: str) -> None:
    if not secret.isprintable() or " " in secret:
        return
    body = documented("telemetry-traces")
    for changes in (
        {"target": f"/x/{secret}?{secret}"},
        {"headers": (("content-type", "application/json"), ("x-a", secret))},
    ):
        fields, _ = written(context, "telemetry-traces", body, **changes)
        assert secret not in json.dumps(fields)
        assert isinstance(fields["findings"], list)
        assert "promise.secret" in {finding["code"] for finding in fields["findings"]}


UNKNOWN = "lcl_7f3a52c9e1d04b6897ab"


def an_event_with(*keys: str) -> dict[str, Any]:
    """A span's events: one, as documented, with attributes of these keys."""
    attributes = [{"key": key, "value": {"stringValue": "a prompt"}} for key in keys]
    return {"events": [{"timeUnixNano": "1581452773000000123", "name": "parse_request", "attributes": attributes}]}


def test_names_that_could_be_a_key_are_not_recorded(context: record.RecordContext) -> None:
    for members in (
        {UNKNOWN: 1},
        {UNKNOWN: {"a": {UNKNOWN: UNKNOWN}}},
        {"events": [{"timeUnixNano": "1", "name": UNKNOWN, "attributes": []}]},
        {"name": UNKNOWN},
        an_event_with(UNKNOWN),
        an_event_with(f"http.request.header.{UNKNOWN}"),
        an_event_with(f"k8s.{UNKNOWN}"),
    ):
        fields, payload = spans_with(context, **members)
        assert fields["findings"], members
        assert UNKNOWN not in payload + json.dumps(fields), members


def test_a_member_whose_name_is_not_shown_leaves_its_neighbours_in_clear(context: record.RecordContext) -> None:
    fields, payload = spans_with(context, **{UNKNOWN: "a prompt"})
    assert "receive_request" in payload
    assert context.tokens.token("name", UNKNOWN) in payload
    assert "a prompt" not in payload
    assert isinstance(fields["findings"], list)
    assert fields["findings"][0]["pointer"] == "/resourceSpans/0/scopeSpans/0/spans/0"


def test_two_names_that_are_not_shown_are_told_apart(context: record.RecordContext) -> None:
    _, one = spans_with(context, name=UNKNOWN)
    _, other = spans_with(context, name=UNKNOWN[::-1])
    assert one != other


@pytest.mark.parametrize("key", ["k8s.pod.name", "something.new", "active_pats_30d"])
def test_plain_names_are_recorded(context: record.RecordContext, key: str) -> None:
    fields, payload = spans_with(context, **{key: 1}, **an_event_with(key))
    assert payload.count(key) == 2
    assert f"/{key}" in json.dumps(fields)


def test_of_where_a_request_went_plain_words_are_recorded(context: record.RecordContext) -> None:
    fields, _ = written(
        context, "license-verify", b"{}", target="/v1/beacon/backup", method="PUT", host="api.other.com"
    )
    assert (fields["method"], fields["host"], fields["path"]) == ("PUT", "api.other.com", "/v1/beacon/backup")
    changes = {"target": f"/v1/{UNKNOWN}/x?a", "method": UNKNOWN, "host": f"{UNKNOWN}.example"}
    fields, payload = written(context, "license-verify", b"{}", **changes)
    token = context.tokens.token("name", UNKNOWN)
    assert (fields["method"], fields["host"], fields["path"]) == (token, f"{token}.example", f"/v1/{token}/x")
    assert UNKNOWN not in payload + json.dumps(fields)


def test_documented_host_is_recorded_whatever_it_is(context: record.RecordContext) -> None:
    odd = "b3c0n-4f9a1c77d02e.example"
    known = record.RecordContext(context.registry, context.tokens, context.policy, context.contract, {odd})
    for each, host in ((context, f"{context.tokens.token('name', 'b3c0n-4f9a1c77d02e')}.example"), (known, odd)):
        fields, _ = written(each, "license-verify", b"{}", host=odd)
        assert fields["host"] == host


def test_what_never_became_a_request_names_nothing_but_plain_words(context: record.RecordContext) -> None:
    fields = record.unparsed_fields(
        context, source="s", method=UNKNOWN, host=f"{UNKNOWN}:443", path=f"/{UNKNOWN}", code="wire.http-head", reason=""
    )  # fmt: skip
    assert UNKNOWN not in json.dumps(fields)
    assert str(fields["host"]).endswith(":443")


def test_so_many_new_keys_that_they_are_not_listed_are_all_hidden(context: record.RecordContext) -> None:
    _, payload = spans_with(context, **an_event_with(*(f"new.key.{number}" for number in range(10_001))))
    assert "a prompt" not in payload
