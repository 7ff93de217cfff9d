"""Taking up approvals while the proxy runs: looked for once a second, recorded, and in force once that is durable.

What was asked wrongly, or holds a secret that this process knows, is refused and logged; nothing that is found in
``HOME/requests`` ends the proxy or holds up a request.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping

from beacon_audit.errors import TrailError
from beacon_audit.exchange.approvals import Approvals
from beacon_audit.home import Home
from beacon_audit.home.approval_spool import (
    RequestRefused,
    clear_spool,
    finish_request,
    make_spool,
    refuse_request,
    take_request,
    waiting_requests,
)
from beacon_audit.inspection import kind_of_secret
from beacon_audit.proxy.recorder import Recorder
from beacon_audit.redaction import SecretRegistry
from beacon_audit.trail.approval import read_approval

logger = logging.getLogger(__name__)
INTERVAL_SECONDS = 1.0


async def watch_approvals(home: Home, recorder: Recorder, approvals: Approvals, registry: SecretRegistry) -> None:
    """Record what is asked for in ``home`` and let ``approvals`` know, again and again, until it is cancelled."""
    cleared = troubled = False
    while True:
        try:
            if not cleared:
                await asyncio.to_thread(make_spool, home)
                await asyncio.to_thread(clear_spool, home)
                cleared = True
            for identity in await asyncio.to_thread(waiting_requests, home):
                await _take_up(home, identity, recorder, approvals, registry)
            troubled = False
        except (OSError, RequestRefused) as error:
            if not troubled:
                logger.error("no approval can be taken up: %s", error)
            troubled = True
        await asyncio.sleep(INTERVAL_SECONDS)


async def _take_up(
    home: Home, identity: str, recorder: Recorder, approvals: Approvals, registry: SecretRegistry
) -> None:
    try:
        fields = await asyncio.to_thread(take_request, home, identity)
        if fields is None:
            return
        _refuse_secrets(fields, registry)
        receipt = await recorder.record("approval", identity, dict(fields))
    except (RequestRefused, TrailError) as error:
        logger.error("approval %s is refused: %s", identity, error)
        await asyncio.to_thread(refuse_request, home, identity)
        return
    approvals.add(fields)
    logger.info("approval %s is in force (entry %d)", identity, receipt.index)
    await asyncio.to_thread(finish_request, home, identity)


def _refuse_secrets(fields: Mapping[str, object], registry: SecretRegistry) -> None:
    """The trail is never deleted, so no secret may get into it by an approval either."""
    joined = "\x1e".join(_texts(fields))
    if registry.contains(joined) or kind_of_secret(joined):
        raise RequestRefused("expected names and a reason without a secret")


def _texts(fields: Mapping[str, object]) -> Iterable[str]:
    yield from (value for value in fields.values() if isinstance(value, str))
    for group in read_approval(fields).values():
        yield from group
