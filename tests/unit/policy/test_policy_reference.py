"""The policy reference shows what is true: every example loads, every key and every code is in it."""

import re
from pathlib import Path

import pytest

from beacon_audit.policy import load_policy
from beacon_audit.policy.document import SWITCHES
from beacon_audit.policy.parse import KEYS
from beacon_audit.policy.severity import FIXED_CODES, OVERRIDABLE
from harness.policies import Write

ROOT = Path(__file__).parents[3]
REFERENCE = (ROOT / "docs" / "policy-reference.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", REFERENCE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_loads(example: str, write: Write, tmp_path: Path) -> None:
    (tmp_path / "langsmith_config.yaml").write_text("config: {telemetry: {metrics: false}}\n")
    load_policy(str(write(example)), cwd=Path.cwd())


def test_first_example_is_every_key_at_its_default(write: Write) -> None:
    shown = load_policy(str(write(EXAMPLES[0])), cwd=Path.cwd())
    assert set(re.findall(r"^(\w+):", EXAMPLES[0], re.MULTILINE)) == set(KEYS)
    assert shown.digest == load_policy("enforce", cwd=Path.cwd()).digest


@pytest.mark.parametrize("key", KEYS)
def test_key_has_a_section(key: str) -> None:
    assert f"\n### `{key}`\n" in REFERENCE


@pytest.mark.parametrize("switch", SWITCHES)
def test_switch_is_explained(switch: str) -> None:
    assert f"`telemetry.{switch}`" in REFERENCE


@pytest.mark.parametrize(
    ("code", "row"), [*OVERRIDABLE.items(), *((code, ("block",) * 3) for code in sorted(FIXED_CODES))]
)
def test_table_has_the_row_of_every_code(code: str, row: tuple[str, ...]) -> None:
    (line,) = re.findall(rf"^\| `{re.escape(code)}`.*$", REFERENCE, re.MULTILINE)
    assert line.endswith(f"| {' | '.join(row)} |")


def test_directory_of_presets_holds_nothing_else() -> None:
    assert {path.name for path in (ROOT / "policies").iterdir()} == {
        "enforce.yaml", "observe.yaml", "offline.yaml", "telemetry-disabled.yaml",
    }  # fmt: skip
