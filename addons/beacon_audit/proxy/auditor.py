"""Judge, record, permit: what happens to a request and to its response, in that order, without mitmproxy's objects.

``admit`` returns only after the record of its decision is durable: an intent when the request may leave, a refusal
when it may not. ``settle`` returns only after the outcome is durable. Both raise ``TrailUnavailable`` when nothing can
be recorded; the caller (``proxy.addon``) keeps its refusal in place on any exception whatever.

A request is judged by one policy. Between its judgement and the place of its record in the trail nothing else happens,
and while another policy is being recorded no request is judged; so the ``policy`` entry before a record is the one that
it was judged by.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from beacon_audit.contracts import Contract
from beacon_audit.errors import TrailUnavailable
from beacon_audit.exchange import record
from beacon_audit.exchange.judge import Judgement, ResponseAssessment, assess_response, judge
from beacon_audit.exchange.states import Event, Exchange, State
from beacon_audit.inspection import Role, nothing_approved
from beacon_audit.model import Decision, Finding, Outcome, Request
from beacon_audit.policy import Policy
from beacon_audit.proxy.identity import new_id, now
from beacon_audit.proxy.permits import Permits
from beacon_audit.proxy.recorder import Recorder
from beacon_audit.proxy.refusals import PROTOBUF, Refusal, refuse, refuse_otherwise, unavailable
from beacon_audit.trail import Payload, Receipt, build_payload

logger = logging.getLogger(__name__)

#: Refused with 503: the same request may be allowed later.
GOING_DOWN = "shutdown.draining"
UNWITNESSED = "witness.stale"

_NOT_SENT_LATE = Outcome("not_sent", "its record was durable only after the deadline, when it had been refused")


@dataclass(frozen=True, slots=True)
class UpstreamResponse:
    """A response as received. ``body`` is still content-encoded."""

    status: int
    content_types: tuple[str, ...]
    content_encodings: tuple[str, ...]
    body: bytes


class Auditor:
    """The audit of one running instance."""

    def __init__(
        self,
        *,
        contract: Contract,
        policy: Policy,
        context: record.RecordContext,
        recorder: Recorder,
        permits: Permits,
        approved: Callable[[Role, str], bool] = nothing_approved,
    ) -> None:
        """``approved`` says which new names were approved in the inventory; the answer may change at any time."""
        self.contract = contract
        self.policy = policy
        self.recorder = recorder
        self.permits = permits
        self._context = context
        self._approved = approved
        #: Set when the entries that begin a run are durable. No record of a request may come before them: an intent
        #: that was open when a run began can only have an unknown outcome.
        self.begun = asyncio.Event()
        #: Set when the proxy is going down: requests are refused with 503, to be sent again later.
        self.draining = False
        #: Cleared while another policy is being recorded.
        self._settled = asyncio.Event()
        self._settled.set()

    async def change_policy(self, policy: Policy, fields: record.Fields, in_force: Callable[[], None]) -> Receipt:
        """Record ``policy`` (``fields``), then judge by it. ``in_force`` is called in the same moment. Not to be
        cancelled: the entry stands, whoever stops waiting for it.

        Raises:
            TrailUnavailable: it is not durable; the policy stays as it was.
        """
        self._settled.clear()
        try:
            receipt = await self.recorder.record_for_certain("policy", new_id(), fields)
            in_force()
            self.policy = policy
            self._context = replace(self._context, policy=policy.digest)
        finally:
            self._settled.set()
        return receipt

    async def _turn(self) -> None:
        """Wait while it is not known which policy is in force. What follows must be judged and submitted without
        another wait."""
        await self.begun.wait()
        if self._settled.is_set():
            return
        try:
            async with asyncio.timeout(self.recorder.deadline_s):
                while not self._settled.is_set():  # it may be cleared again before this goes on
                    await self._settled.wait()
        except TimeoutError:
            raise TrailUnavailable(
                f"another policy is being recorded, for longer than {self.recorder.deadline_s:g} s "
                "(commit_deadline_s); is the disk slow?"
            ) from None

    async def admit(
        self, exchange: Exchange, request: Request, containment: Sequence[Finding], *, client: str
    ) -> Refusal | None:
        """Decide and record. ``None`` means: recorded, permitted, to be forwarded now.

        Raises:
            TrailUnavailable: nothing can be recorded.
        """
        await self._turn()
        decision, fields, payload = self._decide(exchange, request, containment)
        if decision.action == "refused":
            return await self._refuse(exchange, self._refusal(exchange, request), fields, payload)
        late = record.outcome_fields(self._context, _NOT_SENT_LATE)
        receipt = await self._write("intent", exchange.id, fields, payload, late)
        exchange.advance(Event.INTENT_DURABLE)
        self.permits.issue(exchange, receipt, client, request.host, request.port)
        exchange.advance(Event.RELEASED)
        _log(exchange.id, decision, exchange.endpoint.name if exchange.endpoint else None)
        return None

    def _decide(
        self, exchange: Exchange, request: Request, containment: Sequence[Finding]
    ) -> tuple[Decision, record.Fields, Payload | None]:
        """The decision, and what is to be written of it. The document, which can be sixteen times as large as its body,
        ends with this call: many requests may wait for the disk."""
        judgement = self._judge(request, containment)
        exchange.endpoint, exchange.decision, exchange.policy = judgement.endpoint, judgement.decision, self.policy
        exchange.advance(Event.DECIDED)
        fields = record.request_fields(self._context, request, judgement, self._source_name(request.source))
        return judgement.decision, fields, self._request_payload(exchange.id, request, judgement)

    async def refuse_unread(
        self,
        *,
        record_id: str,
        source: str,
        code: str,
        reason: str,
        status: int | None,
        original_destination: str | None = None,
        **known: str,
    ) -> Refusal:
        """Record and refuse what never became a request: a CONNECT, a TLS handshake, a head that does not parse.

        ``status``: what the client is answered, ``None`` for nothing. ``known``: ``method``, ``host`` and ``path``, as
        far as they are.

        Raises:
            TrailUnavailable: nothing can be recorded.
        """
        await self._turn()
        known = {"method": "", "host": "", "path": ""} | known
        fields = record.unparsed_fields(
            self._context, source=source, code=code, reason=reason, original_destination=original_destination, **known
        )
        refusal = refuse_otherwise(record=record_id, code=code, reason=reason)
        await self._write("refusal", record_id, fields | {"status": status}, None, None)
        logger.warning("refused %s: %s (%s)", record_id, reason, code)
        return refusal

    async def settle(self, exchange: Exchange, response: UpstreamResponse) -> None:
        """Record what came back; the response may be released when this returns.

        Raises:
            TrailUnavailable: the outcome is not durable; the response stays here.
        """
        await self._close(exchange, *self._assess(exchange, response))

    def _assess(self, exchange: Exchange, response: UpstreamResponse) -> tuple[Outcome, Payload | None]:
        """The outcome, and what is to be kept of the response. Its document ends with this call, too."""
        if exchange.endpoint is None:  # observe mode lets undocumented endpoints pass
            assessment = ResponseAssessment(None, False, bool(response.body), ())
        else:
            assessment = assess_response(
                exchange.endpoint,
                self.contract,
                status=response.status,
                content_types=response.content_types,
                content_encodings=response.content_encodings,
                body=response.body,
                limits=self.policy.limits,
                registry=self._context.registry,
            )
        outcome = Outcome(
            "sent",
            f"answered {response.status}",
            status=response.status,
            response_bytes=len(response.body),
            duration_ms=round((time.monotonic() - exchange.started) * 1000),
            findings=assessment.findings,
        )
        return outcome, self._response_payload(exchange, response, assessment)

    async def settle_failed(self, exchange: Exchange, *, opened: bool, reason: str) -> None:
        """Record that no whole response came back. ``opened``: some of the request may have left.

        Raises:
            TrailUnavailable: the outcome is not durable; the next start records it as unknown.
        """
        outcome = Outcome("unknown" if opened else "not_sent", reason)
        if await self._close(exchange, outcome, None):
            # As it is recorded: what the upstream said is in it.
            logger.warning("%s %s: %s", outcome.state, exchange.id, self._context.text(outcome.reason))

    async def abandon(self, exchange: Exchange) -> None:
        """End an exchange whose response could not be assessed. Never raises. An outcome that was given to the trail
        is not given twice: when that failed, the next start finds the open intent."""
        self.permits.withdraw(exchange.id)
        if exchange.outcome_given:
            return
        try:
            await self.settle_failed(exchange, opened=True, reason="a response came, but could not be assessed")
        except Exception:
            logger.exception("record %s: its outcome could not be recorded", exchange.id)

    def _judge(self, request: Request, containment: Sequence[Finding]) -> Judgement:
        judgement = judge(
            request,
            containment,
            contract=self.contract,
            policy=self.policy,
            registry=self._context.registry,
            approved=self._approved,
        )
        unwitnessed = self.recorder.unwitnessed
        if self.draining:
            waiting = Decision("refused", GOING_DOWN, "the proxy is going down; send this again later")
        elif unwitnessed is not None and judgement.decision.action != "refused":
            waiting = Decision("refused", UNWITNESSED, unwitnessed)
        else:
            return judgement
        return Judgement(judgement.endpoint, judgement.assessment, judgement.licenses, waiting)

    def _refusal(self, exchange: Exchange, request: Request) -> Refusal:
        decision = exchange.decision
        assert decision is not None  # noqa: S101 - for mypy: admit has decided
        if decision.code in (GOING_DOWN, UNWITNESSED):
            return unavailable(decision.reason, exchange.id)
        return refuse(
            exchange.endpoint,
            record=exchange.id,
            code=decision.code,
            reason=self._context.text(decision.reason),
            sink=self.policy.refusal == "sink",
            protobuf=any(value.lower().startswith(PROTOBUF) for value in request.header_values("content-type")),
        )

    async def _refuse(
        self, exchange: Exchange, refusal: Refusal, fields: record.Fields, payload: Payload | None
    ) -> Refusal:
        await self._write("refusal", exchange.id, fields | {"status": refusal.status}, payload, None)
        exchange.advance(Event.REFUSED)
        if exchange.decision is not None:
            _log(exchange.id, exchange.decision, exchange.endpoint.name if exchange.endpoint else None)
        return refusal

    async def _close(self, exchange: Exchange, outcome: Outcome, payload: Payload | None) -> bool:
        """Record the outcome; false when the exchange has one, or needs none."""
        if exchange.state is not State.FORWARDED or exchange.outcome_given:
            return False
        self.permits.withdraw(exchange.id)  # first: what is on record as not sent must not be sent meanwhile
        fields = record.outcome_fields(self._context, outcome)
        exchange.outcome_given = True
        await self._write("outcome", exchange.id, fields, payload, None)
        exchange.advance(Event.OUTCOME_DURABLE)
        return True

    async def _write(
        self, kind: str, record_id: str, fields: record.Fields, payload: Payload | None, late: record.Fields | None
    ) -> Receipt:
        await self.begun.wait()
        reference = None if payload is None else payload.reference
        return await self.recorder.record(
            kind, record_id, fields | {"payload": reference}, payload=payload, if_late=late
        )

    def _request_payload(self, record_id: str, request: Request, judgement: Judgement) -> Payload | None:
        if self.policy.recording.payloads == "none" or not request.body:
            return None
        body = record.request_payload(self._context, request, judgement)
        return _payload(record_id, "", body)

    def _response_payload(
        self, exchange: Exchange, response: UpstreamResponse, assessment: ResponseAssessment
    ) -> Payload | None:
        if exchange.policy is None or exchange.policy.recording.payloads == "none":
            return None
        body = record.response_payload(self._context, exchange.endpoint, response.body, assessment)
        if body is None:
            return None
        return _payload(exchange.id, ".response", body)

    def _source_name(self, source: str) -> str | None:
        return self.policy.source_name(source.rpartition(":")[0].strip("[]"))


def _payload(record_id: str, part: str, body: object) -> Payload:
    return build_payload(body, secrets.token_bytes(32), name=f"{record_id}{part}.json.zst", date=now()[:10])


def _log(record_id: str, decision: Decision, endpoint: str | None) -> None:
    """One line per decision. A refused usage report needs a person: the vendor's side does not send it again."""
    level = logging.INFO if decision.action == "allowed" else logging.WARNING
    hint = ""
    if decision.action == "refused" and endpoint == "usage-ingest":
        level = logging.ERROR
        hint = "; LangSmith marks these rows as failed and does not send them again by itself: requeue them there"
    logger.log(
        level, "%s %s %s: %s (%s)%s", decision.action, record_id, endpoint or "-", decision.reason, decision.code, hint
    )
