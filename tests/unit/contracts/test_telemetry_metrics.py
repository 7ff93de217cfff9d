"""What telemetry-metrics may carry."""

from collections.abc import Callable
from typing import Any

import pytest

type Places = Callable[[str, Callable[[Any], object]], set[str]]

SCOPE = "/resourceMetrics/0/scopeMetrics/0"
GAUGE = f"{SCOPE}/metrics/0"
POINT = f"{GAUGE}/gauge/dataPoints/0"


def metric(body: Any, index: int = 0) -> Any:
    return body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][index]


def point(body: Any) -> Any:
    return metric(body)["gauge"]["dataPoints"][0]


@pytest.mark.parametrize("field", ["start_time", "gauges", "data"])
def test_metric_fields_that_otlp_has_not_are_undocumented(places: Places, field: str) -> None:
    found = places("telemetry-metrics", lambda body: metric(body).update({field: {}}))
    assert found == {f"undocumented-field {GAUGE}/{field}"}


@pytest.mark.parametrize("field", ["histogram", "summary", "exponentialHistogram"])
def test_metric_of_a_kind_that_no_sample_shows_is_structure_of_the_protocol(places: Places, field: str) -> None:
    def replace(body: Any) -> None:
        del metric(body)["gauge"]
        metric(body)[field] = {}

    assert places("telemetry-metrics", replace) == {f"otlp-structure {GAUGE}/{field}"}


@pytest.mark.parametrize("field", ["time_unix_nano", "isMonotonic", "aggregationTemporality"])
def test_gauge_point_fields_that_otlp_has_not_are_undocumented(places: Places, field: str) -> None:
    found = places("telemetry-metrics", lambda body: point(body).update({field: 1}))
    assert found == {f"undocumented-field {POINT}/{field}"}


@pytest.mark.parametrize(("field", "value"), [("exemplars", [{"asInt": 1}]), ("flags", 1)])
def test_gauge_point_fields_of_the_protocol_are_structure(places: Places, field: str, value: object) -> None:
    found = places("telemetry-metrics", lambda body: point(body).update({field: value}))
    assert found == {f"otlp-structure {POINT}/{field}"}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("intValue", "-5"), ("boolValue", False), ("doubleValue", 0), ("bytesValue", "/wA="),
        ("arrayValue", {"values": [{"stringValue": "x"}]}), ("kvlistValue", {}),
    ],
)  # fmt: skip
def test_attribute_value_of_another_kind_is_structure_of_the_protocol(places: Places, kind: str, value: object) -> None:
    found = places("telemetry-metrics", lambda body: point(body)["attributes"][0].update(value={kind: value}))
    assert found == {f"otlp-structure {POINT}/attributes/0/value/{kind}"}


@pytest.mark.parametrize("kind", ["intValue", "boolValue", "arrayValue", "kvlistValue"])
def test_attribute_value_of_another_kind_has_to_be_one(places: Places, kind: str) -> None:
    found = places("telemetry-metrics", lambda body: point(body)["attributes"][0].update(value={kind: "x"}))
    code = "wrong-value" if kind == "intValue" else "wrong-type"
    assert f"{code} {POINT}/attributes/0/value/{kind}" in found


def test_two_attribute_values_at_once_are_wrong_though_each_is_allowed(places: Places) -> None:
    found = places("telemetry-metrics", lambda body: point(body)["attributes"][0]["value"].update(intValue=1))
    value = f"{POINT}/attributes/0/value"
    assert found == {f"otlp-structure {value}/intValue", f"wrong-value {value}"}


@pytest.mark.parametrize("value", ["1678886400000000000", 1, "1", 2**64 - 1, str(2**64 - 1), str(10**19)])
def test_time_is_a_64_bit_number_or_its_decimal_string(places: Places, value: object) -> None:
    assert places("telemetry-metrics", lambda body: point(body).update(timeUnixNano=value)) == set()


@pytest.mark.parametrize(
    "value", [str(2**64), "2" * 20, "9" * 40, "-1", "+1", "01", "", "1.0", "1\n", "\u0661", -1, "0x1"]
)
def test_time_outside_of_64_bits_or_in_another_form_is_wrong(places: Places, value: object) -> None:
    found = places("telemetry-metrics", lambda body: point(body).update(timeUnixNano=value))
    assert found == {f"wrong-value {POINT}/timeUnixNano"}


@pytest.mark.parametrize("value", [5.0, 1.67e18, None, True, [1]])
def test_time_that_is_no_integer_has_the_wrong_type(places: Places, value: object) -> None:
    found = places("telemetry-metrics", lambda body: point(body).update(timeUnixNano=value))
    assert found == {f"wrong-type {POINT}/timeUnixNano"}


@pytest.mark.parametrize("value", [-(2**63), str(-(2**63)), str(2**63 - 1), "-1", "0"])
def test_sum_may_count_down_to_the_64_bit_limits(places: Places, value: object) -> None:
    assert (
        places("telemetry-metrics", lambda body: metric(body, 1)["sum"]["dataPoints"][0].update(asInt=value)) == set()
    )


@pytest.mark.parametrize("value", [2**63, str(2**63), str(-(2**63) - 1), "-0", "--1"])
def test_sum_outside_of_signed_64_bits_is_wrong(places: Places, value: object) -> None:
    found = places("telemetry-metrics", lambda body: metric(body, 1)["sum"]["dataPoints"][0].update(asInt=value))
    assert found == {f"wrong-value {SCOPE}/metrics/1/sum/dataPoints/0/asInt"}


@pytest.mark.parametrize("value", [0, "0"])
def test_time_that_says_nothing_is_missing_as_if_it_were_not_there(places: Places, value: object) -> None:
    expected = {f"missing-field {POINT}/timeUnixNano"}
    assert places("telemetry-metrics", lambda body: point(body).update(timeUnixNano=value)) == expected
    assert places("telemetry-metrics", lambda body: point(body).pop("timeUnixNano")) == expected


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_number_that_json_lacks_is_a_form_of_the_protocol(places: Places, value: str) -> None:
    assert places("telemetry-metrics", lambda body: point(body).update(asDouble=value)) == {
        f"otlp-structure {POINT}/asDouble"
    }


@pytest.mark.parametrize("value", ["12.34", "nan", "", None])
def test_double_is_a_number(places: Places, value: object) -> None:
    assert places("telemetry-metrics", lambda body: point(body).update(asDouble=value)) == {
        f"wrong-type {POINT}/asDouble"
    }


def test_point_has_exactly_one_value(places: Places) -> None:
    assert places("telemetry-metrics", lambda body: point(body).pop("asDouble")) == {f"missing-field {POINT}"}
    assert places("telemetry-metrics", lambda body: point(body).update(asInt=1)) == {f"wrong-value {POINT}"}


def test_metric_has_exactly_one_kind_of_data(places: Places) -> None:
    assert places("telemetry-metrics", lambda body: metric(body).pop("gauge")) == {f"missing-field {GAUGE}"}
    both = places("telemetry-metrics", lambda body: metric(body).update(sum={"dataPoints": [point(body)]}))
    assert both == {f"wrong-value {GAUGE}"}


def test_temporality_may_stand_where_the_protocol_puts_it(places: Places) -> None:
    def move(body: Any) -> None:
        total = metric(body, 1)["sum"]
        for field in ("aggregationTemporality", "isMonotonic"):
            total[field] = total["dataPoints"][0].pop(field)

    assert places("telemetry-metrics", move) == set()


@pytest.mark.parametrize("value", [0, 3, 2.0, "2", "AGGREGATION_TEMPORALITY_DELTA"])
def test_temporality_is_one_of_two_integers(places: Places, value: object) -> None:
    found = places(
        "telemetry-metrics",
        lambda body: metric(body, 1)["sum"]["dataPoints"][0].update(aggregationTemporality=value),
    )
    pointer = f"{SCOPE}/metrics/1/sum/dataPoints/0/aggregationTemporality"
    assert f"wrong-{'value' if isinstance(value, int) else 'type'} {pointer}" in found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 256),
        ("name", "what did alice ask"),
        ("unit", "x" * 64),
        ("unit", "a b"),
        ("description", "x" * 257),
    ],
)
def test_texts_of_a_metric_are_bounded(places: Places, field: str, value: str) -> None:
    assert places("telemetry-metrics", lambda body: metric(body).update({field: value})) == {
        f"wrong-value {GAUGE}/{field}"
    }


def test_attribute_without_a_key_misses_it_however_it_is_written(places: Places) -> None:
    expected = {f"missing-field {POINT}/attributes/0/key"}
    assert places("telemetry-metrics", lambda body: point(body)["attributes"][0].update(key="")) == expected
    assert places("telemetry-metrics", lambda body: point(body)["attributes"][0].pop("key")) == expected


@pytest.mark.parametrize("key", ["a b", "x" * 129, "key\n", "1key", "a@b"])
def test_attribute_key_is_a_dotted_name(places: Places, key: str) -> None:
    found = places("telemetry-metrics", lambda body: point(body)["attributes"][0].update(key=key))
    assert found == {f"wrong-value {POINT}/attributes/0/key"}


def test_attribute_text_is_bounded(places: Places) -> None:
    found = places(
        "telemetry-metrics", lambda body: point(body)["attributes"][0]["value"].update(stringValue="x" * 257)
    )
    assert found == {f"wrong-value {POINT}/attributes/0/value/stringValue"}
