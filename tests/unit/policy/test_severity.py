"""The table of severities: as documented, complete, and fixed where it must be."""

import re
from pathlib import Path

import pytest

import beacon_audit
from beacon_audit.model import Disposition
from beacon_audit.policy import Strictness
from beacon_audit.policy.severity import FIXED_CODES, OVERRIDABLE, disposition_of

STRICTNESSES: tuple[Strictness, ...] = ("lenient", "standard", "strict")


def row(code: str, override: Disposition | None = None) -> tuple[Disposition, ...]:
    overrides: dict[str, Disposition] = {code: override} if override else {}
    return tuple(disposition_of(code, strictness, overrides) for strictness in STRICTNESSES)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("wire.duplicate-key", ("block", "block", "block")),
        ("containment.sni-mismatch", ("block", "block", "block")),
        ("contract.undocumented-endpoint", ("block", "block", "block")),
        ("contract.undocumented-media-type", ("block", "block", "block")),
        ("promise.license-misplaced", ("alert", "block", "block")),
        ("promise.content-attribute", ("alert", "block", "block")),
        ("contract.undocumented-field", ("alert", "block", "block")),
        ("contract.undocumented-header", ("alert", "block", "block")),
        ("contract.header-value", ("alert", "block", "block")),
        ("containment.headers-too-large", ("block", "block", "block")),
        ("contract.otlp-structure", ("note", "note", "block")),
        ("contract.new-span-name", ("note", "alert", "block")),
        ("contract.otlp-invalid", ("note", "note", "note")),
        ("contract.not-in-the-table", ("alert", "block", "block")),
        ("promise.not-in-the-table", ("alert", "block", "block")),
        ("wire.not-in-the-table", ("block", "block", "block")),
    ],
)
def test_row_of_the_table(code: str, expected: tuple[Disposition, ...]) -> None:
    assert row(code) == expected


def test_override_replaces_the_row_at_every_strictness() -> None:
    assert row("contract.undocumented-field", "note") == ("note", "note", "note")
    assert row("contract.otlp-invalid", "block") == ("block", "block", "block")


@pytest.mark.parametrize("code", ["wire.bom", "containment.plaintext", *sorted(FIXED_CODES)])
def test_override_of_a_fixed_code_has_no_effect(code: str) -> None:
    assert row(code, "note") == ("block", "block", "block")


def test_every_code_that_is_found_in_requests_has_a_row() -> None:
    """A new detector whose code is not in the table could not be overridden, and would be absent from the reference."""
    package = Path(beacon_audit.__file__).parent
    sources = [path for path in package.rglob("*.py") if "policy" not in path.relative_to(package).parts]
    codes = {
        code
        for path in sources
        for code in re.findall(r'"((?:contract|promise)\.[a-z]+(?:-[a-z]+)*)"', path.read_text(encoding="utf-8"))
    }
    of_responses = {"contract.response-undocumented-status"}
    assert codes - of_responses - FIXED_CODES <= OVERRIDABLE.keys()
    assert len(codes) > 5
