"""``contract show`` and ``contract diff`` print what a contract says, for people and for machines."""

import json
from pathlib import Path

import pytest

from beacon_audit.cli import main

OLD, NEW = "langsmith-beacon/2025-10", "langsmith-beacon/2026-08"


def test_show_prints_every_endpoint_and_every_field_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract", "show", NEW]) == 0
    lines = capsys.readouterr().out.splitlines()
    text = "\n".join(lines)
    assert lines[0].startswith(f"{NEW}  sha256:")
    assert "eu.beacon.langchain.com" in lines[1]
    for shown in (
        "telemetry-logs  POST /v1/beacon/v1/logs  operational",
        "  turned off by telemetry.logs (policy) or config.telemetry.logs (LangSmith)",
        "usage-snapshot  POST /v1/beacon/usage-snapshot  usage",
        "metadata-submit  POST /v1/beacon/metadata/submit  billing  observed, not documented",
        "intelligence  any method /intelligence…  content  unpublished, not documented",
        "  nothing is known of its fields",
        "  response 204: no fields",
    ):
        assert shown in lines
    assert "/measures/users" in text
    (field,) = [line.split() for line in lines if "severityNumber" in line]
    assert field[1:4] == ["integer", "required", "page-2026-08"]
    (header,) = [line.split() for line in lines if line.startswith("  x-data-plane-auth ")]
    assert header[1:5] == ["client", "a", "JSON", "Web"]
    (license_key, _) = [line for line in lines if line.lstrip().startswith("/license_key ")]
    assert "secret; a license key" in license_key


def test_show_for_machines_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract", "show", OLD, "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    document = json.loads(line)
    assert list(document) == [
        "name", "digest", "hosts", "port", "sources", "promises", "endpoints", "headers",
        "known_hosts", "known_paths",
    ]  # fmt: skip
    assert document["headers"][0] == {
        "name": "host",
        "source": "RFC 9110 §7.2",
        "description": "at most 260 printable characters without spaces",
    }
    assert document["endpoints"][0]["request"] == [
        {
            "pointer": "/license",
            "types": ["string"],
            "required": True,
            "source": "page-2025-10",
            "description": "a license key: 1 to 4096 printable ASCII characters without spaces",
        }
    ]


def test_diff_prints_what_is_added_and_removed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract", "diff", OLD, NEW]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{OLD} → {NEW}"
    assert "+ host eu.beacon.langchain.com" in lines
    assert "- known path /v1/beacon/v1/logs" in lines
    assert "+ telemetry-logs  POST /v1/beacon/v1/logs  operational" in lines
    assert not any("license-verify" in line for line in lines)


def test_diff_of_the_same_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract", "diff", NEW, NEW]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{NEW} → {NEW}", "no difference"]


def test_diff_for_machines_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract", "diff", NEW, OLD, "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    document = json.loads(line)
    assert [endpoint["name"] for endpoint in document["endpoints"]["removed"]] == [
        "telemetry-logs", "usage-snapshot", "metadata-submit", "intelligence",
    ]  # fmt: skip


def test_diff_prints_headers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, headers in (("a", {"x-a": "one", "x-b": "two"}), ("b", {"x-b": "three", "x-c": "four"})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "endpoints.yaml").write_text(
            "name: own/1\nhosts: [a.example]\nport: 443\nheaders: h.schema.json\nendpoints:\n"
            "  - {name: ping, method: POST, path: /p, class: usage, media_types: [a/b],\n"
            "     request: a.schema.json, responses: {}}"
        )
        (tmp_path / name / "a.schema.json").write_text("{}")
        fields = {header: {"type": "string", "const": "1", "description": text} for header, text in headers.items()}
        (tmp_path / name / "h.schema.json").write_text(json.dumps({"properties": fields}))
    assert main(["contract", "diff", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "+ header x-c  -  four", "- header x-a  -  one", "~ header x-b two → three",
    ]  # fmt: skip


def test_contract_of_ones_own_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "endpoints.yaml").write_text(
        'name: own/1\nhosts: [a.example]\nport: 443\nsources: {page: "\\e[2Jx"}\nendpoints:\n'
        "  - {name: ping, method: POST, path: /p, class: usage, media_types: [a/b],\n"
        "     request: a.schema.json, responses: {}}"
    )
    schema = {"properties": {"\x1b[31m": {"description": "\x1b[2J", "source": "page"}}}
    (tmp_path / "a.schema.json").write_text(json.dumps(schema))
    assert main(["contract", "show", str(tmp_path)]) == 0
    assert main(["contract", "diff", NEW, str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\\x1b[31m" in out


def test_contract_that_does_not_load_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "endpoints.yaml").write_text("name: own/1\nport: 0\n")
    assert main(["contract", "show", str(tmp_path)]) == 4
    err = capsys.readouterr().err
    assert "endpoints.yaml:2:7: /port: expected a port" in err
    assert main(["contract", "diff", NEW, "gone"]) == 4


def test_action_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract"]) == 4
    assert main(["contract", "show"]) == 4
    assert "usage:" in capsys.readouterr().err
