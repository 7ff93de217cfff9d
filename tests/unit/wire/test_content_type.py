"""Content-Type: one media type, or the reasons why there is none."""

import pytest

from beacon_audit.wire import check_content_type

JSON = ("application/json",)


def codes(values: list[str]) -> list[str]:
    return [finding.code for finding in check_content_type(values, JSON)[1]]


@pytest.mark.parametrize(
    "value",
    [
        "application/json",
        "Application/JSON",
        " application/json ",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'application/json ; charset="utf-8"',
    ],
)
def test_documented_type_has_no_findings(value: str) -> None:
    assert check_content_type([value], JSON) == ("application/json", ())


@pytest.mark.parametrize(
    "values",
    [[], ["application/json", "application/json"], ["application/json, text/plain"], ["json"], [""], ["a/b/c"]],
)
def test_missing_repeated_or_malformed_header_gives_no_type(values: list[str]) -> None:
    media_type, findings = check_content_type(values, JSON)
    assert media_type is None
    assert [finding.code for finding in findings] == ["wire.content-type"]


@pytest.mark.parametrize("charset", ["utf-7", "utf-16", "latin-1", '"utf-16"', "utf8x"])
def test_other_charset_is_found(charset: str) -> None:
    assert codes([f"application/json; charset={charset}"]) == ["wire.charset"]


def test_second_charset_is_found_even_when_both_say_utf_8() -> None:
    assert codes(["application/json; charset=utf-8; charset=utf-8"]) == ["wire.charset"]


def test_other_parameter_is_found_and_not_quoted() -> None:
    _, (finding,) = check_content_type(["application/json; note=secret-text"], JSON)
    assert finding.code == "wire.content-type"
    assert "secret-text" not in finding.message
    assert "note" not in finding.message


@pytest.mark.parametrize("value", ["application/json; charset", "application/json;", 'application/json; a="\x01"'])
def test_malformed_parameters_are_found(value: str) -> None:
    assert codes([value]) == ["wire.content-type"]


def test_undocumented_type_is_named() -> None:
    media_type, (finding,) = check_content_type(["application/x-protobuf"], JSON)
    assert media_type == "application/x-protobuf"
    assert finding.code == "contract.undocumented-media-type"
    assert finding.message == "expected application/json, got application/x-protobuf"


@pytest.mark.parametrize("value", ["lcl_made_up_key/json", f"application/{'x' * 100}", "application/lcl_made_up"])
def test_odd_type_is_found_and_not_quoted(value: str) -> None:
    _, (finding,) = check_content_type([value], JSON)
    assert finding.code == "contract.undocumented-media-type"
    assert finding.message == "expected application/json, got another type"


def test_very_long_header_is_malformed() -> None:
    assert codes(["application/json" + " " * 300 + ";charset=utf-8"]) == ["wire.content-type"]
