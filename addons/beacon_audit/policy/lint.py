"""What in a ``langsmith_config.yaml`` or in Helm values only seems to work.

Everything that ``langsmith_config`` cannot accept, and settings that are correct but leave something on, or lead
traffic past the proxy: ``lint_telemetry``, ``lint_trust``, ``lint_proxies``. A problem is to be put right; advice is
about what cannot be seen in the file.

Source of the keys: the values and templates of the langsmith chart, the vendor's pages on egress and environment
variables.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from beacon_audit.errors import Problem
from beacon_audit.policy.langsmith_config import parse_langsmith_config
from beacon_audit.policy.lint_proxies import advise_proxies, lint_proxies
from beacon_audit.policy.lint_telemetry import lint_telemetry
from beacon_audit.policy.lint_trust import advise_trust, lint_trust


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known beside the file. ``hosts``: the documented ones, lower-case. ``authority``: the proxy's CA
    certificate (PEM). ``bundle``: the file that the secret of ``config.customCa`` was made from, with its name."""

    hosts: Sequence[str] = ("beacon.langchain.com",)
    authority: bytes | None = None
    bundle: tuple[str, bytes] | None = field(default=None, repr=False)


def lint_langsmith_config(path: Path, surroundings: Surroundings | None = None) -> tuple[Problem, ...]:
    """Every problem of the file at ``path``, by place.

    Raises:
        OSError: it cannot be read.
    """
    around = surroundings or Surroundings()
    config = parse_langsmith_config(path.read_bytes(), str(path))
    lint_telemetry(config)
    lint_trust(config, around.authority, around.bundle)
    lint_proxies(config, around.hosts)
    return tuple(sorted(set(config.source.problems)))


def advise_langsmith_config(path: Path) -> tuple[Problem, ...]:
    """What is right in the file at ``path`` but not enough by itself, by place.

    Raises:
        OSError: it cannot be read.
    """
    config = parse_langsmith_config(path.read_bytes(), str(path))
    config.source.problems.clear()  # ``lint_langsmith_config`` lists them
    advise_trust(config)
    advise_proxies(config)
    return tuple(sorted(config.source.problems))
