"""The vectors of others in ``tests/vectors``; each file names its source."""

import json
from pathlib import Path
from typing import Any

_VECTORS = Path(__file__).parent.parent / "vectors"


def load_vectors(name: str) -> Any:
    """The JSON document ``name``."""
    return json.loads((_VECTORS / name).read_text("utf-8"))


def hashes(texts: list[str]) -> tuple[bytes, ...]:
    """The bytes that hexadecimal ``texts`` spell."""
    return tuple(bytes.fromhex(text) for text in texts)
