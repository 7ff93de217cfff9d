"""Every way in which what was seen can differ from what must happen is named."""

from dataclasses import replace

import pytest

from beacon_audit.demo.client import Answer, Message
from beacon_audit.demo.observation import Observation, is_complete
from beacon_audit.demo.received import ReceivedRequest
from beacon_audit.demo.traffic import Expectation, Scenario

INTENT = {"type": "intent", "id": "a" * 26, "action": "allowed", "reason_code": "documented", "reason": "as documented"}
OUTCOME = {"type": "outcome", "id": "a" * 26, "state": "sent", "status": 200}
REFUSAL = {
    "type": "refusal", "id": "b" * 26, "action": "refused", "reason_code": "wire.bom", "reason": "a byte order mark",
}  # fmt: skip
ARRIVED = ReceivedRequest(b"", "POST", "/verify", (), b"{}")
ALLOWED = Observation(
    Scenario("verification", Message("/verify", b"{}"), Expectation("allowed", "documented", 200)),
    Answer(200),
    1,
    (ARRIVED,),
    (INTENT, OUTCOME),
)
REFUSED = Observation(
    Scenario("a mark", Message("/verify", b"{}"), Expectation("refused", "wire.bom", 403)),
    Answer(403),
    0,
    (),
    (REFUSAL,),
)


@pytest.mark.parametrize("observation", [ALLOWED, REFUSED])
def test_what_happened_as_it_must_has_no_differences(observation: Observation) -> None:
    assert observation.differences == ()


def test_refused_request_that_arrives_is_a_difference() -> None:
    assert replace(REFUSED, arrived=(ARRIVED,)).differences == (
        "expected that nothing arrives at Beacon, 1 requests did",
    )


def test_refused_request_that_opens_a_connection_is_a_difference_though_nothing_is_sent() -> None:
    assert replace(REFUSED, connections=1).differences == (
        "expected that no connection to Beacon is opened, it accepted 1",
    )


@pytest.mark.parametrize("arrived", [(), (ARRIVED, ARRIVED)])
def test_allowed_request_must_arrive_exactly_once(arrived: tuple[ReceivedRequest, ...]) -> None:
    assert replace(ALLOWED, arrived=arrived).differences == (f"expected one request at Beacon, {len(arrived)} arrived",)


@pytest.mark.parametrize(
    "altered", [replace(ARRIVED, body=b"{ }"), replace(ARRIVED, target="/verify?"), replace(ARRIVED, method="post")]
)
def test_allowed_request_must_arrive_as_it_was_sent(altered: ReceivedRequest) -> None:
    assert replace(ALLOWED, arrived=(altered,)).differences == ("what arrived at Beacon is not what was sent",)


def test_status_that_the_client_did_not_expect_is_a_difference() -> None:
    assert replace(REFUSED, answer=Answer(502)).differences == ("the client expected status 403, got 502",)
    cut_off = replace(REFUSED, answer=Answer(None, "ConnectionResetError: reset"))
    assert cut_off.differences == ("the client expected status 403, got ConnectionResetError: reset",)


def test_decision_without_a_record_is_a_difference() -> None:
    silent = replace(REFUSED, entries=())
    assert silent.differences == ("expected one recorded decision, found 0",)
    assert (silent.record_id, silent.action, silent.reason) == (None, "unrecorded", "there is no record of it")


def test_another_action_or_another_reason_is_a_difference() -> None:
    assert replace(REFUSED, entries=({**REFUSAL, "action": "observed"},)).differences == (
        "expected it refused, it was observed",
    )
    assert replace(REFUSED, entries=({**REFUSAL, "reason_code": "wire.charset"},)).differences == (
        "expected wire.bom, found wire.charset",
    )


@pytest.mark.parametrize("entries", [(INTENT,), (INTENT, {**OUTCOME, "state": "unknown"})])
def test_allowed_request_needs_a_recorded_outcome(entries: tuple[dict[str, object], ...]) -> None:
    assert replace(ALLOWED, entries=entries).differences == ("expected one recorded outcome with state sent",)


def test_story_is_complete_with_a_refusal_or_an_outcome() -> None:
    assert is_complete((REFUSAL,))
    assert is_complete((INTENT, OUTCOME))
    assert not is_complete((INTENT,))
    assert not is_complete(())
