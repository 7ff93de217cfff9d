"""A request as the pure core takes it: documented in every respect but for what a test changes."""

from dataclasses import replace
from typing import Any

from beacon_audit.model import Request
from harness.client import HOST
from harness.violations import PATHS, documented


def request_to(endpoint: str, **changes: Any) -> Request:
    """The documented request to ``endpoint``, with other values in some fields. ``headers`` are added to those that
    it has."""
    added = tuple(changes.pop("headers", ()))
    request = Request(
        source="127.0.0.1:5",
        method="POST",
        scheme="https",
        host=HOST,
        port=443,
        target=PATHS[endpoint],
        http_version="HTTP/1.1",
        tls=True,
        sni=HOST,
        connect_target=f"{HOST}:443",
        host_headers=(HOST,),
        authority=None,
        headers=(("host", HOST), ("content-type", "application/json"), *added),
        body=documented(endpoint),
    )
    return replace(request, **changes)
