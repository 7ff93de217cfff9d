"""Ids that carry something."""

import random
from collections.abc import Callable, Sequence

from beacon_audit.inspection import InspectionContext
from beacon_audit.inspection.id_channel import MOST_ODD, MOST_PRINTABLE, detect
from beacon_audit.model.json_value import JsonValue
from harness.inspected import places

type Build = Callable[..., InspectionContext]


def with_ids(spans: Sequence[str], traces: Sequence[str] = ()) -> JsonValue:
    return {"spans": [{"spanId": each} for each in spans], "traces": [{"traceId": each} for each in traces]}


def random_ids(count: int, size: int) -> list[str]:
    numbers = random.Random(7)
    return [numbers.randbytes(size).hex() for _ in range(count)]


def test_random_ids_carry_nothing(context: Build) -> None:
    for seed in range(20):
        numbers = random.Random(seed)
        spans = [numbers.randbytes(8).hex() for _ in range(2000)]
        assert places(detect, with_ids(spans, [numbers.randbytes(16).hex() for _ in range(500)]), context()) == []


def test_documented_ids_of_another_form_are_bounded_in_number(context: Build) -> None:
    odd = [f"0932ksdka{number}" for number in range(MOST_ODD + 1)]
    assert places(detect, with_ids([*odd[:-1], *odd[:-1], ""]), context()) == []
    found = places(detect, with_ids(odd), context())
    assert found == [("promise.id-channel", f"/spans/{number}/spanId") for number in range(len(odd))]


def test_parent_ids_count_too(context: Build) -> None:
    document: JsonValue = [{"parentSpanId": f"tell{number}"} for number in range(MOST_ODD + 1)]
    assert len(places(detect, document, context())) == MOST_ODD + 1


def test_text_written_as_ids_is_found(context: Build) -> None:
    text = b"Summarise the contract with our largest customer, and name him. "
    spans = [text[at : at + 8].hex() for at in range(0, len(text), 8)]
    assert len(spans) > MOST_PRINTABLE
    assert len(places(detect, with_ids([*random_ids(100, 8), *spans]), context())) == len(spans)
    assert len(places(detect, with_ids([], [text[:16].hex(), *random_ids(5, 16)]), context())) == 1


def test_ids_of_what_is_no_telemetry_are_not_looked_at(context: Build) -> None:
    assert places(detect, with_ids([str(number) for number in range(50)]), context(otlp=None)) == []
