"""Lint: whether LangSmith's services will trust the certificate that the proxy shows them.

``config.customCa`` names a secret and sets ``SSL_CERT_FILE``, nothing else. What the secret holds cannot be seen in the
file: ``init`` calls the bundle with the proxy's CA ``ca-bundle.crt``, so a customCa that names another key is taken not
to have it, unless the bundle itself is given and does.
"""

from collections.abc import Sequence

import yaml
from cryptography import x509

from beacon_audit.policy.common_env import COMMON_ENV, value_of
from beacon_audit.policy.langsmith_config import LangsmithConfig
from beacon_audit.policy.scalars import scalar_of

#: What ``init`` calls the public roots together with the proxy's CA.
BUNDLE = "ca-bundle.crt"
_CUSTOM_CA = "config.customCa"
_SET_BY_CHART = "SSL_CERT_FILE"


def lint_trust(config: LangsmithConfig, authority: bytes | None, bundle: tuple[str, bytes] | None) -> None:
    """Note the problems in ``config.source``; ``authority`` and ``bundle`` as in ``Surroundings``."""
    misplaced = value_of(config.source.root, "customCa")
    if misplaced is not None:
        config.source.refuse(misplaced, f"expected {_CUSTOM_CA}, got customCa at the top level, where nothing reads it")
    node = value_of(config.source.root, "config", "customCa")
    secret, key = _text(node, "secretName"), _text(node, "secretKey")
    if node is None or not (secret or key):
        return
    if not (secret and key):
        got = "secretName" if secret else "secretKey"
        config.source.refuse(
            node, f"expected both secretName and secretKey in {_CUSTOM_CA}, got {got} only, which the chart ignores"
        )
        return
    if _SET_BY_CHART in config.variables:
        config.source.refuse(
            config.variables[_SET_BY_CHART].node,
            f"expected no {_SET_BY_CHART} in {COMMON_ENV} beside {_CUSTOM_CA}, which sets it too: the chart refuses a "
            "variable that is given twice; remove it here",
        )
    if bundle is not None:
        _check_bundle(config, node, authority, bundle)
    elif key != BUNDLE:
        config.source.refuse(
            node,
            f"expected the bundle that init describes ({BUNDLE}), which has the proxy's CA, got another key of a "
            "secret; without that CA LangSmith refuses the proxy: add it to the secret, or check the file that the "
            "secret was made from with --home and --ca-bundle",
        )


def advise_trust(config: LangsmithConfig) -> None:
    """Note in ``config.source`` which clients do not read what is set."""
    node = value_of(config.source.root, "config", "customCa")
    if _text(node, "secretName") and _text(node, "secretKey") and "REQUESTS_CA_BUNDLE" not in config.variables:
        assert node is not None  # noqa: S101 - it has a text in it
        config.source.refuse(
            node,
            f"{_CUSTOM_CA} sets {_SET_BY_CHART} only, which Python's requests does not read: set REQUESTS_CA_BUNDLE to "
            f"/etc/ssl/certs/custom-ca-certificates.crt in {COMMON_ENV}",
        )


def _check_bundle(config: LangsmithConfig, node: yaml.Node, authority: bytes | None, bundle: tuple[str, bytes]) -> None:
    name, data = bundle
    held = _certificates(data)
    ours = _certificates(authority or b"")
    if not held:
        config.source.refuse(node, f"expected PEM certificates in {name}, got a file without any")
    elif ours and not set(ours) <= set(held):
        config.source.refuse(
            node, f"expected the CA of this home in {name}, got other certificates only; add ca.crt to it"
        )
    elif ours and set(held) == set(ours):
        config.source.refuse(
            node, f"expected the public roots beside the proxy's CA in {name}, got that CA only; it replaces the roots"
        )


def _certificates(data: bytes) -> Sequence[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError:
        return ()


def _text(node: yaml.Node | None, key: str) -> str | None:
    found = value_of(node, key)
    value = scalar_of(found) if isinstance(found, yaml.ScalarNode) else None
    return value if isinstance(value, str) and value else None
