"""The scenarios as data: enough of them, and each with something to show."""

from beacon_audit.contracts import load_contract
from beacon_audit.demo.payloads import EDITION, Payloads
from beacon_audit.demo.traffic import Scenario, phases

PHASES = phases(Payloads("lcl_demo_made_up_key"))
SCENARIOS = tuple(scenario for phase in PHASES for scenario in phase.scenarios)


def _refused() -> list[Scenario]:
    return [scenario for scenario in SCENARIOS if scenario.expected.action == "refused"]


def test_every_documented_endpoint_and_no_other_is_shown_to_be_allowed() -> None:
    allowed = {scenario.message.path for scenario in SCENARIOS if scenario.expected.action == "allowed"}
    endpoints = load_contract(EDITION).endpoints
    assert allowed == {endpoint.path for endpoint in endpoints if endpoint.status == "documented"}


def test_at_least_eight_requests_are_refused_for_different_reasons() -> None:
    assert len({scenario.expected.code for scenario in _refused()}) >= 8


def test_every_kind_of_ground_to_refuse_is_shown() -> None:
    grounds = {scenario.expected.code.partition(".")[0] for scenario in _refused()}
    assert grounds == {"wire", "contract", "promise", "containment", "policy"}


def test_refused_telemetry_gets_a_status_that_exporters_do_not_retry() -> None:
    telemetry = [scenario for scenario in _refused() if "/v1/beacon/v1/" in (scenario.message.path or "")]
    assert telemetry
    assert {scenario.expected.status for scenario in telemetry} == {400}


def test_titles_tell_scenarios_apart() -> None:
    titles = [scenario.title for scenario in SCENARIOS]
    assert len(titles) == len(set(titles))


def test_offline_allows_nothing() -> None:
    offline = PHASES[-1]
    assert offline.settings["mode"] == "offline"
    assert {scenario.expected.action for scenario in offline.scenarios} == {"refused"}
