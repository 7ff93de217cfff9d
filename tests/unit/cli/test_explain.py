"""``explain`` says what a code means, for people and for machines."""

import json
from pathlib import Path

import pytest

from beacon_audit.cli import main
from beacon_audit.policy.explanations import EXPLANATIONS

PAGE = Path(__file__).parents[3] / "docs" / "findings.md"


def test_code_is_explained_with_what_it_leads_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "wire.duplicate-key"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[:2] == ["wire.duplicate-key", "lenient: block, standard: block, strict: block"]
    for title in ("What it means", "Why it matters", "Where the rule comes from", "What to do"):
        assert title in lines
    assert "RFC 8259 §4." in lines


def test_several_codes_and_a_whole_basis(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "wire.bom", "policy", "--json"]) == 0
    codes = [json.loads(line)["code"] for line in capsys.readouterr().out.splitlines()]
    assert codes == ["wire.bom", *(code for code in EXPLANATIONS if code.startswith("policy."))]


def test_object_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "promise.email-address", "--json"]) == 0
    explained = json.loads(capsys.readouterr().out)
    assert list(explained) == ["code", "means", "matters", "source", "do", "lenient", "standard", "strict"]
    assert [explained[strictness] for strictness in ("lenient", "standard", "strict")] == ["note", "alert", "block"]


def test_decision_has_no_strictness(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "policy.offline", "contract.response-undocumented-status", "--json"]) == 0
    for line in capsys.readouterr().out.splitlines():
        assert "strict" not in json.loads(line)


def test_without_a_code_every_code_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(EXPLANATIONS)
    assert max(map(len, lines)) < 140


def test_page_is_what_markdown_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--markdown"]) == 0
    assert capsys.readouterr().out == PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["wire.bon"], "did you mean wire.bom?"),
        (["qqqq"], "beacon-audit explain lists them"),
        (["wire.bom", "--markdown"], "expected no CODE beside it"),
        (["wire.bom", "--markdown", "--json"], "not allowed with"),
    ],
)
def test_wrong_usage_is_told(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *arguments]) == 4
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
