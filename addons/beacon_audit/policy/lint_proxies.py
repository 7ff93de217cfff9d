"""Lint: proxy variables that do not bring traffic for Beacon to the proxy.

Beacon is reached by https, so ``HTTPS_PROXY`` counts. Go's and Node's clients do not read ``ALL_PROXY``; an entry of
``NO_PROXY`` that covers a documented host leads past the proxy; and a variable outside of ``commonEnv`` sets nothing.
Some clients read none of them, which no file can show: that is advice.
"""

from collections.abc import Sequence

import yaml

from beacon_audit.policy.common_env import COMMON_ENV, Variable, value_of
from beacon_audit.policy.langsmith_config import LangsmithConfig

_NEEDED = "HTTPS_PROXY"
_INSTEAD = ("ALL_PROXY", "HTTP_PROXY")
_EXCEPT = "NO_PROXY"


def lint_proxies(config: LangsmithConfig, hosts: Sequence[str]) -> None:
    """Note the problems in ``config.source``. ``hosts`` are the documented ones."""
    _refuse_misplaced(config)
    if not _named(config, _NEEDED):
        for name in _INSTEAD:
            for variable in _named(config, name):
                config.source.refuse(
                    variable.node,
                    f"expected {_NEEDED}, got {variable.name} only: Beacon is reached by https, and not every client "
                    f"reads another variable; add {_NEEDED}",
                )
    for variable in _named(config, _EXCEPT):
        covered = [host for host in hosts if _is_excepted(host, variable.text or "")]
        if covered:
            config.source.refuse(
                variable.node,
                f"expected no entry in {variable.name} that covers {covered[0]}, got one: traffic to it then goes past "
                "the proxy; remove it",
            )


def advise_proxies(config: LangsmithConfig) -> None:
    """Note in ``config.source`` that ``HTTPS_PROXY`` does not reach every client."""
    for variable in _named(config, _NEEDED):
        config.source.refuse(
            variable.node,
            f"some clients ignore {variable.name} (an httpx client with a transport of its own, the urllib3-based OTLP "
            "JSON exporter): let Beacon's hosts resolve to the proxy in --mode reverse too, and let a network policy "
            "close every other way",
        )


def _named(config: LangsmithConfig, name: str) -> list[Variable]:
    """The variable in either spelling; clients read both."""
    return [config.variables[spelling] for spelling in (name, name.lower()) if spelling in config.variables]


def _refuse_misplaced(config: LangsmithConfig) -> None:
    names = {spelling for name in (_NEEDED, *_INSTEAD, _EXCEPT) for spelling in (name, name.lower())}
    for parent in (config.source.root, value_of(config.source.root, "config")):
        for key, _ in parent.value if isinstance(parent, yaml.MappingNode) else ():
            if isinstance(key, yaml.ScalarNode) and key.value in names:
                config.source.refuse(
                    key, f"expected {key.value} in the list {COMMON_ENV}, got it here, where the chart does not read it"
                )


def _is_excepted(host: str, value: str) -> bool:
    entries = (entry.strip().lower().removeprefix("*").removeprefix(".") for entry in value.split(","))
    whole = "*" in (entry.strip() for entry in value.split(","))
    return whole or any(entry and (host == entry or host.endswith(f".{entry}")) for entry in entries)
