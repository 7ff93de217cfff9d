"""What is to be said of a protobuf body, collected while it is read.

At most ``MOST_REMARKS`` findings are kept, each once; one more then covers the whole body, and redaction hides it.
"""

from beacon_audit.model.finding import Finding
from beacon_audit.wire.places import Place, pointer_to

MOST_REMARKS = 100

_MESSAGES = {
    "wire.protobuf-unknown-field": "expected a field that the message has, got a number that it has not",
    "wire.protobuf-wire-type": "expected the wire type of this field, got another; parsers skip it",
    "wire.protobuf-repeated-field": "expected this field once, got it again; parsers show one of its values or a mix",
    "wire.protobuf-utf8": "expected a text in UTF-8, got bytes that are not UTF-8",
    "wire.protobuf-integer-range": "expected an integer that fits its field, got one that parsers cut off",
    "wire.protobuf-noncanonical": "expected the one usual encoding of this value, got another; what differs is unseen",
}


class Remarks:
    """The findings of one body."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], None] = {}
        self._more = False
        #: Grows whenever something is added.
        self.count = 0

    def add(self, code: str, place: Place) -> None:
        """Keep a finding of ``code`` at ``place``."""
        self.count += 1
        if len(self._found) < MOST_REMARKS:
            self._found[code, pointer_to(place)] = None
        else:
            self._more = True

    def findings(self) -> tuple[Finding, ...]:
        """Everything that was kept, in the order in which it was found."""
        listed = [Finding(code, pointer, _MESSAGES[code]) for code, pointer in self._found]
        if self._more:
            message = f"more than {MOST_REMARKS} places of this body lie; only the first are listed"
            listed.append(Finding(listed[-1].code, "", message))
        return tuple(listed)
