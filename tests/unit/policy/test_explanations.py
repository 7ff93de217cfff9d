"""Every code has its explanation and every explanation its code; the page in docs/ is made from them."""

import ast
import re
from pathlib import Path

import pytest

import beacon_audit
from beacon_audit.cli.findings_page import findings_page
from beacon_audit.model import Finding
from beacon_audit.policy.explanations import BASES, EXPLANATIONS
from beacon_audit.policy.severity import FIXED_CODES, OVERRIDABLE

PACKAGE = Path(beacon_audit.__file__).parent
PAGE = PACKAGE.parents[1] / "docs" / "findings.md"
_CODE = re.compile(rf"(?:{'|'.join(BASES)})\.[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)


def codes_of_the_product() -> set[str]:
    """Every text in the code that is a whole code, outside of the explanations themselves."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        if "explanations" not in path.parts:
            nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
            found |= {text for text in texts if _CODE.fullmatch(text)}
    return found


def test_every_code_is_explained_and_nothing_else() -> None:
    codes = codes_of_the_product() | OVERRIDABLE.keys() | FIXED_CODES
    assert len(codes) > 80
    assert sorted(EXPLANATIONS) == sorted(codes)


@pytest.mark.parametrize("code", EXPLANATIONS)
def test_explanation_says_everything_in_whole_sentences(code: str) -> None:
    explanation = EXPLANATIONS[code]
    for text in (explanation.means, explanation.matters, explanation.source, explanation.do):
        assert text.isprintable()
        assert text.endswith((".", "…"))
        assert "  " not in text


def test_every_basis_is_described() -> None:
    assert {code.partition(".")[0] for code in EXPLANATIONS} == set(BASES)
    for basis in set(BASES) - {"policy"}:
        Finding(f"{basis}.any", "", "a basis that findings have")


def test_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == findings_page(), "beacon-audit explain --markdown > docs/findings.md"


@pytest.mark.parametrize("code", EXPLANATIONS)
def test_page_has_a_section_for_every_code(code: str) -> None:
    assert findings_page().count(f"\n### `{code}`\n") == 1
