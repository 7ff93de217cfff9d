"""Policies for tests: made up in memory or loaded from text, and the endpoints that they are asked about."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from beacon_audit.errors import Problem
from beacon_audit.model import Endpoint
from beacon_audit.policy import Policy, load_policy

type Write = Callable[[str], Path]
type Refused = Callable[[str], tuple[Problem, ...]]
type Loaded = Callable[[str], Policy]

_DEFAULT = load_policy(None, cwd=Path.cwd())

METRICS = Endpoint(
    name="telemetry-metrics",
    method="POST",
    path="/v1/beacon/v1/metrics",
    traffic_class="operational",
    switch="metrics",
    setting="config.telemetry.metrics",
    otlp="metrics",
    media_types=("application/json",),
    license_pointers=(),
    response_secret_pointers=(),
)
VERIFY = Endpoint(
    name="license-verify",
    method="POST",
    path="/v1/beacon/verify",
    traffic_class="billing",
    switch=None,
    setting=None,
    otlp=None,
    media_types=("application/json",),
    license_pointers=("/license",),
    response_secret_pointers=("/token",),
)


def policy_with(**fields: Any) -> Policy:
    """The default policy with other values in some fields."""
    return replace(_DEFAULT, **fields)
