"""Request bodies: the documented samples of the contract with a made-up license key, and hostile variants of them.

Every function gives the bytes of a JSON document in UTF-8, gzip-compressed where its name says so. The samples come
from the contract edition itself, so the demonstration sends what the documentation shows.
"""

import gzip
import json
from collections.abc import Callable
from importlib import resources
from typing import Any

EDITION = "langsmith-beacon/2026-08"
_PLACEHOLDER = "<YOUR_LICENSE_KEY>"
_PROMPT = "Summarise the contract with our largest customer."


class Payloads:
    """Bodies that carry ``license_key`` where the documentation shows a license."""

    def __init__(self, license_key: str) -> None:
        self.license_key = license_key

    @property
    def sensitive(self) -> tuple[str, ...]:
        """What some bodies carry and no file may hold in clear: the license key and a user's prompt."""
        return self.license_key, _PROMPT

    def documented(self, endpoint: str) -> bytes:
        """The documented sample of a request to ``endpoint``."""
        sample = resources.files("beacon_audit.contracts") / "editions" / EDITION / "samples"
        text = (sample / f"{endpoint}.request.json").read_text("utf-8")
        return text.replace(_PLACEHOLDER, self.license_key).encode()

    def compressed(self, endpoint: str) -> bytes:
        """The documented sample as one gzip member, which the documentation of OTLP allows."""
        return gzip.compress(self.documented(endpoint))

    def with_second_member(self, endpoint: str) -> bytes:
        """A harmless gzip member, and behind it a second one: many decoders show an auditor the first one only."""
        return self.compressed(endpoint) + gzip.compress(b'{"smuggled": "everything else"}')

    def with_undocumented_field(self) -> bytes:
        """A usage report that also names the machine it comes from."""
        return self._changed("usage-ingest", lambda usage: usage.update(hostname="db-7.internal.example"))

    def with_wrong_type(self) -> bytes:
        """A usage report whose trace count is free text."""
        return self._changed("usage-ingest", lambda usage: usage["trace_transactions"][0].update(trace_count="five"))

    def with_second_license(self) -> bytes:
        """Two fields of the same name, the second spelled with an escape: which one counts depends on the reader."""
        first, second = json.dumps(self.license_key), json.dumps("lcl_somebody_elses_key")
        return f'{{"license": {first}, "licens\\u0065": {second}}}'.encode()

    def with_license_in_span(self) -> bytes:
        """A trace that carries the license key in an attribute of a span."""
        return self._with_span_attribute("env", self.license_key)

    def with_prompt_in_span(self) -> bytes:
        """A trace that carries what a user typed."""
        return self._with_span_attribute("gen_ai.prompt", _PROMPT)

    def with_prompt(self) -> bytes:
        """What a user typed, for a service that works on it."""
        return json.dumps({"messages": [{"role": "user", "content": _PROMPT}]}).encode()

    def _with_span_attribute(self, key: str, value: str) -> bytes:
        attribute = {"key": key, "value": {"stringValue": value}}

        def add(traces: dict[str, Any]) -> None:
            traces["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["attributes"] = [attribute]

        return self._changed("telemetry-traces", add)

    def _changed(self, endpoint: str, change: Callable[[dict[str, Any]], None]) -> bytes:
        document = json.loads(self.documented(endpoint))
        change(document)
        return json.dumps(document).encode()
