"""Bodies of one statement have one template, whatever was put into it."""

import pytest

from beacon_audit.review.inventory.log_template import LONGEST_TEMPLATE, log_template


@pytest.mark.parametrize(
    ("body", "template"),
    [
        ("pool at 95% of 100", "pool at <n>% of <n>"),
        ("took 1.5 s at 10:00:01", "took <n> s at <n>"),
        ("worker-17 of queue3", "worker-<n> of queue<n>"),
        ('no such key "tenant" here', "no such key <text> here"),
        ("no such key 'tenant' here", "no such key <text> here"),
        ("run `x y`", "run <text>"),
        ("can't and won't", "can't and won't"),
        ("run 3f2504e0-4f89-41d3-9a0c-0305e82c3301 failed", "run <id> failed"),
        ("trace 5b8efff798038103d269b633813fc60c", "trace <id>"),
        ("at 0xdeadbeef01", "at <id>"),
        ("key license:ab12:0123456789abcdef", "key <id>"),
        ("facade defaced", "facade defaced"),
        ("", ""),
    ],
)
def test_variable_parts_are_replaced(body: str, template: str) -> None:
    assert log_template(body) == template


@pytest.mark.parametrize("piece", ['"', "'", "`", "a' ", "0", "a", "1.", "a:", "<", "\n", "f0"])
def test_any_text_has_a_short_template_in_little_time(piece: str) -> None:
    assert len(log_template(piece * 1_000_000)) <= LONGEST_TEMPLATE


def test_template_of_a_template_is_itself() -> None:
    template = log_template('run 7 of "x" with 0123456789abcdef')
    assert log_template(template) == template
