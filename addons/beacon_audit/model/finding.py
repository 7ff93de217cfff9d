"""A finding: one thing that is not as documented, with the place where it is.

Detection never depends on policy; what a finding leads to is decided later (see ``policy.decide``).
"""

from dataclasses import dataclass
from typing import Literal

type Basis = Literal["wire", "contract", "promise", "containment"]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One finding.

    ``code`` is ``<basis>.<kebab-case name>`` and stable from the first release. ``pointer`` is a JSON Pointer
    (RFC 6901) into the decoded body; empty means the request as a whole. ``message`` is a sentence for a person and
    never contains a value from the payload.
    """

    code: str
    pointer: str
    message: str

    def __post_init__(self) -> None:
        if self.code.partition(".")[0] not in ("wire", "contract", "promise", "containment"):
            raise ValueError(f"finding code {self.code!r} does not start with its basis")

    @property
    def basis(self) -> str:
        """``wire`` (the bytes lie), ``contract``, ``promise`` (of the vendor) or ``containment`` (wrong place)."""
        return self.code.partition(".")[0]

    def to_json(self) -> dict[str, str]:
        return {"basis": self.basis, "code": self.code, "pointer": self.pointer, "message": self.message}
