"""``log`` lists exchanges for people and for machines, filtered as asked, harmless on a terminal."""

import json
from pathlib import Path

import pytest

from beacon_audit.cli import main
from beacon_audit.home import Home, open_trail_writer

FAILED = "01j0000000000000000000fail"
ALLOWED, REFUSED, OBSERVED = "01j000000000000000000allow", "01j0000000000000000000deny", "01j000000000000000000watch"


def listed(home: Home, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["log", "--home", str(home.path), "--json", *arguments]) == 0
    return [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()]


def test_every_exchange_is_one_json_line(recorded: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(recorded, capsys) == [ALLOWED, REFUSED, OBSERVED]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--action", "refused"], [REFUSED]),
        (["--action", "refused", "--action", "observed"], [REFUSED, OBSERVED]),
        (["--endpoint", "license-verify"], [ALLOWED]),
        (["--finding", "contract.undocumented-endpoint"], [REFUSED]),
        (["--finding", "contract"], [REFUSED]),
        (["--since", "2026-01-03"], [REFUSED, OBSERVED]),
        (["--until", "2026-01-03"], [ALLOWED, REFUSED]),
        (["--since", "2026-01-03T00:00Z", "--until", "2026-01-03T10:00:00Z"], []),
    ],
)
def test_filter_lists_what_was_asked_for(
    recorded: Home, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: list[str]
) -> None:
    assert listed(recorded, capsys, *arguments) == expected


def test_lines_for_people_name_action_target_size_and_answer(
    recorded: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["log", "--home", str(recorded.path)]) == 0
    first = capsys.readouterr().out.splitlines()[0].split()
    assert first == [
        "2026-01-02T10:00:00.000Z",
        "allowed",
        "license-verify",
        "1,234",
        "B",
        "200",
        ALLOWED,
        "documented",
    ]


@pytest.mark.parametrize("state", ["not_sent", "unknown"])
def test_line_of_what_was_let_go_and_has_no_answer_says_what_became_of_it(
    recorded: Home, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    writer = open_trail_writer(recorded, new_id=lambda: "m" * 26, now=lambda: "2026-01-05T00:00:00Z")
    intent = {"type": "intent", "id": FAILED, "time": "2026-01-05T10:00:00.000Z", "action": "allowed", "reason": "fine"}
    outcome = {"type": "outcome", "id": FAILED, "time": "2026-01-05T10:00:01.000Z", "state": state, "reason": "a\x1b b"}
    try:
        for fields in (intent, outcome):
            writer.submit(fields, None).result(timeout=10)
    finally:
        writer.close()
    assert main(["log", "--home", str(recorded.path), "--since", "2026-01-05"]) == 0
    [line] = capsys.readouterr().out.splitlines()
    assert line.endswith(f"{state:8}  {FAILED}  fine; a\\x1b b")


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_code_that_does_not_exist_is_not_taken_for_one_that_never_came(
    recorded: Home, capsys: pytest.CaptureFixture[str], form: tuple[str, ...]
) -> None:
    log = ["log", "--home", str(recorded.path), *form, "--finding"]
    assert main([*log, "contract.undocumented-endpiont"]) == 0
    said = capsys.readouterr().err
    assert "no code contract.undocumented-endpiont; did you mean contract.undocumented-endpoint?" in said
    main([*log, "wire"])
    assert "--finding" not in capsys.readouterr().err


def test_hostile_path_cannot_steer_the_terminal(recorded: Home, capsys: pytest.CaptureFixture[str]) -> None:
    main(["log", "--home", str(recorded.path), "--action", "refused"])
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "/\\x1b[2J\\u202egpj.exe" in text


def test_empty_list_is_said_on_stderr_only(recorded: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "--home", str(recorded.path), "--endpoint", "telemetry-logs"]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "no such exchange" in captured.err


def test_date_that_is_none_is_wrong_usage(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "--home", str(home.path), "--since", "yesterday"]) == 4
    assert "expected a date or time such as 2026-01-31" in capsys.readouterr().err


def test_missing_home_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "--home", str(tmp_path / "nowhere")]) == 4
    assert "no instance here; run: beacon-audit init" in capsys.readouterr().err


def test_home_comes_from_the_environment_unless_given(
    recorded: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BEACON_AUDIT_HOME", str(recorded.path))
    assert main(["log", "--json"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_damaged_trail_is_an_error_and_not_a_shorter_list(recorded: Home, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = max((recorded.trail / "tile" / "entries" / "000.p").iterdir(), key=lambda path: int(path.name))
    content = bytearray(bundle.read_bytes())
    content[len(content) // 4] ^= 1
    bundle.write_bytes(content)
    assert main(["log", "--home", str(recorded.path)]) == 4
    assert str(bundle) in capsys.readouterr().err


def test_follow_lists_what_is_there_and_goes_on(
    recorded: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    polls: list[float] = []

    def sleep(seconds: float) -> None:
        polls.append(seconds)
        if len(polls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)
    assert main(["log", "--home", str(recorded.path), "--json", "--follow"]) == 130
    assert len(capsys.readouterr().out.splitlines()) == 3
