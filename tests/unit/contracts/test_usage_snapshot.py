"""What usage-snapshot may carry."""

from collections.abc import Callable
from typing import Any

import pytest

from beacon_audit.contracts import Contract

type Places = Callable[[str, Callable[[Any], object]], set[str]]

MEASURES = {
    "workspaces", "users", "projects", "experiments", "datasets", "evaluators", "run_rules", "annotation_queues",
    "prompts", "prompt_commits", "prompt_pulls", "active_pats_30d",
}  # fmt: skip


@pytest.fixture
def edition() -> str:
    return "langsmith-beacon/2026-08"


def test_sample_has_the_twelve_documented_measures(sample: Callable[[str], Any]) -> None:
    assert sample("usage-snapshot.request")["measures"].keys() == MEASURES


@pytest.mark.parametrize("field", ["license_key", "from_timestamp", "to_timestamp", "measures"])
def test_every_field_is_required(places: Places, field: str) -> None:
    assert places("usage-snapshot", lambda body: body.pop(field)) == {f"missing-field /{field}"}


@pytest.mark.parametrize("field", ["license", "tags", "logs", "hostname"])
def test_other_fields_are_undocumented(places: Places, field: str) -> None:
    assert places("usage-snapshot", lambda body: body.update({field: "x"})) == {f"undocumented-field /{field}"}


def test_measure_that_the_page_does_not_show_is_undocumented(places: Places) -> None:
    found = places("usage-snapshot", lambda body: body["measures"].update(traces_of_alice=1))
    assert found == {"undocumented-field /measures/traces_of_alice"}


def test_installation_may_have_fewer_measures(places: Places) -> None:
    assert places("usage-snapshot", lambda body: body["measures"].pop("prompts")) == set()
    assert places("usage-snapshot", lambda body: body["measures"].clear()) == set()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("12", "wrong-type"), (12.0, "wrong-type"), (1.5, "wrong-type"), (None, "wrong-type"), ([1], "wrong-type"),
        (True, "wrong-type"), (-1, "wrong-value"), (2**63, "wrong-value"),
    ],
)  # fmt: skip
def test_measure_is_a_count(places: Places, value: object, code: str) -> None:
    assert places("usage-snapshot", lambda body: body["measures"].update(users=value)) == {f"{code} /measures/users"}


@pytest.mark.parametrize("value", ["2026-03-25T02:00:00+00:00", "2026-03-25T02:00:00.123456+00:00"])
def test_time_is_written_with_its_offset(places: Places, value: str) -> None:
    assert places("usage-snapshot", lambda body: body.update(to_timestamp=value)) == set()


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-25T02:00:00Z", "2026-03-25T02:00:00+01:00", "2026-03-25 02:00:00+00:00", "2026-02-30T02:00:00+00:00",
        "2026-03-25", "", "what did alice ask?", "2026-03-25T02:00:00+00:00\n",
    ],
)  # fmt: skip
def test_time_in_another_form_is_a_wrong_value(places: Places, value: str) -> None:
    found = places("usage-snapshot", lambda body: body.update(from_timestamp=value))
    assert found == {"wrong-value /from_timestamp"}


def test_answer_is_204_without_a_body(contract: Contract) -> None:
    endpoint = contract.endpoint("usage-snapshot")
    assert endpoint is not None
    assert contract.response_findings(endpoint, 204, None) == ()
    (finding,) = contract.response_findings(endpoint, 204, {"token": "x"})
    assert (finding.code, finding.pointer) == ("contract.undocumented-field", "/token")
    (finding,) = contract.response_findings(endpoint, 200, None)
    assert finding.code == "contract.response-undocumented-status"


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_error_is_a_map_of_texts(contract: Contract, status: int) -> None:
    endpoint = contract.endpoint("usage-snapshot")
    assert endpoint is not None
    assert contract.response_findings(endpoint, status, {"error": "the license has expired"}) == ()
    wrong: tuple[Any, ...] = ({"error": 1}, {"error": "x" * 1025}, {"a b": "x"}, ["x"], {"error": {"code": "x"}})
    for document in wrong:
        assert contract.response_findings(endpoint, status, document) != ()
