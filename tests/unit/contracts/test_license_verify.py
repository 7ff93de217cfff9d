"""What license-verify may carry."""

from collections.abc import Callable
from typing import Any

import pytest

from beacon_audit.contracts import Contract

type Places = Callable[[str, Callable[[Any], object]], set[str]]


def test_second_license_under_another_name_is_undocumented(places: Places) -> None:
    found = places("license-verify", lambda body: body.update(license_key="x", Licence="y"))
    assert found == {"undocumented-field /license_key", "undocumented-field /Licence"}


def test_body_without_license_is_missing_it(places: Places) -> None:
    assert places("license-verify", lambda body: body.pop("license")) == {"missing-field /license"}


@pytest.mark.parametrize("value", [None, 1, True, ["x"], {"key": "x"}])
def test_license_that_is_no_string_has_the_wrong_type(places: Places, value: object) -> None:
    assert places("license-verify", lambda body: body.update(license=value)) == {"wrong-type /license"}


@pytest.mark.parametrize("value", ["", "two words", "line\n", "ümlaut", "x" * 4097, "\x00"])
def test_license_is_bounded_printable_ascii(places: Places, value: str) -> None:
    assert places("license-verify", lambda body: body.update(license=value)) == {"wrong-value /license"}


@pytest.mark.parametrize("document", [None, [], "text", 1, [{"license": "x"}]])
def test_body_that_is_no_object_has_the_wrong_type(contract: Contract, document: Any) -> None:
    endpoint = contract.endpoint("license-verify")
    assert endpoint is not None
    (finding,) = contract.request_findings(endpoint, document)
    assert (finding.code, finding.pointer) == ("contract.wrong-type", "")


def test_token_is_bounded_and_the_only_field_of_the_answer(contract: Contract) -> None:
    endpoint = contract.endpoint("license-verify")
    assert endpoint is not None
    findings = contract.response_findings(endpoint, 200, {"token": "x" * 16385, "command": "x"})
    assert [(finding.code, finding.pointer) for finding in findings] == [
        ("contract.undocumented-field", "/command"),
        ("contract.wrong-value", "/token"),
    ]
