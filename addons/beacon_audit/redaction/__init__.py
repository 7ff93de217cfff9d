"""Keeping secrets out of everything that is written: tokens, the search for known secrets, documents, log lines."""

from beacon_audit.redaction.document import redact_document
from beacon_audit.redaction.log_scrubbing import ScrubbedStream, install_log_scrubbing
from beacon_audit.redaction.registry import RegistryFull, SecretRegistry
from beacon_audit.redaction.tokens import Tokens

__all__ = [
    "RegistryFull",
    "ScrubbedStream",
    "SecretRegistry",
    "Tokens",
    "install_log_scrubbing",
    "redact_document",
]
