"""A known secret belongs in the documented license field and nowhere else."""

from collections.abc import Callable

import pytest

from beacon_audit.inspection import InspectionContext, inspect
from beacon_audit.inspection.license_misplaced import detect
from beacon_audit.model.json_value import JsonValue
from harness.inspected import findings_of

type Build = Callable[..., InspectionContext]


def pointers(document: JsonValue, context: InspectionContext) -> list[str]:
    findings = findings_of(detect, document, context)
    assert {finding.code for finding in findings} <= {"promise.license-misplaced"}
    return [finding.pointer for finding in findings]


def test_license_in_its_field_is_in_place(context: Build, secret: str) -> None:
    assert pointers({"license": secret, "rows": []}, context(license_pointers=("/license",))) == []


@pytest.mark.parametrize(
    ("around", "pointer"),
    [
        (lambda secret: {"license": "x", "note": secret}, "/note"),
        (lambda secret: {"license": [secret]}, "/license/0"),
        (lambda secret: {"license": {"license": secret}}, "/license/license"),
        (lambda secret: {"rows": [{"license": secret}]}, "/rows/0/license"),
        (lambda secret: {"rows": [1, [f"text around {secret} it"]]}, "/rows/1/0"),
        (lambda secret: secret, ""),
    ],
)
def test_license_anywhere_else_is_found_there(
    around: Callable[[str], JsonValue], pointer: str, context: Build, secret: str
) -> None:
    assert pointers(around(secret), context(license_pointers=("/license",))) == [pointer]


def test_endpoint_without_a_license_field_has_no_place_for_it(context: Build, secret: str) -> None:
    assert pointers({"license": secret}, context()) == ["/license"]


def test_every_place_is_reported(context: Build, secret: str) -> None:
    assert pointers({"a": secret, "b": [secret, "x", secret]}, context()) == ["/a", "/b/0", "/b/2"]


def test_secret_in_a_key_is_found_and_the_pointer_does_not_show_it(context: Build, secret: str) -> None:
    document: JsonValue = {"a": {f"x{secret}": {"b": secret}}}
    found = findings_of(detect, document, context(license_pointers=("/license",)))
    assert [finding.pointer for finding in found] == ["/a"]
    assert not any(secret in str(finding.to_json()) for finding in found)


def test_key_named_like_the_license_field_is_no_license_field(context: Build, secret: str) -> None:
    assert pointers({secret: "x"}, context(license_pointers=(f"/{secret}",))) == [""]


def test_escaped_and_nested_license_pointers_are_understood(context: Build, secret: str) -> None:
    document: JsonValue = {"a/b": [{"m~n": secret}]}
    assert pointers(document, context(license_pointers=("/a~1b/0/m~0n",))) == []


def test_hit_that_cannot_be_located_is_reported_for_the_whole_body(context: Build) -> None:
    built = context()
    suspicious = InspectionContext(built.endpoint, built.names, lambda text: "\x1e" in text)
    assert pointers(["one", "two"], suspicious) == [""]


def test_neighbouring_texts_do_not_make_a_secret_together(context: Build, secret: str) -> None:
    assert pointers([secret[:6], secret[6:]], context()) == []


def test_clean_document_is_scanned_once(context: Build) -> None:
    asked: list[str] = []
    built = context()

    def contains(text: str) -> bool:
        asked.append(text)
        return False

    inspect({"a": ["b", "c", "b"]}, InspectionContext(built.endpoint, built.names, contains))
    assert [sorted(text.split("\x1e")) for text in asked] == [["a", "b", "c"]]


def test_license_that_stands_in_its_field_and_elsewhere_is_found_elsewhere_only(context: Build, secret: str) -> None:
    document: JsonValue = {"license": secret, "note": secret}
    assert pointers(document, context(license_pointers=("/license",))) == ["/note"]


def test_nothing_else_is_looked_for_in_the_license_field(context: Build) -> None:
    document: JsonValue = {"license": "alice@example.com select * from runs"}
    assert inspect(document, context(otlp=None, license_pointers=("/license",))).findings == ()
    assert inspect(document, context(otlp=None)).findings != ()


def test_a_hit_costs_a_second_look_at_the_texts_around_it_only(context: Build, secret: str) -> None:
    """Texts that cannot be searched count as hits; there may be half a million others."""
    searched: list[str] = []

    def contains(text: str) -> bool:
        searched.append(text)
        return secret in text

    texts: list[JsonValue] = [f"text {number:08}" + "x" * 1_000 for number in range(10_000)]
    document: JsonValue = [*texts, secret, *texts]
    around = context()
    asked = InspectionContext(around.endpoint, around.names, contains)
    assert pointers(document, asked) == ["/10000"]
    assert max(map(len, searched)) < 2_000_000
    assert len(searched) < 2_000
