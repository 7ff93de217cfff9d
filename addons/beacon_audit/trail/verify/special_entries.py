"""Entries that say something about the log itself, judged one by one: changes of key and of policy, deletions."""

import json
from collections.abc import Callable, Mapping
from hashlib import sha256

import orjson

from beacon_audit.errors import TrailCorrupt
from beacon_audit.trail.key_change import check_key_change
from beacon_audit.trail.verify.key_chain import KeyChain

type Report = Callable[[str, str, int], None]


def judge_special(
    index: int, entry: bytes, chain: KeyChain, on_prune: Callable[[int, str], None], report: Report
) -> None:
    """Report what is wrong with the entry ``index``; ``on_prune`` is told its ``before`` when it is a ``prune``."""
    fields: Mapping[str, object] = orjson.loads(entry)
    kind = fields["type"]
    if kind == "prune":
        on_prune(index, str(fields["before"]))
    elif kind == "policy":
        if fields.get("digest") != _digest(fields.get("document")):
            report("policy-digest-mismatch", "expected the digest of the document in this entry, came another", index)
    elif kind == "key-change":
        if index not in chain.changes:
            report("key-change-invalid", _fault(fields), index)
    elif kind != "recovered":
        report("unknown-entry-type", "this verifier does not know entries of this type; use a newer one", index)


def _digest(document: object) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return f"sha256:{sha256(canonical.encode()).hexdigest()}"


def _fault(fields: Mapping[str, object]) -> str:
    try:
        check_key_change(fields)
    except TrailCorrupt as error:
        return str(error)
    return "this change of key does not continue the chain that the trusted key belongs to"
