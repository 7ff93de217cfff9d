"""Keeping secrets out of everything that is written: tokens, the search for known secrets, documents, log lines."""

from beacon_audit.redaction.closed_process import close_process, take_from_environment
from beacon_audit.redaction.discreet_record import discreet_record
from beacon_audit.redaction.document import hidden_token, redact_document
from beacon_audit.redaction.log_scrubbing import install_log_scrubbing
from beacon_audit.redaction.names import Names
from beacon_audit.redaction.registry import RegistryFull, SecretRegistry
from beacon_audit.redaction.scrubbed_stream import ScrubbedStream
from beacon_audit.redaction.tokens import Tokens
from beacon_audit.redaction.views import SEPARATOR

__all__ = [
    "SEPARATOR",
    "Names",
    "RegistryFull",
    "ScrubbedStream",
    "SecretRegistry",
    "Tokens",
    "close_process",
    "discreet_record",
    "hidden_token",
    "install_log_scrubbing",
    "redact_document",
    "take_from_environment",
]
