"""Every error this package raises on purpose, grouped by who must act.

::

    BeaconAuditError
    ├── UsageError             the person at the command line: exit status 4
    │   ├── PolicyError        a policy or langsmith_config file; carries every problem with file:line:column
    │   ├── ContractError      a contract edition that is missing or does not describe itself correctly
    │   └── HomeError          HOME is missing, incomplete, or readable by others
    ├── WireError              the sender: bytes that are not what they claim to be (becomes a finding)
    ├── TrailError             the operator of the proxy; the request stays in
    │   ├── TrailUnavailable   queue full, deadline missed, or the writer is poisoned by a failed write
    │   ├── TrailLocked        another writer holds the trail
    │   └── TrailCorrupt       damage that a crash cannot explain
    ├── EgressDenied           our own code: something tried to leave without a permit
    └── SecretExposed          our own code: at the start, a made-up secret came out in clear

Messages are lower case, say what was expected, what came, where, and what to do. They never contain a payload value
or a secret.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class BeaconAuditError(Exception):
    """Base of all deliberate errors."""


class UsageError(BeaconAuditError):
    """Something the person who started the command can put right."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong at one place of one file. ``line`` and ``column`` count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class PolicyError(UsageError):
    """A file of settings cannot be used; ``problems`` lists everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ContractError(UsageError):
    """A contract edition cannot be loaded."""


class HomeError(UsageError):
    """The home directory of an instance cannot be used."""


class WireError(BeaconAuditError):
    """Bytes that do not decode to one unambiguous document.

    ``code`` is a finding code (``wire.…``) and ``pointer`` a JSON Pointer (RFC 6901), empty for the whole body.
    """

    def __init__(self, code: str, message: str, pointer: str = "") -> None:
        self.code = code
        self.pointer = pointer
        self.message = message
        super().__init__(f"{code} at {pointer or '/'}: {message}")


class TrailError(BeaconAuditError):
    """The audit trail cannot do what was asked of it."""


class TrailUnavailable(TrailError):
    """Nothing can be recorded now, so nothing may leave now."""


class TrailLocked(TrailError):
    """A second writer was refused."""


class TrailCorrupt(TrailError):
    """The trail holds damage that a crash of its writer cannot explain."""


class SecretExposed(BeaconAuditError):
    """A proxy that would tell secrets does not start. The message names the ways out, not what came."""


class EgressDenied(BeaconAuditError, PermissionError):
    """A connection or name look-up was attempted without a permit from a durable intent.

    It is an ``OSError`` because that is what mitmproxy's connection code handles: the client gets an error page, and
    no socket has existed.
    """
