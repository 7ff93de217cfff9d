"""The files of the contract that a run worked with, if the edition that is installed is still the same."""

from beacon_audit.contracts.edition_files import digest_of, edition_directory, read_files
from beacon_audit.errors import ContractError


def files_of_contract(reference: object, digest: str) -> dict[str, bytes]:
    """The files by relative path; none when there is no edition ``reference``, or it has another digest by now."""
    if not isinstance(reference, str):
        return {}
    try:
        files = read_files(edition_directory(reference))
    except ContractError:
        return {}
    return files if digest_of(files) == digest else {}
