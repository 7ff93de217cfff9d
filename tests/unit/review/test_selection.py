"""A selection keeps exactly what was asked for."""

from datetime import UTC, datetime

import pytest

from beacon_audit.review.exchanges import Exchange
from beacon_audit.review.selection import Selection, read_moment

EXCHANGE = Exchange(
    0,
    {
        "type": "intent",
        "id": "a",
        "time": "2026-01-02T10:00:00.000Z",
        "endpoint": "telemetry-metrics",
        "action": "observed",
        "findings": [{"basis": "contract", "code": "contract.undocumented-field", "pointer": "", "message": ""}],
    },
    {"findings": [{"basis": "wire", "code": "wire.bom", "pointer": "", "message": ""}]},
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "selection",
    [
        Selection(),
        Selection(since=at("2026-01-02T10:00:00")),
        Selection(until=at("2026-01-02T10:00:01")),
        Selection(endpoints=frozenset({"license-verify", "telemetry-metrics"})),
        Selection(actions=frozenset({"observed"})),
        Selection(findings=frozenset({"contract.undocumented-field"})),
        Selection(findings=frozenset({"contract"})),
        Selection(findings=frozenset({"wire.bom"})),
    ],
)
def test_what_matches_is_listed(selection: Selection) -> None:
    assert selection.matches(EXCHANGE)


@pytest.mark.parametrize(
    "selection",
    [
        Selection(since=at("2026-01-02T10:00:01")),
        Selection(until=at("2026-01-02T10:00:00")),
        Selection(endpoints=frozenset({"license-verify"})),
        Selection(actions=frozenset({"allowed", "refused"})),
        Selection(findings=frozenset({"promise"})),
        Selection(findings=frozenset({"contract.undocumented"})),
        Selection(actions=frozenset({"observed"}), endpoints=frozenset({"usage-ingest"})),
    ],
)
def test_what_fails_one_condition_is_left_out(selection: Selection) -> None:
    assert not selection.matches(EXCHANGE)


def test_request_that_never_became_one_has_no_endpoint_to_match() -> None:
    handshake = Exchange(0, {"type": "refusal", "id": "a", "time": "2026-01-02T10:00:00.000Z", "endpoint": None})
    assert not Selection(endpoints=frozenset({"None"})).matches(handshake)


def test_time_without_a_zone_is_utc() -> None:
    assert read_moment("2026-01-02T10:00") == at("2026-01-02T10:00")
    assert read_moment("2026-01-02T12:00+02:00") == at("2026-01-02T10:00")


def test_date_that_ends_a_range_includes_its_day() -> None:
    assert read_moment("2026-01-02") == at("2026-01-02T00:00")
    assert read_moment("2026-01-02", ends_range=True) == at("2026-01-03T00:00")
    assert read_moment("2026-01-02T00:00", ends_range=True) == at("2026-01-02T00:00")


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "10:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_moment(text)
