"""A running proxy, from its parts to its end.

Order of starting: contract and policy, home, trail (recovered), approvals, gate, listener, ``open`` and ``policy``;
requests that came meanwhile wait for these. Order of stopping: no new connections; exchanges in flight finish, or are
recorded as unknown when the time is up; a ``close`` entry; the trail. So there is no moment when something could leave
without a record.
"""

import asyncio
import logging
import os
import resource
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from beacon_audit import __version__
from beacon_audit.contracts import Contract
from beacon_audit.errors import TrailUnavailable, UsageError
from beacon_audit.exchange.approvals import Approvals
from beacon_audit.exchange.record import RecordContext
from beacon_audit.home import Home, open_trail_writer
from beacon_audit.policy import Policy, PolicyFiles
from beacon_audit.proxy import guards, original_destination
from beacon_audit.proxy.addon import AuditAddon, Listening
from beacon_audit.proxy.approval_watch import watch_approvals
from beacon_audit.proxy.auditor import Auditor
from beacon_audit.proxy.body_budget import BodyBudget
from beacon_audit.proxy.chain import ProxyMaster, TlsConfig
from beacon_audit.proxy.connections import Connections, connections_for
from beacon_audit.proxy.containment import Destination, normalised_host
from beacon_audit.proxy.garbage import keep_what_is_there
from beacon_audit.proxy.gate import Gate, GatedEventLoop
from beacon_audit.proxy.identity import new_id, now
from beacon_audit.proxy.permits import Permits
from beacon_audit.proxy.policy_entry import check_policy_fits, policy_fields
from beacon_audit.proxy.policy_reload import PolicyReload, Ways
from beacon_audit.proxy.recorder import Recorder
from beacon_audit.proxy.retention import keep_to_retention
from beacon_audit.proxy.watch import Watches
from beacon_audit.proxy.witnesses import Witnesses
from beacon_audit.redaction import SecretRegistry, Tokens
from beacon_audit.trail import TrailWriter
from beacon_audit.trail.approval_scan import find_approvals

logger = logging.getLogger(__name__)

type Work = Callable[[], Coroutine[None, None, None]]

#: How long exchanges in flight may take to finish after SIGTERM. Kubernetes gives 30 seconds in all.
DRAIN_SECONDS = 10.0
START_SECONDS = 15.0
#: How often it is recorded that connections were turned away or given up.
FLOOD_SECONDS = 10.0
#: How long the last checkpoint may take to be cosigned at the end.
WITNESS_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Settings:
    """``mode`` is ``regular``, ``reverse`` or ``transparent``; ``reverse_host`` the one host that reverse mode answers
    as, ``None`` for every host of the contract. ``listen`` is one or more pairs of an IP address and a port, 0 for a
    free one. ``load`` reads the policy anew."""

    home: Home
    policy: Policy
    contract: Contract
    mode: str
    reverse_host: str | None
    listen: tuple[tuple[str, int], ...]
    load: Callable[[PolicyFiles], Policy]

    def allowed(self) -> Destination:
        """Where requests may go.

        Raises:
            UsageError: ``reverse_host`` is not a host of the contract.
        """
        known = {entry.host: entry.reason for entry in self.contract.known_hosts}
        if self.reverse_host is None:
            return Destination(self.contract.hosts, self.contract.port, known)
        host = normalised_host(self.reverse_host)
        if host not in self.contract.hosts:
            documented = ", ".join(self.contract.hosts)
            raise UsageError(f"--mode reverse: expected a host of {self.contract.name} ({documented}), came another")
        return Destination((host,), self.contract.port, known)


@dataclass(frozen=True, slots=True)
class Health:
    """``ready`` is false while nothing may leave; ``reason`` says why."""

    ready: bool
    reason: str


class ProxyService:
    """One proxy. ``run`` it on a ``GatedEventLoop``."""

    def __init__(self, settings: Settings, registry: SecretRegistry, tokens: Tokens) -> None:
        self._settings = settings
        self._registry = registry
        self._tokens = tokens
        self._stopping = asyncio.Event()
        self._auditor: Auditor | None = None
        self._reload_wanted = asyncio.Event()

    def reload(self) -> None:
        """Read the policy anew, once the proxy is ready. Safe to call from a signal handler of the loop."""
        self._reload_wanted.set()

    def stop(self) -> None:
        """Begin to stop; ``run`` returns when it is done. Safe to call from a signal handler of the loop."""
        self._stopping.set()

    def health(self) -> Health:
        """Whether requests can be recorded and so may leave."""
        if self._auditor is None or not self._auditor.begun.is_set():
            return Health(False, "starting")
        if self._auditor.draining:
            return Health(False, "going down")
        failure = self._auditor.recorder.failure
        return Health(failure is None, failure or "recording")

    async def run(
        self, on_ready: Callable[[dict[str, object]], None], on_checkpoint: Callable[[bytes], None] = lambda _: None
    ) -> bool:
        """Serve until ``stop``; false when the end could not be recorded. ``on_ready`` gets the fields of the ready
        line, ``on_checkpoint`` the note of every checkpoint, in another thread; it must not wait.

        Raises:
            UsageError, TrailError: it could not start.
        """
        settings = self._settings
        allowed = settings.allowed()
        check_policy_fits(settings.policy)
        witnesses = Witnesses.of(settings.policy, settings.home.trail)

        def published(note: bytes) -> None:
            on_checkpoint(note)
            witnesses.offer(note)

        writer = open_trail_writer(settings.home, new_id=new_id, now=now, on_checkpoint=published)
        try:
            witnesses.start(writer.checkpoint)
            deadline_s = settings.policy.limits.commit_deadline_s
            recorder = Recorder(writer, deadline_s=deadline_s, now=now, standing=witnesses.stale)
            permits = Permits()
            approvals = await asyncio.to_thread(self._read_approvals, writer)
            context = RecordContext(
                self._registry,
                self._tokens,
                settings.policy.digest,
                settings.contract.name,
                frozenset(settings.contract.hosts),
            )
            self._auditor = Auditor(
                contract=settings.contract,
                policy=settings.policy,
                context=context,
                recorder=recorder,
                permits=permits,
                approved=approvals.covers,
            )
            connections = Connections(_most_connections(settings.policy.limits.connections))
            transparent = settings.mode == "transparent"
            way = Listening(settings.mode == "regular", allowed, redirected=transparent)
            addon = AuditAddon(self._auditor, way, connections)
            watches = Watches(permits, addon.breached)
            guards.install(permits, watches, BodyBudget.of(settings.policy.limits), connections)
            if transparent:
                original_destination.install()
            way_out = partial(self._open_gate, permits, watches)
            way_out(settings.policy)
            retention = partial(keep_to_retention, writer, settings.home.payloads, self._retention_days)
            requests = partial(watch_approvals, settings.home, recorder, approvals, self._registry)
            works = (retention, requests, partial(_report_floods, addon))
            return await self._serve(addon, allowed, self._auditor, way_out, works, on_ready)
        finally:
            try:
                writer.close()
            finally:
                witnesses.close(wait_s=WITNESS_SECONDS)

    def _read_approvals(self, writer: TrailWriter) -> Approvals:
        """What was approved so far. Waits for the disk, once at the start."""
        approvals = Approvals(self._tokens)
        for fields in find_approvals(self._settings.home.trail, writer.publish()):
            approvals.add(fields)
        return approvals

    def _retention_days(self) -> int:
        policy = self._settings.policy if self._auditor is None else self._auditor.policy
        return policy.recording.retention_days

    def _open_gate(self, permits: Permits, watches: Watches, policy: Policy) -> None:
        loop = asyncio.get_running_loop()
        if not isinstance(loop, GatedEventLoop):
            raise RuntimeError("the proxy must run on a GatedEventLoop")
        # In offline mode there is no gate to ask: nothing can be opened, whatever any other code believes.
        loop.gate = None if policy.mode == "offline" else Gate(permits, watches, policy.upstream)

    async def _serve(
        self,
        addon: AuditAddon,
        allowed: Destination,
        auditor: Auditor,
        way_out: Callable[[Policy], None],
        works: Sequence[Work],
        on_ready: Callable[[dict[str, object]], None],
    ) -> bool:
        settings = self._settings
        # In reverse mode mitmproxy wants one destination; where a request goes is decided by its names.
        first = settings.reverse_host or allowed.hosts[0]
        master = ProxyMaster(
            mode=f"reverse:https://{first}:{allowed.port}" if settings.mode == "reverse" else settings.mode,
            listen=settings.listen,
            body_bytes=settings.policy.limits.body_bytes,
            upstream_ca=settings.policy.upstream.ca_file,
            tls=TlsConfig(settings.home.ca_private, allowed.hosts),
            audit=addon,
        )
        running = asyncio.create_task(master.run())
        try:
            addresses = await _listening(master, running)
            listen = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in addresses]
            await self._begin(auditor, ", ".join(listen))
            keep_what_is_there()
            on_ready(
                {
                    "event": "ready",
                    "proxy": listen[0],
                    "listen": listen,
                    "mode": settings.mode,
                    "policy": settings.policy.digest,
                    "contract": settings.contract.name,
                    "trail": str(settings.home.trail),
                }
            )
            ways = Ways(way_out, partial(_close_upstream, master, addon))
            reload = PolicyReload(settings.load, auditor, ways, self._reload_wanted)
            async with _beside((*works, reload.serve)):
                await self._stopping.wait()
            await self._drain(master, addon)
            return _close_trail(auditor.recorder)
        finally:
            master.shutdown()
            await running

    async def _begin(self, auditor: Auditor, listen: str) -> None:
        """Record that a run begins and what is in force, then let requests be recorded."""
        await auditor.recorder.record("open", new_id(), self._open_fields(listen))
        await auditor.recorder.record("policy", new_id(), policy_fields(self._settings.policy))
        auditor.begun.set()

    def _open_fields(self, listen: str) -> dict[str, object]:
        settings = self._settings
        return {
            "version": __version__,
            "mode": settings.policy.mode,
            "listening_mode": settings.mode,
            "listen": listen,
            "policy": settings.policy.digest,
            "policy_name": settings.policy.name,
            "contract": settings.contract.name,
            "contract_digest": settings.contract.digest,
            "pid": os.getpid(),
        }

    async def _drain(self, master: ProxyMaster, addon: AuditAddon) -> None:
        """Let what is in flight finish; refuse what is new; record what is left when the time is up."""
        if self._auditor is not None:
            self._auditor.draining = True
        await master.stop_listening()
        await _in_flight_ended(addon)
        await addon.finish("the proxy went down before the outcome was known")


async def _in_flight_ended(addon: AuditAddon) -> None:
    """Wait until what is in flight now has ended, or the time for that is up. What begins later is refused by then, so
    a busy client does not hold it up."""
    began = time.monotonic()
    while addon.in_flight(before=began) and time.monotonic() < began + DRAIN_SECONDS:
        await asyncio.sleep(0.02)


async def _close_upstream(master: ProxyMaster, addon: AuditAddon) -> None:
    """The policy is offline from now on: what is in flight may end, then no connection upstream is left."""
    await _in_flight_ended(addon)
    await addon.cut_off("the policy became offline before the outcome was known")
    master.close_upstream()
    logger.info("offline: every connection upstream is closed")


@asynccontextmanager
async def _beside(works: Sequence[Work]) -> AsyncIterator[None]:
    """``works`` go on inside, and are cancelled at the end."""
    tasks = [asyncio.create_task(work()) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


async def _report_floods(addon: AuditAddon) -> None:
    while True:
        await asyncio.sleep(FLOOD_SECONDS)
        await addon.report_floods()


async def _listening(master: ProxyMaster, running: "asyncio.Task[None]") -> list[tuple[str, int]]:
    """Wait until the proxy listens everywhere, or has failed to. mitmproxy logs a failure and goes on waiting."""
    deadline = asyncio.get_running_loop().time() + START_SECONDS
    while not (running.done() or master.proxyserver.is_running):
        if asyncio.get_running_loop().time() > deadline:
            raise UsageError(f"the proxy did not begin to listen within {START_SECONDS:g} s; see the messages above")
        await asyncio.sleep(0.01)
    if running.done():
        await running
    return master.listening()


def _close_trail(recorder: Recorder) -> bool:
    """Whether the end is on record."""
    try:
        recorder.close(new_id(), {"reason": "stopped by signal"})
    except TrailUnavailable as error:
        logger.error("the end of this run could not be recorded: %s", error)
        return False
    return True


def _most_connections(limit: int) -> int:
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = connections_for(limit, descriptors)
    if most < limit:
        logger.warning(
            "limits.connections is %d, and this process may open %d files, which is enough for %d connections: that is "
            "the limit now. Give it more (ulimit -n, LimitNOFILE) or write the smaller number into the policy",
            limit, descriptors, most,
        )  # fmt: skip
    return most
