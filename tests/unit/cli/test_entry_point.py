"""Every way to end a command has its exit status, and no way to fail shows a value from a payload."""

import argparse
import subprocess
import sys
import types
from collections.abc import Callable

import pytest

from beacon_audit import __version__
from beacon_audit.cli import main
from beacon_audit.errors import BeaconAuditError, PolicyError, Problem, UsageError


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], int]], None]:
    """Puts a body in the place of ``beacon-audit lint``."""

    def replace(body: Callable[[], int]) -> None:
        module = types.ModuleType("beacon_audit.cli.lint")

        def add_arguments(parser: argparse.ArgumentParser) -> None:
            pass

        vars(module).update(add_arguments=add_arguments, run=lambda _: body())
        monkeypatch.setitem(sys.modules, "beacon_audit.cli.lint", module)

    return replace


def raising(error: BaseException) -> Callable[[], int]:
    def body() -> int:
        raise error

    return body


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for name in ("init", "run", "demo", "check", "lint", "log", "show"):
        assert f"\n    {name} " in text


def test_version_is_the_version_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"beacon-audit {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["nope"], ["--nope"], ["log", "--action", "maybe"], ["show"]])
def test_wrong_usage_ends_with_4_and_says_so_on_stderr(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "usage: beacon-audit" in captured.err


def test_status_of_the_command_is_the_status_of_the_program(command: Callable[[Callable[[], int]], None]) -> None:
    command(lambda: 1)
    assert main(["lint"]) == 1


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (UsageError("expected this, came that"), 4, "beacon-audit: expected this, came that\n"),
        (BeaconAuditError("the trail is gone"), 4, "beacon-audit: the trail is gone\n"),
        (
            PolicyError([Problem("p.yaml", 2, 1, "second"), Problem("p.yaml", 1, 1, "first")]),
            4,
            "beacon-audit: p.yaml:1:1: first\nbeacon-audit: p.yaml:2:1: second\n",
        ),
        (PermissionError(13, "Permission denied", "x/y"), 4, "beacon-audit: x/y: Permission denied\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_failure_has_its_status_and_a_clear_message(
    error: BaseException,
    status: int,
    message: str,
    command: Callable[[Callable[[], int]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    command(raising(error))
    assert main(["lint"]) == status
    assert capsys.readouterr().err == message


def test_message_cannot_steer_the_terminal(
    command: Callable[[Callable[[], int]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(raising(UsageError("bad \x1b]0;owned\x07 name")))
    main(["lint"])
    assert capsys.readouterr().err == "beacon-audit: bad \\x1b]0;owned\\x07 name\n"


def test_unexpected_error_names_its_place_and_not_the_value_it_stumbled_over(
    command: Callable[[Callable[[], int]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(raising(KeyError("lcl_a-license-key")))
    assert main(["lint"]) == 4
    text = capsys.readouterr().err
    assert "internal error (KeyError)" in text
    assert "test_entry_point.py" in text
    assert "lcl_a-license-key" not in text


def test_reader_that_goes_away_ends_the_command_quietly() -> None:
    code = (
        "import sys, types, beacon_audit.cli as cli\n"
        "module = types.ModuleType('beacon_audit.cli.lint')\n"
        "module.add_arguments = lambda parser: None\n"
        "module.run = lambda args: [print('line', flush=True) for _ in range(100000)] and 0\n"
        "sys.modules['beacon_audit.cli.lint'] = module\n"
        "sys.exit(cli.main(['lint']))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=20) == 141
    assert process.stderr.read() == ""
    process.stderr.close()


@pytest.mark.parametrize("arguments", [["--help"], ["log", "--help"], ["init", "--help"], ["check", "--help"]])
def test_help_answers_without_heavy_imports_in_a_third_of_a_second_of_cpu(arguments: list[str]) -> None:
    code = (
        "import sys, time\n"
        "from beacon_audit.cli import main\n"
        f"status = main({arguments!r})\n"
        "heavy = {'mitmproxy', 'cryptography', 'jsonschema_rs', 'rich', 'yaml', 're2', 'orjson'} & sys.modules.keys()\n"
        "print(status, sorted(heavy), time.process_time() < 0.3, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True)
    assert done.stderr == "0 [] True\n"
