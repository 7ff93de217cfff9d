"""All that is done with a body before its record is written, as one call: judge, word the record, redact, encode."""

from dataclasses import replace

from beacon_audit.contracts import load_contract
from beacon_audit.exchange import record
from beacon_audit.exchange.judge import Judgement, judge
from beacon_audit.redaction import SecretRegistry, Tokens
from beacon_audit.trail import build_payload
from harness.messages import request_to
from harness.policies import policy_with
from harness.violations import LICENSE

CONTRACT = load_contract("langsmith-beacon/2026-08")
POLICY = policy_with()
TOKENS = Tokens(b"k" * 32)


def judge_and_record(
    endpoint: str, body: bytes, *, protobuf: bool = False, encodings: tuple[str, ...] = ()
) -> Judgement:
    """The judgement of ``body``. A license is known, so that it is looked for."""
    registry = SecretRegistry(TOKENS)
    registry.learn(LICENSE)
    request = request_to(endpoint)
    media_type = "application/x-protobuf" if protobuf else "application/json"
    headers = [("host", request.host), ("content-type", media_type)]
    headers += [("content-encoding", encoding) for encoding in encodings]
    request = replace(request, headers=tuple(headers), body=body)
    judgement = judge(request, (), contract=CONTRACT, policy=POLICY, registry=registry)
    context = record.RecordContext(registry, TOKENS, "policy", "contract")
    record.request_fields(context, request, judgement, None)
    document = record.request_payload(context, request, judgement)
    build_payload(document, b"\0" * 32, name="a.json.zst", date="2026-01-01")
    return judgement
