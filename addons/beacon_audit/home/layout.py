"""Where the files of an instance lie, and that nobody else can read them.

::

    HOME/ca/ca.crt           certificate to give to clients (PEM)
    HOME/ca/ca.pem           private: key and certificate (PEM), 0600
    HOME/keys/trail.key      private: Ed25519 (PKCS #8 PEM), 0600
    HOME/keys/trail.key.first private: what becomes ``trail.key`` once the trail has begun, 0600
    HOME/keys/trail.key.next private: the key that takes its place, while that is being done, 0600
    HOME/keys/trail.vkey     public: C2SP note verifier key, one line
    HOME/keys/tokens.key     private: 32 bytes as 64 hex digits, one line, 0600
    HOME/trail/              what was recorded
    HOME/payloads/           <date>/<id>.json.zst, redacted, deletable
    HOME/requests/           what is asked of a running proxy; there once something was

``open_home`` reads no key; it checks that everything exists, belongs to us and is closed to group and others, and
names everything that is wrong at once. It creates and changes nothing. Raises ``HomeError``.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.errors import HomeError

TOKEN_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Home:
    """Paths of one instance. ``path`` is absolute and free of symbolic links."""

    path: Path

    @property
    def ca(self) -> Path:
        return self.path / "ca"

    @property
    def keys(self) -> Path:
        return self.path / "keys"

    @property
    def trail(self) -> Path:
        return self.path / "trail"

    @property
    def payloads(self) -> Path:
        return self.path / "payloads"

    @property
    def requests(self) -> Path:
        """Made when it is first needed."""
        return self.path / "requests"

    @property
    def ca_certificate(self) -> Path:
        """The certificate (PEM) that clients must trust."""
        return self.ca / "ca.crt"

    @property
    def ca_private(self) -> Path:
        """Key and certificate of the authority in one PEM file."""
        return self.ca / "ca.pem"

    @property
    def trail_key(self) -> Path:
        return self.keys / "trail.key"

    @property
    def first_trail_key(self) -> Path:
        """There only until the trail has begun: where ``trail_key`` is, it has."""
        return self.keys / "trail.key.first"

    @property
    def next_trail_key(self) -> Path:
        """There only while one key takes the place of another."""
        return self.keys / "trail.key.next"

    @property
    def trail_vkey(self) -> Path:
        return self.keys / "trail.vkey"

    @property
    def tokens_key(self) -> Path:
        return self.keys / "tokens.key"

    @property
    def directories(self) -> tuple[Path, ...]:
        return (self.path, self.ca, self.keys, self.trail, self.payloads)

    @property
    def private_files(self) -> tuple[Path, ...]:
        return (self.ca_private, self.trail_key, self.tokens_key)

    @property
    def public_files(self) -> tuple[Path, ...]:
        return (self.ca_certificate, self.trail_vkey)

    def token_key(self) -> bytes:
        """The 32 bytes that key the tokens standing in for secrets; raises ``HomeError``."""
        try:
            key = bytes.fromhex(self.tokens_key.read_text("ascii"))
        except (OSError, ValueError):
            key = b""
        if len(key) != TOKEN_KEY_BYTES:
            raise HomeError(
                f"{self.tokens_key}: expected one line of {2 * TOKEN_KEY_BYTES} hex digits; "
                "restore the file from a backup"
            )
        return key


def open_home(path: Path) -> Home:
    """The instance in ``path``, complete and private, or ``HomeError`` with everything that is wrong."""
    home = Home(path.resolve())
    if not home.path.is_dir():
        raise HomeError(f"{home.path}: no instance here; run: beacon-audit init --home {path}")
    missing = [p for p in (*home.directories, *home.private_files, *home.public_files) if not os.path.lexists(p)]
    if missing:
        names = ", ".join(str(p.relative_to(home.path)) for p in missing)
        raise HomeError(
            f"{home.path}: incomplete, lacks {names}; restore what was there before from a backup; "
            f"what was never there, or can be made again, is made by: beacon-audit init --home {path}"
        )
    problems = access_problems(home)
    if problems:
        raise HomeError("\n".join(problems))
    return home


def access_problems(home: Home) -> list[str]:
    """Why the parts of ``home`` that exist must not be trusted with keys; empty when all is well."""
    directories = [problem for p in home.directories if (problem := _access_problem(p, stat.S_ISDIR, "directory"))]
    private = (*home.private_files, home.first_trail_key, home.next_trail_key)
    files = [problem for p in private if (problem := _access_problem(p, stat.S_ISREG, "regular file"))]
    public = [problem for p in home.public_files if (problem := _kind_problem(p))]
    return directories + files + public


def _kind_problem(path: Path) -> str | None:
    """What is read must be a file: a pipe in its place would be waited for."""
    if not os.path.lexists(path) or stat.S_ISREG(path.lstat().st_mode):
        return None
    return f"{path}: expected a regular file; move it away and run init again"


def _access_problem(path: Path, is_kind: Callable[[int], bool], kind: str) -> str | None:
    try:
        found = path.lstat()  # not stat: a symbolic link inside HOME would lead to files that others control
    except FileNotFoundError:
        return None
    if not is_kind(found.st_mode):
        return f"{path}: expected a {kind}; move it away and run init again"
    if found.st_uid not in (os.geteuid(), 0) and os.geteuid() != 0:
        return f"{path}: belongs to user {found.st_uid}, expected {os.geteuid()}; run: chown {os.geteuid()} {path}"
    if found.st_mode & 0o077:
        wanted = "0700" if stat.S_ISDIR(found.st_mode) else "0600"
        mode = stat.S_IMODE(found.st_mode)
        return f"{path}: mode is {mode:04o}, expected {wanted}, others could read it; run: chmod {wanted} {path}"
    return None
