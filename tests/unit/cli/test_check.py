"""``check`` says what the proxy would do with a body, without sending it and without repeating what it holds."""

import gzip
import io
import json
import sys
from pathlib import Path

import pytest

from beacon_audit.cli import main
from harness.documented_protobuf import documented_protobuf
from harness.protobuf_bytes import chunk

LICENSE = "lcl_0123456789abcdef"
DOCUMENTED = json.dumps({"license": LICENSE}).encode()


def check(
    capsys: pytest.CaptureFixture[str], *arguments: str, endpoint: str = "license-verify"
) -> tuple[int, list[dict[str, object]]]:
    status = main(["check", "--endpoint", endpoint, "--json", *arguments])
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def body(tmp_path: Path) -> Path:
    path = tmp_path / "body.json"
    path.write_bytes(DOCUMENTED)
    return path


def test_documented_body_would_be_allowed(body: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, (result,) = check(capsys, str(body))
    assert status == 0
    assert list(result)[:5] == ["file", "endpoint", "verdict", "action", "findings"]
    assert (result["file"], result["endpoint"]) == (str(body), "license-verify")
    assert (result["verdict"], result["action"], result["findings"]) == ("documented", "allow", [])


def test_undocumented_field_would_be_refused_where_it_stands(body: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body.write_text(json.dumps({"license": LICENSE, "prompt": "secret words"}))
    status, (result,) = check(capsys, str(body))
    assert status == 1
    assert (result["verdict"], result["action"]) == ("undocumented", "refuse")
    findings = result["findings"]
    assert isinstance(findings, list)
    assert {"basis", "code", "pointer", "message"} <= findings[0].keys()
    assert ("contract.undocumented-field", "/prompt") in {(found["code"], found["pointer"]) for found in findings}


@pytest.mark.parametrize("content", [b'{"license":"a","license":"b"}', b"not json", b"\xef\xbb\xbf{}", b""])
def test_bytes_that_lie_are_malformed_and_would_be_refused(
    body: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    body.write_bytes(content)
    status, (result,) = check(capsys, str(body))
    assert status == 1
    assert (result["verdict"], result["action"]) == ("malformed", "refuse")


def test_strictness_decides_what_is_refused(body: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body.write_text(json.dumps({"license": LICENSE, "extra": 1}))
    assert check(capsys, str(body), "--strictness", "lenient")[0] == 0
    assert check(capsys, str(body), "--strictness", "strict")[0] == 1


def test_one_refused_file_decides_the_status_and_every_file_has_a_line(
    body: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("[]")
    status, results = check(capsys, str(bad), str(body))
    assert status == 1
    assert [result["action"] for result in results] == ["refuse", "allow"]


def test_unreadable_file_is_named_and_the_others_are_still_judged(
    body: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["check", "--endpoint", "license-verify", "--json", str(tmp_path / "nowhere"), str(body)])
    captured = capsys.readouterr()
    assert status == 4
    assert "nowhere: No such file" in captured.err
    assert len(captured.out.splitlines()) == 1


def test_dash_reads_stdin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DOCUMENTED)))
    status, (result,) = check(capsys, "-")
    assert status == 0
    assert result["file"] == "-"


def test_encoded_body_is_judged_when_its_encoding_is_said(body: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body.write_bytes(gzip.compress(DOCUMENTED, mtime=0))
    assert check(capsys, str(body), "--content-encoding", "gzip")[1][0]["verdict"] == "documented"
    assert check(capsys, str(body))[1][0]["verdict"] == "malformed"


def test_undocumented_content_type_would_be_refused(body: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, (result,) = check(capsys, str(body), "--content-type", "text/plain")
    assert status == 1
    assert result["action"] == "refuse"


def test_protobuf_is_read_when_its_content_type_is_given(body: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body.write_bytes(documented_protobuf("langsmith-beacon/2026-08", "traces"))
    options = (str(body), "--content-type", "application/x-protobuf")
    status, (result,) = check(capsys, *options, endpoint="telemetry-traces")
    assert (status, result["verdict"], result["action"]) == (0, "documented", "allow")
    body.write_bytes(body.read_bytes() + chunk(99, "hidden"))
    status, (result,) = check(capsys, *options, endpoint="telemetry-traces")
    assert (status, result["verdict"], result["reason_code"]) == (1, "malformed", "wire.protobuf-unknown-field")


def test_body_over_the_limit_would_be_refused_unread(body: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body.write_bytes(DOCUMENTED + b" " * (16 * 1024 * 1024))
    status, (result,) = check(capsys, str(body))
    assert status == 1
    assert result["reason_code"] == "wire.body-too-large"


def test_known_license_elsewhere_in_the_body_is_found(
    body: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANGSMITH_LICENSE_KEY", LICENSE)
    body.write_text(
        json.dumps({"resourceMetrics": [{"resource": {"attributes": []}, "scopeMetrics": [], "x": LICENSE}]})
    )
    status, (result,) = check(capsys, str(body), endpoint="telemetry-metrics")
    assert status == 1
    findings = result["findings"]
    assert isinstance(findings, list)
    assert "promise.license-misplaced" in {found["code"] for found in findings}


@pytest.mark.parametrize("json_lines", [True, False])
def test_nothing_of_the_body_is_repeated(body: Path, json_lines: bool, capsys: pytest.CaptureFixture[str]) -> None:
    body.write_text(json.dumps({"license": LICENSE, "prompt": "the secret words", "license_key": LICENSE}))
    main(["check", "--endpoint", "license-verify", str(body), *(["--json"] if json_lines else [])])
    captured = capsys.readouterr()
    assert LICENSE not in captured.out + captured.err
    assert "the secret words" not in captured.out + captured.err


def test_text_for_people_names_file_action_and_place(body: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body.write_text(json.dumps({"license": LICENSE, "prompt": 1}))
    assert main(["check", "--endpoint", "license-verify", str(body)]) == 1
    text = capsys.readouterr().out
    assert text.startswith(f"{body}: refuse (undocumented): ")
    assert "contract.undocumented-field  /prompt: " in text


def test_unknown_endpoint_is_wrong_usage_and_lists_the_known_ones(
    body: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--endpoint", "license", str(body)]) == 4
    assert "license-verify, usage-ingest, telemetry-metrics, telemetry-traces" in capsys.readouterr().err


def test_unknown_contract_is_wrong_usage(body: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--endpoint", "license-verify", "--contract", "no-such/edition", str(body)]) == 4
    assert capsys.readouterr().err.startswith("beacon-audit: ")
