"""The rules about the order of entries, each broken once, and the cases beside them that are as they should be."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.trail.verify import Verdict
from beacon_audit.trail.verify.entry_fields import HEARTBEAT, INTENT, OPEN, OUTCOME, REFUSAL, UNKNOWN_OUTCOME
from beacon_audit.trail.verify.entry_order import EntryOrder, second_look
from beacon_audit.trail.verify.entry_scan import ScannedEntries
from harness.log_builder import START, Fields, intent, moment, outcome
from harness.specimen import codes

type VerifyEntries = Callable[..., Verdict]


def mark(kind: str, seconds: float = 1.0) -> Fields:
    return {"type": kind, "id": f"{kind}-{seconds}", "time": moment(seconds)}


def refusal(identity: str) -> Fields:
    return intent(identity, type="refusal", action="refused", status=403)


def unknown(identity: str) -> Fields:
    return outcome(identity, state="unknown")


RULES: dict[str, tuple[list[Fields], set[str]]] = {
    "exchanges one in another": ([intent("a"), intent("b"), outcome("a"), outcome("b")], set()),
    "an id used again after its outcome": ([intent("a"), outcome("a"), intent("a"), outcome("a")], set()),
    "an id opened while open": ([intent("a"), intent("a"), outcome("a")], {"id-reused"}),
    "an outcome without an intent": ([outcome("a")], {"outcome-without-intent"}),
    "an outcome before its intent": ([outcome("a"), intent("a"), outcome("a")], {"outcome-without-intent"}),
    "a second outcome": ([intent("a"), outcome("a"), outcome("a")], {"second-outcome"}),
    "a refusal with an outcome": ([refusal("a"), outcome("a")], {"refusal-sent"}),
    "a refusal sent all the same": ([refusal("a"), intent("a"), outcome("a")], {"refusal-sent"}),
    "a refusal after the outcome": ([intent("a"), outcome("a"), refusal("a")], {"refusal-sent"}),
    "a refusal of what is open": ([intent("a"), refusal("a"), outcome("a")], {"id-reused", "refusal-sent"}),
    "an unknown outcome": ([intent("a"), unknown("a")], {"unknown-outcome"}),
    "an intent at the end": ([intent("a")], {"unknown-outcome"}),
    "an outcome after a restart": (
        [mark("open"), intent("a"), mark("open", 2), outcome("a")],
        {"late-outcome"},
    ),
    "an unknown outcome after a crash": (
        [mark("open"), intent("a"), mark("recovered"), unknown("a"), mark("open")],
        {"recovered", "unknown-outcome"},
    ),
    "an outcome after close": ([mark("open"), intent("a"), mark("close"), outcome("a")], {"late-outcome"}),
    "a type from the future": ([mark("inventory-approval")], {"unknown-entry-type"}),
}


@pytest.mark.parametrize("rule", RULES)
def test_rule_about_exchanges(verify_entries: VerifyEntries, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("beacon_audit.trail.entry.ENTRY_TYPES", frozenset({*TYPES, "inventory-approval"}))
    entries, expected = RULES[rule]
    verdict = verify_entries(*entries)
    assert codes(verdict) == expected
    tampered = expected - {"unknown-outcome", "recovered", "unknown-entry-type"}
    assert verdict.verdict == ("tampered" if tampered else "incomplete" if expected else "ok")


TYPES = ("open", "close", "recovered", "intent", "outcome", "refusal", "heartbeat")


GAPS: dict[str, tuple[list[Fields], bool]] = {
    "150 seconds": ([mark("open", 0), mark("heartbeat", 150)], False),
    "more": ([mark("open", 0), mark("heartbeat", 150.001)], True),
    "the clock a little back": ([mark("open", 0), mark("heartbeat", -100)], False),
    "the clock far back": ([mark("open", 0), mark("heartbeat", -151)], True),
    "before close": ([mark("open", 0), mark("close", 1000)], True),
    "between runs": ([mark("open", 0), mark("close", 1), mark("open", 1000)], False),
    "a run that never closed": ([mark("open", 0), mark("open", 1000)], True),
    "before recovered, which says so": ([mark("open", 0), mark("recovered", 1000), mark("open", 2000)], False),
}


@pytest.mark.parametrize("gap", GAPS)
def test_missing_time_in_a_run(verify_entries: VerifyEntries, gap: str) -> None:
    entries, missing = GAPS[gap]
    verdict = verify_entries(*entries)
    assert ("heartbeat-gap" in codes(verdict)) == missing
    if missing:
        assert next(p for p in verdict.problems if p.code == "heartbeat-gap").entry == len(entries) - 1


@given(
    st.lists(
        st.tuples(st.sampled_from([INTENT, OUTCOME, REFUSAL, UNKNOWN_OUTCOME, OPEN, HEARTBEAT]), st.integers(0, 4))
    ),
    st.integers(1, 5),
)
def test_parts_of_a_log_give_what_the_whole_gives(events: list[tuple[int, int]], part: int) -> None:
    assert judge(events, part) == judge(events, len(events) + 1)


def test_missing_time_between_two_parts_is_found() -> None:
    found: list[tuple[str, int]] = []
    order = EntryOrder(2, lambda code, _message, index: found.append((code, index)))
    for first, kind, seconds in ((0, OPEN, 0), (1, HEARTBEAT, 100), (2, HEARTBEAT, 300)):
        time = START + timedelta(seconds=seconds)
        order.take(first, ScannedEntries(bytearray([kind]), first_time=time, last_time=time))
    assert found == [("heartbeat-gap", 2)]


def judge(events: list[tuple[int, int]], part: int) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []

    def report(code: str, _message: str, index: int) -> None:
        found.append((code, index))

    order = EntryOrder(len(events), report)
    for first in range(0, len(events), part):
        scanned = ScannedEntries()
        for kind, number in events[first : first + part]:
            scanned.kinds.append(kind)
            if kind not in (OPEN, HEARTBEAT):
                scanned.ids.append(f"id-{number}")
        order.take(first, scanned)
    exchanges = [(i, kind, f"id-{n}") for i, (kind, n) in enumerate(events) if kind not in (OPEN, HEARTBEAT)]
    second_look(order, iter(exchanges), report)
    return [*sorted(found), *sorted((identity, index) for identity, index in (order.open | order.stale).items())]
