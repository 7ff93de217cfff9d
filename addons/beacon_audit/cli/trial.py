"""Judging a body that nobody sent: the proxy's own judgement on a request made up around it.

``Trial.prepare`` raises ``UsageError`` for an unknown endpoint, ``ContractError`` for a contract that cannot be loaded.
A body larger than the policy's ``body_bytes`` is refused unread, as the proxy does.
"""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Self

from beacon_audit.cli.output import paint, printable
from beacon_audit.contracts import Contract, load_contract
from beacon_audit.errors import UsageError
from beacon_audit.exchange.judge import judge
from beacon_audit.model import Decision, Endpoint, Finding, Request
from beacon_audit.policy import Policy, decide, load_policy
from beacon_audit.redaction import SecretRegistry, Tokens

type Strictness = Literal["lenient", "standard", "strict"]


@dataclass(frozen=True, slots=True)
class Result:
    """What would become of the body in ``file``."""

    file: str
    endpoint: str
    verdict: str
    decision: Decision

    @property
    def refused(self) -> bool:
        return self.decision.action == "refused"

    def to_json(self) -> dict[str, object]:
        """The object of ``check --json``."""
        return {
            "file": self.file,
            "endpoint": self.endpoint,
            "verdict": self.verdict,
            "action": "refuse" if self.refused else "allow",
            "findings": [
                {**finding.to_json(), "disposition": disposition} for finding, disposition in self.decision.dispositions
            ],
            "reason": self.decision.reason,
            "reason_code": self.decision.code,
        }


@dataclass(frozen=True, slots=True)
class Trial:
    """Everything about the request but its body."""

    contract: Contract
    policy: Policy
    endpoint: Endpoint
    content_types: tuple[str, ...]
    content_encodings: tuple[str, ...]

    @classmethod
    def prepare(
        cls,
        endpoint: str,
        contract_reference: str | None,
        strictness: Strictness,
        content_types: Sequence[str] | None,
        content_encodings: Sequence[str],
    ) -> Self:
        """A trial at the endpoint of that name; without content types, with the first documented one."""
        policy = replace(load_policy(None, cwd=Path.cwd()), strictness=strictness)
        contract = load_contract(contract_reference or policy.contract)
        found = contract.endpoint(endpoint)
        if found is None:
            names = ", ".join(known.name for known in contract.endpoints)
            raise UsageError(f"--endpoint: {contract.name} has no such endpoint; expected one of {names}")
        types = tuple(content_types or found.media_types[:1])
        return cls(contract, policy, found, types, tuple(content_encodings))

    @property
    def limit(self) -> int:
        """The largest body, in bytes, that is looked into."""
        return self.policy.limits.body_bytes

    def judge(self, file: str, body: bytes) -> Result:
        """Judge one body. What it holds is not remembered for the next."""
        if len(body) > self.limit:
            message = f"expected a body of at most {self.limit} bytes, came more"
            too_large = Finding("wire.body-too-large", "", message)
            decision = decide(self.policy, self.endpoint, [too_large], licenses=())
            return Result(file, self.endpoint.name, "malformed", decision)
        registry = SecretRegistry(Tokens(secrets.token_bytes(32)))
        if license_key := os.environ.get("LANGSMITH_LICENSE_KEY", ""):
            registry.learn(license_key)
        judgement = judge(self._request(body), (), contract=self.contract, policy=self.policy, registry=registry)
        verdict = judgement.assessment.verdict if judgement.assessment else "undocumented"
        return Result(file, self.endpoint.name, verdict, judgement.decision)

    def _request(self, body: bytes) -> Request:
        host = self.contract.hosts[0]
        headers = [("content-type", value) for value in self.content_types]
        headers += [("content-encoding", value) for value in self.content_encodings]
        return Request(
            source="127.0.0.1:0",
            method=self.endpoint.method,
            scheme="https",
            host=host,
            port=self.contract.port,
            target=self.endpoint.path,
            http_version="HTTP/1.1",
            tls=True,
            sni=host,
            connect_target=f"{host}:{self.contract.port}",
            host_headers=(host,),
            authority=None,
            headers=tuple(headers),
            body=body,
        )


def render_trial(result: Result) -> str:
    """The result for a person: one line, then one line per finding."""
    action = paint("refuse", "bold red") if result.refused else paint("allow", "green")
    lines = [f"{printable(result.file)}: {action} ({result.verdict}): {printable(result.decision.reason)}"]
    for finding, disposition in result.decision.dispositions:
        place = printable(finding.pointer or "(whole body)")
        lines.append(f"  {disposition:5}  {finding.code}  {place}: {printable(finding.message)}")
    return "\n".join(lines)
