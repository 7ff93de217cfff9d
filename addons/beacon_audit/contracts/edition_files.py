"""The files of a contract edition: found, read once, and summed up in a digest.

Takes a reference: the name of a shipped edition (``langsmith-beacon/2025-10``) or the path of a directory that holds
an ``endpoints.yaml``. Gives the bytes of all its files by relative path. The digest and everything that is loaded
come from the same bytes, so the digest names what is enforced. Raises ``ContractError``.

Files and directories whose names start with a dot do not belong to the edition: a ConfigMap mounted by Kubernetes
keeps its generations in them.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from beacon_audit.errors import ContractError

ENDPOINTS_FILE = "endpoints.yaml"
_EDITIONS = Path(__file__).parent / "editions"


def available_editions() -> tuple[str, ...]:
    """The names of the shipped editions."""
    found = (file.parent.relative_to(_EDITIONS).as_posix() for file in _EDITIONS.glob(f"*/*/{ENDPOINTS_FILE}"))
    return tuple(sorted(found))


def edition_directory(reference: str) -> Path:
    """The directory that ``reference`` means."""
    if reference in available_editions():
        return _EDITIONS / reference
    directory = Path(reference)
    if (directory / ENDPOINTS_FILE).is_file():
        return directory
    raise ContractError(
        f"expected a contract edition ({', '.join(available_editions())}) or a directory with an {ENDPOINTS_FILE}, "
        "got neither"
    )


def read_files(directory: Path) -> dict[str, bytes]:
    """The content of every file of the edition, by path relative to ``directory``, sorted."""
    files: dict[str, bytes] = {}
    try:
        for path in sorted(directory.rglob("*")):
            relative = path.relative_to(directory)
            if path.is_file() and not any(part.startswith(".") for part in relative.parts):
                files[relative.as_posix()] = path.read_bytes()
    except OSError as error:
        raise ContractError(f"{error.filename or directory}: cannot be read: {error.strerror}") from None
    return dict(sorted(files.items()))


def digest_of(files: Mapping[str, bytes]) -> str:
    """``sha256:<hex>`` over the sorted relative paths and contents, each preceded by its length (8 bytes)."""
    digest = hashlib.sha256()
    for name in sorted(files):
        for part in (name.encode(), files[name]):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return f"sha256:{digest.hexdigest()}"
