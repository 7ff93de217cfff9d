"""The systemd unit: every line that takes a possibility away is there, and systemd understands the file."""

import argparse
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from beacon_audit.cli import run
from beacon_audit.cli.exit_status import UNUSABLE

DIRECTORY = Path(__file__).parents[2] / "deploy" / "systemd"
UNIT = DIRECTORY / "beacon-audit.service"
#: What systemd-analyze calls the exposure, in tenths: 0 is none, 100 all.
MOST_EXPOSED = 15

HARDENING = (
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "AmbientCapabilities=",
    "PrivateUsers=yes",
    "SecureBits=noroot-locked",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "DevicePolicy=closed",
    "ProtectProc=invisible",
    "ProcSubset=pid",
    "ProtectClock=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "ProtectControlGroups=yes",
    "RemoveIPC=yes",
    "KeyringMode=private",
    "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
    "SystemCallFilter=~@privileged",
    "UMask=0077",
    "LimitCORE=0",
    "StateDirectory=beacon-audit",
    "StateDirectoryMode=0700",
    "ExecReload=/bin/kill -HUP $MAINPID",
    "Restart=on-failure",
    "User=beacon-audit",
    "Group=beacon-audit",
)


def lines_of(section: str) -> list[str]:
    """The settings of a section, in order."""
    _, _, rest = UNIT.read_text().partition(f"\n[{section}]\n")
    body, _, _ = rest.partition("\n[")
    return [line for line in body.splitlines() if line and not line.startswith("#")]


def setting(name: str) -> str:
    [value] = [line.partition("=")[2] for line in lines_of("Service") if line.startswith(f"{name}=")]
    return value


@pytest.mark.parametrize("line", HARDENING)
def test_every_line_that_takes_a_possibility_away_is_there(line: str) -> None:
    assert line in lines_of("Service")


def test_no_line_gives_a_possibility_back() -> None:
    names = [line.partition("=")[0] for line in lines_of("Service")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == ["SystemCallFilter"]
    assert [line for line in lines_of("Service") if line.startswith(("ReadWritePaths", "Exec"))] == [
        f"ExecStart={setting('ExecStart')}",
        "ExecReload=/bin/kill -HUP $MAINPID",
    ]


def test_what_it_starts_is_a_command_of_ours_on_ports_that_need_no_privilege() -> None:
    program, command, *arguments = setting("ExecStart").split()
    assert (Path(program).name, command) == ("beacon-audit", "run")
    parser = argparse.ArgumentParser()
    parser.add_argument("--home")
    run.add_arguments(parser)
    args = parser.parse_args(arguments)
    assert args.listen
    assert all(port > 1023 for _, port in args.listen)
    assert args.admin[0] == "127.0.0.1"
    assert args.admin[1] > 1023
    assert args.home == f"/var/lib/{setting('StateDirectory')}"
    assert setting("RestartPreventExitStatus") == str(UNUSABLE)


def test_the_user_that_it_names_is_made() -> None:
    user = (DIRECTORY / "beacon-audit.sysusers").read_text().split()
    assert user[:2] == ["u", setting("User")]
    assert user[-1] == f"/var/lib/{setting('StateDirectory')}"


@pytest.fixture
def analysed(tmp_path: Path) -> Path:
    """A copy whose program exists here."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze here")
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/usr/local/bin/beacon-audit", "/bin/true"))
    return copy


def analyse(*arguments: str | os.PathLike[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True)


def test_systemd_understands_it(analysed: Path) -> None:
    done = analyse("verify", analysed)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_systemd_finds_it_little_exposed(analysed: Path) -> None:
    done = analyse("security", "--offline=yes", "--no-pager", f"--threshold={MOST_EXPOSED}", analysed)
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze is older than 250 and looks at running units only")
    assert done.returncode == 0, done.stdout[-2000:]
