"""Reads a policy: the file or preset, the ``langsmith_config`` that narrows it, the certificates that it names.

Takes a path or the name of a preset; paths inside a policy are relative to its directory. Gives a ``Policy`` or raises
``PolicyError`` with every problem of all files. The only module of ``policy`` that looks at the file system, beside
``files`` and the two that read a ``langsmith_config``.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from beacon_audit.errors import PolicyError, Problem
from beacon_audit.policy.connection import Reference
from beacon_audit.policy.document import SWITCHES, Disabled, Policy, Upstream, Witnessing
from beacon_audit.policy.files import PolicyFiles
from beacon_audit.policy.langsmith_config import parse_langsmith_config
from beacon_audit.policy.parse import Draft, parse_policy

DEFAULT_PRESET = "enforce"
_PACKAGE = Path(__file__).parent
#: In a wheel the presets lie in the package, in a source tree at its top.
_PRESET_DIRECTORIES = (_PACKAGE / "presets", _PACKAGE.parents[2] / "policies")


@dataclass(frozen=True, slots=True)
class _Certificates:
    """A file of certificates. ``digest`` stands for them in the digest of the policy."""

    path: Path | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class _Linked:
    """What the files that a policy names add to it."""

    disabled: Mapping[str, Disabled]
    upstream: _Certificates
    witnesses: _Certificates


def preset_names() -> tuple[str, ...]:
    """The names that ``load_policy`` takes instead of a path."""
    return tuple(sorted(_presets()))


def load_policy(reference: str | None, *, cwd: Path, files: PolicyFiles | None = None) -> Policy:
    """The policy that ``reference`` means: a preset by its name, a file by its path (relative to ``cwd``).

    A file called like a preset is reached as ``./enforce``. ``files`` remembers what was read.

    Raises:
        PolicyError: there is no such policy, or something is wrong with it.
    """
    presets = _presets()
    name = DEFAULT_PRESET if reference is None else reference
    path = presets.get(name, cwd / name)
    files = files or PolicyFiles()
    data = _read(path, name, files)
    draft = parse_policy(data, str(path))
    linked = _follow(draft, path.parent, files)
    if draft.source.problems:
        raise PolicyError(draft.source.problems)
    return _policy(draft, linked, name if name in presets else path.name, path.parent)


def _presets() -> dict[str, Path]:
    directory = next((directory for directory in _PRESET_DIRECTORIES if directory.is_dir()), None)
    return {path.stem: path for path in directory.glob("*.yaml")} if directory else {}


def _read(path: Path, reference: str, files: PolicyFiles) -> bytes:
    try:
        return files.bytes_of(path)
    except OSError as error:
        presets = ", ".join(preset_names())
        reason = f"expected a policy file or a preset ({presets}), got a path that cannot be read: {error.strerror}"
        raise PolicyError([Problem(reference, 1, 1, reason)]) from None


def _follow(draft: Draft, directory: Path, files: PolicyFiles) -> _Linked:
    """Look at the files that the draft names; problems are noted at the lines that name them."""
    disabled = dict(draft.disabled)
    if draft.langsmith_config is not None:
        path = directory / draft.langsmith_config.path
        data = _read_linked(draft, draft.langsmith_config, path, "langsmith_config", files)
        if data is not None:
            config = parse_langsmith_config(data, str(path))
            draft.source.problems += config.source.problems
            # Where both turn a class off, the policy's own line is the one to name.
            disabled = config.disabled | disabled
    return _Linked(
        disabled,
        _certificates(draft, draft.upstream.ca_file, directory, "upstream.ca_file", files),
        _certificates(draft, draft.witnesses.ca_file, directory, "witnesses.ca_file", files),
    )


def _certificates(
    draft: Draft, ca_file: Reference | None, directory: Path, key: str, files: PolicyFiles
) -> _Certificates:
    if ca_file is None:
        return _Certificates()
    path = (directory / ca_file.path).absolute()
    data = _read_linked(draft, ca_file, path, key, files)
    if data is not None and not _holds_certificate(data):
        draft.source.refuse(ca_file.node, f"expected a file of PEM certificates for {key}, got another file")
    return _Certificates(path, hashlib.sha256(data or b"").hexdigest())


def _read_linked(draft: Draft, reference: Reference, path: Path, key: str, files: PolicyFiles) -> bytes | None:
    try:
        return files.bytes_of(path)
    except OSError as error:
        draft.source.refuse(
            reference.node, f"expected a file for {key}, got a path that cannot be read: {error.strerror}"
        )
        return None


def _holds_certificate(data: bytes) -> bool:
    try:
        return bool(x509.load_pem_x509_certificates(data))
    except ValueError:
        return False


def _policy(draft: Draft, linked: _Linked, name: str, directory: Path) -> Policy:
    in_order = [switch for switch in SWITCHES if switch in linked.disabled]
    effective = _effective(draft, linked)
    return Policy(
        mode=draft.mode,
        contract=_contract(draft.contract, directory),
        strictness=draft.strictness,
        telemetry={switch: switch not in linked.disabled for switch in SWITCHES},
        endpoints=draft.endpoints,
        license_fingerprints=draft.license_fingerprints,
        refusal="sink" if draft.sink else "reject",
        recording=draft.recording,
        upstream=Upstream(draft.upstream.address, linked.upstream.path, draft.upstream.proxy),
        limits=draft.limits,
        sources=draft.sources,
        name=name,
        digest=_digest(effective),
        effective=effective,
        disabled={switch: linked.disabled[switch] for switch in in_order},
        witnesses=Witnessing(
            draft.witnesses.servers, draft.witnesses.quorum, draft.witnesses.refuse_after_s, linked.witnesses.path
        ),
        places={key.value: draft.source.place(key) for key, _ in draft.source.root.value} if draft.source.root else {},
    )


def _contract(reference: str, directory: Path) -> str:
    """A contract's directory is relative to the policy, like every path in it; anything else names an edition."""
    path = directory / reference
    return str(path.absolute()) if path.is_dir() else reference


def _effective(draft: Draft, linked: _Linked) -> dict[str, object]:
    """What is in force, as JSON values: no comments, no order of keys, no place of a file, no path of this machine.
    Certificates count by content; who turned a switch off counts, the line where it stands does not."""
    effective: dict[str, object] = {
        "version": 1,
        "mode": draft.mode,
        "contract": draft.contract,
        "strictness": draft.strictness,
        "telemetry": {switch: switch not in linked.disabled for switch in SWITCHES},
        "disabled_by": {switch: disabled.setting for switch, disabled in linked.disabled.items()},
        "endpoints": {
            name: {"action": rule.action, "findings": dict(rule.findings)} for name, rule in draft.endpoints.items()
        },
        "license": {"fingerprints": sorted(draft.license_fingerprints)},
        "refusal": "sink" if draft.sink else "reject",
        "recording": {"payloads": draft.recording.payloads, "retention_days": draft.recording.retention_days},
        "upstream": {
            "address": draft.upstream.address,
            "ca_file": linked.upstream.digest,
            "proxy": draft.upstream.proxy,
        },
        "limits": {
            "body_bytes": draft.limits.body_bytes,
            "decoded_bytes": draft.limits.decoded_bytes,
            "json_depth": draft.limits.json_depth,
            "commit_deadline_s": draft.limits.commit_deadline_s,
            "connections": draft.limits.connections,
            "buffered_bytes": draft.limits.buffered_bytes,
        },
        "sources": sorted([source.name, str(source.network)] for source in draft.sources),
    }
    if draft.witnesses.servers:  # a policy without any has the digest that it had before there were witnesses
        effective["witnesses"] = {
            "servers": sorted([server.url, server.vkey] for server in draft.witnesses.servers),
            "quorum": draft.witnesses.quorum,
            "refuse_after_s": draft.witnesses.refuse_after_s,
            "ca_file": linked.witnesses.digest,
        }
    return effective


def _digest(effective: Mapping[str, object]) -> str:
    """Over canonical JSON."""
    canonical = json.dumps(effective, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"
