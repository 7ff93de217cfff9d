"""A scalar has a value only where every reader of YAML sees the same one."""

import pytest
import yaml

from beacon_audit.policy.scalars import Scalar, Surprise, scalar_of


def scalar(text: str) -> Scalar | Surprise:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(node, yaml.ScalarNode)
    return scalar_of(node)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("False", False), ("null", None), ("~", None), ("0", 0), ("-7", -7), ("16777216", 16777216),
        ("0.5", 0.5), ("text", "text"), ("langsmith-beacon/2025-10", "langsmith-beacon/2025-10"),
        ("10.0.1.0/24", "10.0.1.0/24"), ("localhost:443", "localhost:443"), ("fd00::/64", "fd00::/64"),
    ],
)  # fmt: skip
def test_value_that_every_reader_agrees_on_is_given(text: str, value: Scalar) -> None:
    found = scalar(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("off", "true or false"), ("no", "true or false"), ("Yes", "true or false"), ("ON", "true or false"),
        ("y", "true or false"), ("N", "true or false"), ("010", "a number"), ("0x1F", "a number"),
        ("0b11", "a number"), ("0o17", "a number"), ("1_000", "a number"), ("1:30", "a number"), ("1e3", "a number"),
        (".5", "a number"), ("1.", "a number"), (".inf", "a number"), ("+5", "a number"), ("9" * 19, "a number"),
        ("2025-10-01", "a date"), ("=", "an instruction"), ("<<", "an instruction"),
    ],
)  # fmt: skip
def test_word_that_readers_disagree_on_is_a_surprise(text: str, read_as: str) -> None:
    assert scalar(text) == Surprise(read_as)


@pytest.mark.parametrize("text", ["off", "010", "1:30", "2025-10-01", "true", "null", ""])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_quoted_word_is_text(text: str, quote: str) -> None:
    assert scalar(f"{quote}{text}{quote}") == text
