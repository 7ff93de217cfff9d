"""What usage-ingest may carry: identifiers, counts, times and two words."""

from collections.abc import Callable
from typing import Any

import pytest

type Places = Callable[[str, Callable[[Any], object]], set[str]]

ROW = "/trace_transactions/0"
FIELDS = (
    "id", "tenant_id", "session_id", "trace_count", "start_insertion_time", "end_insertion_time",
    "start_interval_time", "end_interval_time", "status", "num_failed_send_attempts", "transaction_type",
    "organization_id",
)  # fmt: skip


def change(field: str, value: object) -> Callable[[Any], object]:
    return lambda body: body["trace_transactions"][0].update({field: value})


@pytest.mark.parametrize("field", FIELDS)
def test_every_documented_field_is_required(places: Places, field: str) -> None:
    found = places("usage-ingest", lambda body: body["trace_transactions"][0].pop(field))
    assert found == {f"missing-field {ROW}/{field}"}


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_may_be_null(places: Places, field: str) -> None:
    assert places("usage-ingest", change(field, None)) == {f"wrong-type {ROW}/{field}"}


def test_undocumented_field_is_found_in_a_row_and_at_the_top(places: Places) -> None:
    assert places("usage-ingest", change("prompt", "x")) == {f"undocumented-field {ROW}/prompt"}
    assert places("usage-ingest", lambda body: body.update(tags={})) == {"undocumented-field /tags"}


def test_every_difference_is_found_not_only_the_first(places: Places) -> None:
    def spoil(body: Any) -> None:
        row = body["trace_transactions"][0]
        row.update(id="x", trace_count="5", extra=1)
        del row["status"]
        body["trace_transactions"].append("row")

    assert places("usage-ingest", spoil) == {
        f"wrong-value {ROW}/id",
        f"wrong-type {ROW}/trace_count",
        f"undocumented-field {ROW}/extra",
        f"missing-field {ROW}/status",
        "wrong-type /trace_transactions/1",
    }


@pytest.mark.parametrize(
    "value",
    [
        "af28dfea-5358-463d-a2dc-37df1da72498\n",
        "AF28DFEA-5358-463D-A2DC-37DF1DA72498",
        "af28dfea5358463da2dc37df1da72498",
        "{af28dfea-5358-463d-a2dc-37df1da72498}",
        "af28dfea-5358-463d-a2dc-37df1da7249g",
        "af28dfea-5358-463d-a2dc-37df1da7249\u0664",
        "alice@example.com",
    ],
)
def test_identifier_that_is_no_lower_case_uuid_is_wrong(places: Places, value: str) -> None:
    assert places("usage-ingest", change("tenant_id", value)) == {f"wrong-value {ROW}/tenant_id"}


@pytest.mark.parametrize("value", ["2025-01-06T10:00:00+00:00", "2025-01-06T10:00:00.123456Z"])
def test_other_forms_of_a_utc_time_are_documented(places: Places, value: str) -> None:
    assert places("usage-ingest", change("end_interval_time", value)) == set()


@pytest.mark.parametrize(
    "value",
    [
        "2025-01-06",
        "2025-01-06 10:00:00Z",
        "2025-02-30T10:00:00Z",
        "2025-01-06T25:00:00Z",
        "2025-01-06T10:00:00",
        "2025-01-06T10:00:00+05:30",
        "2025-01-06T10:00:00Z\n",
        "2025-01-06T10:00:00.1234567890Z",
        "\u0662025-01-06T10:00:00Z",
    ],
)
def test_time_that_is_not_rfc_3339_in_utc_is_wrong(places: Places, value: str) -> None:
    # A time can break the pattern and the format at once: the same finding, once.
    assert places("usage-ingest", change("end_interval_time", value)) == {f"wrong-value {ROW}/end_interval_time"}


@pytest.mark.parametrize("value", [5.0, 1.5, "5", True])
def test_count_that_is_not_written_as_an_integer_has_the_wrong_type(places: Places, value: object) -> None:
    assert places("usage-ingest", change("trace_count", value)) == {f"wrong-type {ROW}/trace_count"}


@pytest.mark.parametrize("value", [-1, 2**63])
def test_count_outside_of_its_range_is_wrong(places: Places, value: int) -> None:
    assert places("usage-ingest", change("trace_count", value)) == {f"wrong-value {ROW}/trace_count"}


@pytest.mark.parametrize("value", ["", "two words", "Completed", "x" * 33, "done\n", "a@b"])
def test_status_is_one_short_word(places: Places, value: str) -> None:
    assert places("usage-ingest", change("status", value)) == {f"wrong-value {ROW}/status"}


def test_empty_batch_is_documented(places: Places) -> None:
    assert places("usage-ingest", lambda body: body["trace_transactions"].clear()) == set()
