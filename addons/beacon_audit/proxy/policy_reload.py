"""Another policy while the proxy runs (SIGHUP): read whole, recorded, in force. Or refused, and the old one stays.

A policy comes into force with its ``policy`` entry, which names the one before (``previous``), and requests wait while
that entry is written (``Auditor.change_policy``): each is judged by one policy, and stands in the trail on that
policy's side of the entry. What cannot be read or used, changes what is fixed (``policy.replacement``) or cannot be
recorded leaves everything as it was; a ``policy-refused`` entry says so with the digests of the bytes and no word of
them, the log with ``file:line:column``.

Nothing that comes of a reload ends the proxy or lets a request leave unrecorded.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.errors import PolicyError, TrailError, UsageError
from beacon_audit.policy import (
    Policy,
    PolicyFiles,
    changes_what_is_fixed,
    check_endpoint_names,
    check_replacement,
)
from beacon_audit.proxy.auditor import Auditor
from beacon_audit.proxy.identity import new_id
from beacon_audit.proxy.policy_entry import check_policy_fits, policy_fields
from beacon_audit.trail import Receipt

logger = logging.getLogger(__name__)


class _Refused(Exception):
    """The policy does not come into force. The text says why without a word of what is in the files; ``details`` are
    for the log."""

    def __init__(self, reason: str, *details: str) -> None:
        self.details = details
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Ways:
    """What a change of mode does beside the auditor: ``open_or_close`` the way out, at once; ``close_what_is_open``
    upstream once what is in flight has ended."""

    open_or_close: Callable[[Policy], None]
    close_what_is_open: Callable[[], Coroutine[None, None, None]]


class PolicyReload:
    """``load`` reads the policy anew; it may wait for the disk. ``wanted`` is set by whoever asks for it; asked for
    again meanwhile, it is done once more."""

    def __init__(
        self, load: Callable[[PolicyFiles], Policy], auditor: Auditor, ways: Ways, wanted: asyncio.Event
    ) -> None:
        self._load = load
        self._auditor = auditor
        self._ways = ways
        self._wanted = wanted

    async def serve(self) -> None:
        """Reload whenever it was asked for, until it is cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await self.reload()

    async def reload(self) -> None:
        """Once. Never raises but when cancelled; a change that has begun is then ended all the same."""
        files = PolicyFiles(regular_only=True)
        try:
            follower = await asyncio.to_thread(self._read, files)
        except _Refused as refused:
            await self._record_refusal(refused, files)
            return
        former = self._auditor.policy
        try:
            receipt = await asyncio.shield(asyncio.ensure_future(self._change(former, follower)))
        except TrailError as error:
            await self._record_refusal(_Refused("it cannot be recorded", str(error)), files)
            return
        logger.info(
            "policy %s is in force from entry %d on: %s, before %s",
            follower.name, receipt.index, follower.digest, former.digest,
        )  # fmt: skip
        if follower.mode == "offline" != former.mode:
            await self._ways.close_what_is_open()

    def _read(self, files: PolicyFiles) -> Policy:
        """The policy as it is in the files now.

        Raises:
            _Refused: it cannot come into force.
        """
        former = self._auditor.policy
        try:
            follower = self._load(files)
            check_endpoint_names(follower, self._auditor.contract.endpoints)
            check_policy_fits(follower)
        except PolicyError as error:
            first = error.problems[0]
            more = f", and {len(error.problems) - 1} more" if len(error.problems) > 1 else ""
            place = f"{Path(first.file).name}:{first.line}:{first.column}"
            raise _Refused(f"it cannot be used: a problem at {place}{more}", *map(str, error.problems)) from None
        except UsageError as error:
            raise _Refused("it cannot be used: it is too long to be recorded whole", str(error)) from None
        except Exception as error:
            # Closed. The frames say where; the message may quote the file.
            logger.exception("a policy could not be read")
            raise _Refused(f"it could not be read: a defect ({type(error).__name__})") from None
        try:
            check_replacement(former, follower)
        except PolicyError as error:
            keys = ", ".join(changes_what_is_fixed(former, follower))
            reason = f"it changes what cannot change while the proxy runs: {keys}"
            raise _Refused(reason, *map(str, error.problems)) from None
        return follower

    async def _change(self, former: Policy, follower: Policy) -> Receipt:
        fields = policy_fields(follower) | {"previous": former.digest}
        return await self._auditor.change_policy(follower, fields, lambda: self._ways.open_or_close(follower))

    async def _record_refusal(self, refused: _Refused, files: PolicyFiles) -> None:
        in_force = self._auditor.policy
        logger.error(
            "the policy was not loaded again, %s (%s) stays in force: %s", in_force.name, in_force.digest, refused
        )
        for detail in refused.details:
            logger.error("%s", detail)
        read = [{"name": file.name, "digest": file.digest} for file in files.read]
        fields: dict[str, object] = {"in_force": in_force.digest, "reason": str(refused), "files": read}
        try:
            await self._auditor.recorder.record("policy-refused", new_id(), fields)
        except TrailError as error:
            logger.error("that the policy was not loaded again could not be recorded: %s", error)
