"""A batch with a secret anywhere in it stays in, says why, and leaves no trace of the secret in what is written.

Anywhere: in every text and bytes field of every message of OTLP; where parsers do not look (a field that OTLP does not
have, a field in another wire type, the first of two values); in the names and values that only JSON can have. What is
written is searched by an eye that shares no code with redaction (``harness.leak_search``).
"""

import json
import random
from collections.abc import Iterable
from dataclasses import replace

import pytest
from google.protobuf.descriptor import FieldDescriptor

from beacon_audit.contracts import load_contract
from beacon_audit.exchange.judge import judge
from beacon_audit.exchange.record import RecordContext, request_fields, request_payload
from beacon_audit.redaction import SecretRegistry, Tokens
from beacon_audit.wire.otlp_messages import Signal
from harness.client import HOST
from harness.dirty_texts import SECRETS
from harness.leak_search import leaks_in
from harness.messages import request_to
from harness.otlp_messages import REQUESTS
from harness.otlp_positions import MESSAGES, POSITIONS, Position, as_json, as_protobuf, inside, inside_json, name_of
from harness.policies import policy_with
from harness.protobuf_bytes import chunk, fixed64

CONTRACT = load_contract("langsmith-beacon/2026-08")
POLICY = policy_with(strictness="standard")
PROTOBUF = "application/x-protobuf"
JSON = "application/json"

_CHANCE = random.Random(4711)


def _random(alphabet: str, length: int) -> str:
    return "".join(_CHANCE.choice(alphabet) for _ in range(length))


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
LICENSE = "lcl_" + _random(LETTERS, 36)
(TOKEN,) = (text for text in SECRETS if text.startswith("eyJhbGci"))
#: The first is learned from the header of the same request; the others are known by their shape.
PLANTED = {
    "license": LICENSE,
    "langsmith": "lsv2_" + "pt_" + _random("0123456789abcdef", 32) + "_" + _random("0123456789abcdef", 10),
    "jwt": TOKEN,
    "aws": "AKIA" + _random("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
}
CODES = {"promise.license-misplaced", "promise.secret"}


def assert_stays_in(signal: Signal, body: bytes, media_type: str, secret: str, *, tried: object = None) -> None:
    """Refused for the secret, and nothing that is written shows it."""
    context = RecordContext(SecretRegistry(Tokens(bytes(32))), Tokens(bytes(32)), "sha256:0", CONTRACT.name)
    headers = (("host", HOST), ("content-type", media_type), ("x-langchain-license-key", LICENSE))
    request = replace(request_to(f"telemetry-{signal}", body=body), headers=headers)
    judgement = judge(request, (), contract=CONTRACT, policy=POLICY, registry=context.registry)
    blocked = {finding.code for finding, disposition in judgement.decision.dispositions if disposition == "block"}
    assert blocked & CODES, (tried, blocked)
    assert judgement.decision.action == "refused"
    written = {
        "entry": json.dumps(request_fields(context, request, judgement, None), default=str).encode(),
        "payload": json.dumps(request_payload(context, request, judgement)).encode(),
    }
    assert leaks_in(secret, written) == [], tried


def scalars_of(signal: Signal, way: Position) -> Iterable[FieldDescriptor]:
    """The fields of a message that are neither text nor bytes nor messages."""
    descriptor = way[-1].message_type if way else REQUESTS[signal].DESCRIPTOR
    return (
        field
        for field in descriptor.fields
        if not field.is_repeated
        and not field.message_type
        and field.type not in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES)
    )


@pytest.mark.parametrize(("signal", "way"), POSITIONS, ids=name_of)
def test_secret_in_a_text_of_any_message_in_either_encoding(signal: Signal, way: Position) -> None:
    for name, secret in PLANTED.items():
        text = f"failed: {secret}, once"
        assert_stays_in(signal, as_protobuf(way, text), PROTOBUF, secret, tried=(name, "protobuf"))
        assert_stays_in(signal, as_json(way, text), JSON, secret, tried=(name, "json"))


@pytest.mark.parametrize(("signal", "way"), MESSAGES, ids=name_of)
def test_secret_in_what_protobuf_parsers_do_not_show_of_any_message(signal: Signal, way: Position) -> None:
    for name, secret in PLANTED.items():
        hidden = {"unknown field": chunk(1000, secret), "another wire type": fixed64(1000, 1) + chunk(1001, secret)}
        for field in scalars_of(signal, way):
            hidden[field.name] = chunk(field.number, secret)
        for tried, fields in hidden.items():
            assert_stays_in(signal, inside(way, fields), PROTOBUF, secret, tried=(name, tried))


@pytest.mark.parametrize(
    ("signal", "way"), [(signal, way) for signal, way in POSITIONS if not way[-1].is_repeated], ids=name_of
)
def test_secret_in_a_value_that_another_one_hides(signal: Signal, way: Position) -> None:
    for name, secret in PLANTED.items():
        planted, other = chunk(way[-1].number, secret), chunk(way[-1].number, b"shown")
        assert_stays_in(signal, inside(way[:-1], planted + other), PROTOBUF, secret, tried=(name, "first"))
        assert_stays_in(signal, inside(way[:-1], other + planted), PROTOBUF, secret, tried=(name, "last"))
        if len(way) > 1 and not way[-2].is_repeated:  # parsers mix two of the same message
            twice = chunk(way[-2].number, planted) + chunk(way[-2].number, other)
            assert_stays_in(signal, inside(way[:-2], twice), PROTOBUF, secret, tried=(name, "mixed"))


@pytest.mark.parametrize(("signal", "way"), MESSAGES, ids=name_of)
def test_secret_in_names_and_values_that_only_json_can_have(signal: Signal, way: Position) -> None:
    for name, secret in PLANTED.items():
        for tried, members in (
            ("value", {"unknown": secret}),
            ("name", {secret: 1}),
            ("below", {"unknown": [{"deep": {secret: [secret]}}]}),
            ("alias", {"schema_url": secret, "trace_state": secret}),
        ):
            assert_stays_in(signal, inside_json(way, members), JSON, secret, tried=(name, tried))


def test_what_is_written_of_a_clean_batch_shows_what_is_in_it() -> None:
    """The contrast: the search would find a text that is not a secret."""
    way = next(way for signal, way in POSITIONS if signal == "traces" and name_of(way).endswith("spans.name"))
    request = request_to("telemetry-traces", body=as_json(way, "receive_request"))
    context = RecordContext(SecretRegistry(Tokens(bytes(32))), Tokens(bytes(32)), "sha256:0", CONTRACT.name)
    judgement = judge(request, (), contract=CONTRACT, policy=POLICY, registry=context.registry)
    written = json.dumps(request_payload(context, request, judgement)).encode()
    assert leaks_in("receive_request", {"payload": written}) == ["payload"]
