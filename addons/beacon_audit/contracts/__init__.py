"""What is documented, as data, and how a request or an answer differs from it. Only ``load`` reads files."""

from beacon_audit.contracts.contract import Contract, DocumentedNames
from beacon_audit.contracts.edition_files import available_editions
from beacon_audit.contracts.load import load_contract

__all__ = ["Contract", "DocumentedNames", "available_editions", "load_contract"]
