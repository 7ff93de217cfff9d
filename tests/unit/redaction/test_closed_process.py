"""A variable with a secret is taken out of the environment, and not only read."""

import os
import subprocess
import sys

import pytest

from beacon_audit.redaction.closed_process import take_from_environment

NAME = "BEACON_AUDIT_TEST_SECRET"


def test_variable_is_taken_and_no_program_that_is_started_later_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "lcl_9d21f07be5c34a68")
    assert take_from_environment(NAME) == "lcl_9d21f07be5c34a68"
    assert NAME not in os.environ
    shown = subprocess.run([sys.executable, "-c", "import os; print(dict(os.environ))"], capture_output=True, text=True)
    assert shown.returncode == 0
    assert "lcl_9d21f07be5c34a68" not in shown.stdout
    assert NAME not in shown.stdout


def test_variable_that_is_not_there_is_nothing() -> None:
    assert take_from_environment(NAME) == ""
