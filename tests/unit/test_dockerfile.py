"""What can be known about the image without a container engine: what goes into it, and that what comes out starts.

The wheel is built as the Dockerfile builds it, from a copy of the files that it copies, and installed likewise.
Not tested here: that the locks install on ``python:3.13-slim``.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
HOME = "/var/lib/beacon-audit"
_LINES = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
INSTRUCTIONS = [line.split(maxsplit=1) for line in _LINES if line and not line.startswith("#")]
FINAL_STAGE = INSTRUCTIONS[max(at for at, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM") :]


def given(name: str) -> str:
    """The one argument that the final stage gives to the instruction ``name``."""
    (value,) = [value for instruction, value in FINAL_STAGE if instruction == name]
    return value


def image_variables() -> dict[str, str]:
    """The environment that the image starts its command with."""
    return dict(pair.split("=", 1) for pair in given("ENV").split())


def given_runs() -> str:
    """The commands of both stages."""
    return "\n".join(value for name, value in INSTRUCTIONS if name == "RUN")


def copied_files() -> list[str]:
    """The names at the top of the tree that the Dockerfile copies, in either stage."""
    copies = [value.split()[:-1] for name, value in INSTRUCTIONS if name == "COPY" and "--from" not in value]
    return [source for sources in copies for source in sources]


def test_image_runs_as_a_numeric_user_that_is_not_root() -> None:
    user, _, group = given("USER").partition(":")
    assert user.isdecimal()  # Kubernetes cannot tell whether a name is root (runAsNonRoot)
    assert (int(user) > 0, int(group) > 0) == (True, True)


def test_everything_that_is_written_goes_to_the_volume() -> None:
    variables = image_variables()
    assert given("VOLUME") == variables["BEACON_AUDIT_HOME"] == variables["TMPDIR"] == HOME
    assert variables["PYTHONDONTWRITEBYTECODE"] == "1"
    assert f"-m 0700 {HOME}" in given_runs()


def test_every_installation_is_held_to_hashes_or_needs_no_index() -> None:
    installations = re.findall(r"pip install [^&\n]*", given_runs())
    assert len(installations) == 3
    assert [line for line in installations if "--require-hashes" not in line and "--no-index" not in line] == []
    assert [line for line in installations if "--no-deps" not in line] == []


@pytest.mark.parametrize("name", ["Dockerfile", "requirements.lock", "requirements-dev.lock", "pyproject.toml"])
def test_no_file_of_the_build_names_the_host_of_a_registry(name: str) -> None:
    text = (ROOT / name).read_text().replace("http://127.0.0.1:8081/", "")
    assert re.findall(r"https?://|--(?:extra-)?index-url|--find-links|--trusted-host", text) == []


def test_build_context_is_what_the_dockerfile_copies_and_no_more() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    assert sorted(line.removeprefix("!") for line in lines if line.startswith("!")) == sorted(copied_files())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what the Dockerfile copies."""
    context = tmp_path_factory.mktemp("context")
    for name in copied_files():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, context / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, context / name)
    command = re.findall(r"-m (hatchling [^&\n]*)", given_runs())[0].replace("/dist", "dist").split()
    subprocess.run([sys.executable, "-m", *command], cwd=context, check=True, capture_output=True)
    (built,) = (context / "dist").iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that holds the wheel's packages and nothing else."""
    target = tmp_path_factory.mktemp("installed")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(target)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    return target


def environment(installed: Path, **variables: str) -> Mapping[str, str]:
    """One in which ``beacon_audit`` is the installed one, whatever the tests themselves run from."""
    return {**os.environ, "PYTHONPATH": str(installed), **variables}


def test_wheel_holds_every_file_of_the_package_and_the_presets(wheel: Path) -> None:
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = ROOT / "addons" / "beacon_audit"
    files = {path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    expected = {path.relative_to(package.parent).as_posix() for path in files}
    presets = {f"beacon_audit/policy/presets/{path.name}" for path in (ROOT / "policies").iterdir()}
    assert packed == expected | presets
    assert len(presets) == 4


def test_installed_wheel_knows_its_version(installed: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(installed / "bin" / "beacon-audit"), "--version"]
    shown = subprocess.run(
        command, cwd=tmp_path, env=environment(installed), capture_output=True, text=True, check=True
    )
    assert re.fullmatch(r"beacon-audit [0-9]+\.[0-9]+\.[0-9]+\n", shown.stdout)


def test_installed_wheel_finds_its_presets_and_contracts_without_the_source_tree(
    installed: Path, tmp_path: Path
) -> None:
    program = (
        "import json, pathlib, beacon_audit\n"
        "from beacon_audit.contracts import available_editions, load_contract\n"
        "from beacon_audit.policy import load_policy, preset_names\n"
        "policies = [load_policy(name, cwd=pathlib.Path.cwd()) for name in preset_names()]\n"
        "contracts = [load_contract(name).name for name in available_editions()]\n"
        "print(json.dumps([beacon_audit.__file__, [policy.name for policy in policies], contracts]))\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env=environment(installed), capture_output=True, text=True, check=True)
    package, presets, contracts = json.loads(done.stdout)
    assert Path(package).is_relative_to(installed)
    assert sorted(presets) == ["enforce", "observe", "offline", "telemetry-disabled"]
    assert "langsmith-beacon/2025-10" in contracts


# Takes HOME, a file beside it, and what is to be run. 99: the root is not read-only after all.
_READ_ONLY = """
set -e
home=$1 beside=$2
shift 2
mount --make-rprivate /
mount --bind "$home" "$home"
place=$(dirname "$home")
until mountpoint -q "$place"; do place=$(dirname "$place"); done
for place in "$place" / /tmp /var/tmp /run; do
    if mountpoint -q "$place"; then mount -o remount,bind,ro "$place"; fi
done
if (: > "$beside") 2>/dev/null; then exit 99; fi
cd /
exec "$@"
"""


def why_not_read_only() -> str | None:
    """Why this machine cannot make a root file system read-only for one process; ``None`` when it can."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return "a read-only root needs root and unshare"
    tried = subprocess.run(["unshare", "--mount", "mount", "--make-rprivate", "/"], capture_output=True)
    return "a read-only root needs a mount namespace, which is refused here" if tried.returncode else None


@contextmanager
def started(installed: Path, directory: Path, *wrapper: str) -> Iterator[dict[str, Any]]:
    """What the image starts, with ports of its own and HOME at ``directory``; inside it is ready, then SIGTERM."""
    replaced = {HOME: str(directory), "0.0.0.0:8080": "127.0.0.1:0", "127.0.0.1:8081": "127.0.0.1:0"}
    command = [*json.loads(given("ENTRYPOINT")), *json.loads(given("CMD"))]
    assert command[0] == "beacon-audit"
    command = [sys.executable, "-m", "beacon_audit.cli", *(replaced.get(word, word) for word in command[1:])]
    named = {name: str(directory) if value == HOME else value for name, value in image_variables().items()}
    variables = environment(installed, **named)
    subprocess.run([*command[:3], "init", "--home", str(directory)], env=variables, check=True, capture_output=True)
    with subprocess.Popen([*wrapper, *command], cwd="/", env=variables, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == 0


def test_health_check_of_the_image_tells_a_ready_proxy_from_none(installed: Path, tmp_path: Path) -> None:
    _, _, words = given("HEALTHCHECK").partition(" CMD ")
    _, *options = json.loads(words)
    with started(installed, tmp_path) as ready:
        assert ready["event"] == "ready"
        check = [sys.executable, *(word.replace("127.0.0.1:8081", ready["admin"]) for word in options)]
        assert subprocess.run(check, timeout=10).returncode == 0
    assert subprocess.run(check, capture_output=True, timeout=10).returncode == 1


def test_image_starts_on_a_root_that_is_read_only(installed: Path, tmp_path: Path) -> None:
    if reason := why_not_read_only():
        pytest.skip(reason)
    home = tmp_path / "home"
    home.mkdir()
    wrapper = ("unshare", "--mount", "sh", "-c", _READ_ONLY, "sh", str(home), str(tmp_path / "beside"))
    with started(installed, home, *wrapper) as ready:
        assert ready["event"] == "ready"
