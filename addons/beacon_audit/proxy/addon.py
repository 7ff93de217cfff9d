"""The audit addon: mitmproxy's hooks, each of which fails closed.

How it holds (FACTS of mitmproxy: an exception in a hook is logged and the request goes on): the first hook of a
request puts a refusal in place, and only the last step of ``request``, after the durable commit, takes it away. So
does every other hook: refuse first, then look. What follows a refusal can only be a better-worded refusal.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Literal

from mitmproxy import http, tls
from mitmproxy.connection import Client
from mitmproxy.proxy import server_hooks

from beacon_audit.errors import TrailError
from beacon_audit.exchange.states import Event, Exchange, State
from beacon_audit.model import Finding
from beacon_audit.proxy.auditor import Auditor, UpstreamResponse
from beacon_audit.proxy.connections import Connections
from beacon_audit.proxy.containment import Destination, connect_findings, containment_findings, normalised_host
from beacon_audit.proxy.flows import original_destination_of, request_of, source_of
from beacon_audit.proxy.gate import dialling_for
from beacon_audit.proxy.http1_guard import UnreadableRequest
from beacon_audit.proxy.identity import new_id
from beacon_audit.proxy.refusals import REFUSED_STATUS, UNAVAILABLE_STATUS, response_withheld, unavailable
from beacon_audit.proxy.stream_bodies import NO_ROOM, OVERLOADED
from beacon_audit.proxy.stream_guard import HANDED_OVER, RECORD, SETTLED
from beacon_audit.proxy.unfinished import unfinished

logger = logging.getLogger(__name__)

_TOO_LARGE = Finding("wire.body-too-large", "", "the body is larger than the policy allows (limits.body_bytes)")
_TOO_MANY_BODIES = Finding(
    "containment.too-many-bodies",
    "",
    "the bodies of all requests together are more than the policy allows (limits.buffered_bytes)",
)
_STOPPED = Finding("containment.unpermitted-bytes", "", "bytes that belong to no recorded request were stopped")
_FIRST_STATUS, _LAST_STATUS = 100, 999  # RFC 9112 §4: three digits
_BROKE_OFF = "the connection broke before a whole response was there"
_NO_ROOM_FOR_ANSWER = "the response was withheld: there was no room to hold it (limits.buffered_bytes)"
#: When to try again what found no room: what others hold ends with the deadline of their records, or their answers.
_RETRY_AFTER_S = 5

# What stands in a flow while it is being decided, made once: each flow gets them, and only a failure lets one out.
_UNDECIDED = unavailable("the request was not decided").response()
_UNSETTLED = response_withheld("its outcome was not recorded").response()


@dataclass(frozen=True, slots=True)
class Listening:
    """How requests come in. ``tunnelled``: by CONNECT (regular mode). ``allowed``: where they may go. ``redirected``:
    on connections that were made to another place (transparent mode)."""

    tunnelled: bool
    allowed: Destination
    redirected: bool = False


class AuditAddon:
    """mitmproxy's view of the audit. Method names are hook names."""

    def __init__(self, auditor: Auditor, listening: Listening, connections: Connections) -> None:
        self._auditor = auditor
        self._connections = connections
        self._listening = listening
        self._open: dict[str, tuple[Exchange, http.HTTPFlow]] = {}
        self._connect_targets: dict[str, str] = {}
        self._breaches: set[asyncio.Task[object]] = set()

    def in_flight(self, before: float) -> int:
        """How many exchanges began before ``before`` (monotonic clock, seconds) and have not ended."""
        return sum(exchange.started < before for exchange, _ in self._open.values())

    async def report_floods(self) -> None:
        """Record how many connections were turned away, and how many were given up, since the last time."""
        connections = self._connections
        if count := connections.take_turned_away():
            why = (
                f"{count} connections were turned away: {connections.limit} were open (limits.connections), "
                f"or {connections.limit_of_a_source} from one source"
            )
            await self._refused_unread(None, Finding("containment.too-many-connections", "", why), status=None)
        if count := connections.take_given_up():
            why = f"{count} connections were closed: no request came on them in time"
            await self._refused_unread(None, Finding("containment.silent-connections", "", why), status=None)

    # --- the way in ---------------------------------------------------------------------------------------------

    async def http_connect(self, flow: http.HTTPFlow) -> None:
        """A CONNECT: refused unless its target is a documented destination. It opens nothing yet."""
        flow.response = unavailable("the CONNECT was not looked at").response()
        authority = flow.request.data.authority.decode("latin-1")
        if self._listening.tunnelled:
            findings = connect_findings(authority, self._listening.allowed)
        else:
            findings = (_unexpected_connect(),)
        if findings:
            flow.response = await self._refused_unread(
                flow.client_conn, findings[0], status=REFUSED_STATUS, method="CONNECT", host=authority
            )
            return
        self._connect_targets[flow.client_conn.id] = authority
        flow.response = None

    def client_connected(self, client: Client) -> None:
        """A new connection: closed unread when there are too many."""
        if not self._connections.enter(client.id, client.peername[0]):
            client.error = "too many connections"

    async def unreadable_request(self, data: UnreadableRequest) -> None:
        """A request head that does not parse: mitmproxy answers 400; here it is recorded."""
        if self._connections.was_given_up(data.client.id):
            return
        finding = Finding("wire.http-head", "", data.reason)
        record = new_id()
        answer = await self._refused_unread(data.client, finding, status=data.status, record_id=record)
        if answer.status_code == REFUSED_STATUS:  # else there is none
            data.record = record

    async def tls_failed_client(self, data: tls.TlsData) -> None:
        """A TLS handshake with a client that failed."""
        reason = (
            "the TLS handshake with the client failed; does it trust ca/ca.crt, and does it ask for a documented host?"
        )
        finding = Finding("containment.tls-handshake", "", reason)
        client = data.context.client
        if self._connections.was_given_up(client.id):
            return
        await self._refused_unread(client, finding, status=None, host=client.sni or "")

    async def client_disconnected(self, client: Client) -> None:
        """The last hook of a client connection. mitmproxy has ended every exchange on it by now, but for those that
        waited for a connection upstream, and those that it forgot."""
        self._connect_targets.pop(client.id, None)
        self._connections.leave(client.id)
        for exchange, flow in list(self._open.values()):
            if flow.client_conn.id == client.id and exchange.state in (State.RECEIVED, State.FORWARDED):
                await self.error(flow)

    async def requestheaders(self, flow: http.HTTPFlow) -> None:
        """The first hook of a request: refuse. Everything after this can only lift it by a durable record."""
        flow.response = _UNDECIDED
        exchange = Exchange(new_id(), time.monotonic())
        flow.metadata[RECORD] = exchange.id
        self._open[flow.id] = exchange, flow

    async def request(self, flow: http.HTTPFlow) -> None:
        """The whole request was read: decide, record, and as the very last step lift the refusal."""
        flow.response = _UNDECIDED
        try:
            refusal = await self._admit(flow)
        except Exception as error:  # noqa: BLE001 - closed: whatever it was, the request stays in
            why = _report("a request could not be decided or recorded; it stays in", error)
            flow.response = unavailable(why).response()
        else:
            flow.response = refusal

    async def _admit(self, flow: http.HTTPFlow) -> http.Response | None:
        exchange, _ = self._open[flow.id]
        connect_target = self._connect_targets.get(flow.client_conn.id)
        request = request_of(
            flow,
            host=self._destination_host(flow),
            connect_target=connect_target,
            original_destination=self._original_destination(flow.client_conn),
        )
        way = self._listening
        findings = containment_findings(request, way.allowed, tunnelled=way.tunnelled, redirected=way.redirected)
        refusal = await self._auditor.admit(exchange, request, findings, client=flow.client_conn.id)
        if refusal is not None:
            return refusal.response()
        # The names agree, so this changes where nothing goes: it makes one upstream connection serve every spelling.
        flow.request.data.host = request.host
        proxy = self._auditor.policy.upstream.proxy
        if proxy is not None:
            scheme: Literal["http", "https"] = "https" if proxy[0] == "https" else "http"
            flow.server_conn.via = (scheme, (proxy[1], proxy[2]))
        return None

    def _destination_host(self, flow: http.HTTPFlow) -> str:
        """Where this request would go. Reverse and transparent mode have no CONNECT to say so: there the SNI does, if
        documented. An address that the client chose is named only where it is refused."""
        if not self._listening.tunnelled:
            named = normalised_host(flow.client_conn.sni or "")
            if named in self._listening.allowed.hosts:
                return named
        return flow.request.data.host

    def _original_destination(self, client: Client) -> str | None:
        return original_destination_of(client) if self._listening.redirected else None

    # --- the way out --------------------------------------------------------------------------------------------

    def server_connect(self, data: server_hooks.ServerConnectionHookData) -> None:
        """Tell the gate on whose behalf this task is about to dial."""
        dialling_for.set(data.client.id)

    def breached(self, host: str) -> None:
        """Bytes were stopped on an open connection to ``host`` (``proxy.watch``)."""
        task = asyncio.get_running_loop().create_task(self._refused_unread(None, _STOPPED, status=None, host=host))
        self._breaches.add(task)
        task.add_done_callback(self._breaches.discard)

    # --- the way back -------------------------------------------------------------------------------------------

    async def response(self, flow: http.HTTPFlow) -> None:
        """A whole response was read: record the outcome, then let it go. Also called for our own refusals."""
        received = flow.response
        exchange, _ = self._open.get(flow.id, (None, flow))
        if received is None or exchange is None:
            return
        try:
            await self._settle(flow, exchange, received)
            flow.metadata[SETTLED] = flow.response
        finally:
            self._open.pop(flow.id, None)  # not before: the end of the proxy waits for it

    async def _settle(self, flow: http.HTTPFlow, exchange: Exchange, received: http.Response) -> None:
        if exchange.outcome_given:
            flow.response = _UNSETTLED  # it came when ``finish`` had given it up
            return
        if exchange.state is not State.FORWARDED:
            return
        flow.response = _UNSETTLED
        if not _FIRST_STATUS <= received.status_code <= _LAST_STATUS:
            await self._auditor.abandon(exchange)
            return
        try:
            await self._auditor.settle(exchange, _response_of(received))
        except Exception as error:  # noqa: BLE001 - closed: whatever it was, the response stays here
            why = _report(f"record {exchange.id}: the response is withheld, its outcome is not recorded", error)
            flow.response = response_withheld(why, exchange.id).response()
            await self._auditor.abandon(exchange)
            return
        if received.status_code >= 200:
            flow.response = received
        else:
            # 101 would turn the connection into something that nobody looks into.
            flow.response = response_withheld("the upstream asked to leave HTTP", exchange.id).response()

    async def error(self, flow: http.HTTPFlow) -> None:
        """A connection broke, or mitmproxy refused the request or response by itself."""
        exchange, _ = self._open.pop(flow.id, (None, flow))
        if exchange is None:
            return
        try:
            await self._record_error(exchange, flow)
        except Exception as error:  # noqa: BLE001 - whatever it was, there is nothing left to forward
            _report(f"record {exchange.id}: how it ended could not be recorded", error)

    async def _record_error(self, exchange: Exchange, flow: http.HTTPFlow) -> None:
        if exchange.state is State.FORWARDED:
            handed_over = HANDED_OVER in flow.metadata
            broke_off = _NO_ROOM_FOR_ANSWER if NO_ROOM in flow.metadata else _BROKE_OFF
            reason = broke_off if handed_over else f"nothing was sent: {_why_no_connection(flow)}"
            await self._auditor.settle_failed(exchange, opened=handed_over, reason=reason)
        elif exchange.state is State.RECEIVED:
            exchange.advance(Event.REFUSED)
            data = flow.request.data
            known = {name: value.decode("latin-1") for name, value in (("method", data.method), ("path", data.path))}
            known["path"] = known["path"].partition("?")[0]
            finding, status = _why_unfinished(flow)
            flow.response = await self._refused_unread(
                flow.client_conn,
                finding,
                status=status,
                record_id=exchange.id,
                host=flow.request.data.host,
                **known,
            )

    async def cut_off(self, reason: str) -> None:
        """Record what is forwarded and unanswered as unknown. Its permits end, and its responses are not let go."""
        forwarded = [exchange for exchange, _ in self._open.values() if exchange.state is State.FORWARDED]
        given_up = (self._auditor.settle_failed(exchange, opened=True, reason=reason) for exchange in forwarded)
        for result in await asyncio.gather(*given_up, return_exceptions=True):
            if isinstance(result, Exception):
                _report("what was cut off could not be recorded; the next start records it as unknown", result)

    async def finish(self, reason: str) -> None:
        """Record everything that is still open, before the trail is closed. The responses are not let go any more."""
        await self.report_floods()
        ended = (
            self._auditor.settle_failed(exchange, opened=True, reason=reason)
            if exchange.state is State.FORWARDED
            else self._record_error(exchange, flow)
            for exchange, flow in list(self._open.values())
        )
        for result in await asyncio.gather(*ended, *self._breaches, return_exceptions=True):
            if isinstance(result, Exception):
                _report("what was in flight could not be recorded; the next start records it as unknown", result)

    # --- closed -------------------------------------------------------------------------------------------------

    async def _refused_unread(
        self, client: Client | None, finding: Finding, *, status: int | None, record_id: str = "", **known: str
    ) -> http.Response:
        """Record and refuse what never became a request; ``status`` is what the client is answered. Never raises:
        without a record it is a 503. ``client`` is ``None`` for what none of them alone has done."""
        try:
            refusal = await self._auditor.refuse_unread(
                record_id=record_id or new_id(),
                source=source_of(client) if client else "",
                original_destination=self._original_destination(client) if client else None,
                code=finding.code,
                reason=finding.message,
                status=status,
                **known,
            )
        except Exception as error:  # noqa: BLE001 - closed: refused, though without a record
            return unavailable(_report("a refusal could not be recorded", error)).response()
        if status == UNAVAILABLE_STATUS:
            refusal = unavailable(finding.message, record_id, retry_after_s=_RETRY_AFTER_S)
        return refusal.response()


def _report(what: str, error: Exception) -> str:
    """Log a failure; gives the reason for the client. A trail that cannot be written is a fact for the operator, all
    else a defect. The message of a defect is told to nobody: it may quote the request."""
    if isinstance(error, TrailError):
        logger.error("%s: %s", what, error)
        return str(error)
    logger.error("%s", what, exc_info=error)
    return f"a defect ({type(error).__name__}); the log of the proxy says where"


def _why_no_connection(flow: http.HTTPFlow) -> str:
    """What the system or OpenSSL says. What a parent proxy says is not quoted."""
    if flow.server_conn.via is not None:
        return "the parent proxy could not be reached, or opened no tunnel"
    return flow.error.msg if flow.error else "the connection was not opened"


def _why_unfinished(flow: http.HTTPFlow) -> tuple[Finding, int | None]:
    """Why a request was not read to its end, and what its client is answered; ``None`` where that is not known."""
    told = flow.error.msg if flow.error is not None else ""
    if NO_ROOM in flow.metadata:
        return _TOO_MANY_BODIES, UNAVAILABLE_STATUS if told == OVERLOADED else None
    if "body_size_limit" in told:
        return _TOO_LARGE, 413
    return unfinished(flow), None


def _unexpected_connect() -> Finding:
    return Finding("containment.connect-unexpected", "", "CONNECT is answered in regular mode only")


def _response_of(received: http.Response) -> UpstreamResponse:
    def values(wanted: bytes) -> tuple[str, ...]:
        fields = received.data.headers.fields
        return tuple(value.decode("latin-1") for name, value in fields if name.lower() == wanted)

    return UpstreamResponse(
        received.status_code, values(b"content-type"), values(b"content-encoding"), received.data.content or b""
    )
