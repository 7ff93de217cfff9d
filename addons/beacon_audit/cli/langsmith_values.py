"""What to hand to LangSmith so that its traffic to Beacon comes through the proxy and trusts its certificate.

``helm_values`` is the snippet for the chart as data, ``render_instructions`` the same as commented YAML with the steps
around it. Names and paths were read in the public ``langsmith`` chart: ``commonEnv``, ``commonVolumes`` and
``commonVolumeMounts`` reach every pod that talks to Beacon; ``config.customCa`` sets ``SSL_CERT_FILE`` and nothing
else, and the chart refuses to render an environment variable that is given twice.
"""

from collections.abc import Sequence

from beacon_audit.home import Home

SECRET = "beacon-audit-ca"  # noqa: S105 - the name of a Kubernetes Secret that holds public certificates
BUNDLE = "ca-bundle.crt"
MOUNT = "/etc/beacon-audit"
PROXY = "http://beacon-audit:8080"
NOT_PROXIED = "localhost,127.0.0.1,.svc,.cluster.local"


def helm_values() -> dict[str, object]:
    """Values for the ``langsmith`` chart."""
    bundle = f"{MOUNT}/{BUNDLE}"
    environment = {
        "HTTPS_PROXY": PROXY,
        "NO_PROXY": NOT_PROXIED,
        "SSL_CERT_FILE": bundle,
        "REQUESTS_CA_BUNDLE": bundle,
        "NODE_EXTRA_CA_CERTS": bundle,
    }
    return {
        "commonEnv": [{"name": name, "value": value} for name, value in environment.items()],
        "commonVolumes": [{"name": SECRET, "secret": {"secretName": SECRET}}],
        "commonVolumeMounts": [{"name": SECRET, "mountPath": MOUNT, "readOnly": True}],
    }


def render_instructions(home: Home, hosts: Sequence[str]) -> str:
    """The steps, for a person; the indented block is valid YAML and says the same as ``helm_values``."""
    return f"""\
instance      {home.path}
CA            {home.ca_certificate}   (can sign for langchain.com and the hosts of the contract, for nothing else)
verifier key  {home.trail_vkey}   (give it to whoever verifies the trail)

1. Make the bundle that LangSmith's pods will trust: the roots they trust now, and this CA.

cat /etc/ssl/certs/ca-certificates.crt {home.ca_certificate} > {BUNDLE}
kubectl create secret generic {SECRET} --from-file={BUNDLE}

2. Hand these values to the langsmith Helm chart:

{values_yaml()}
3. Start the proxy:

beacon-audit run --home {home.path} --listen 0.0.0.0:8080

Some clients ignore HTTPS_PROXY (an httpx client with a transport of its own, the urllib3-based OTLP JSON exporter).
To catch those too, let {", ".join(hosts)} resolve to the proxy inside the cluster and start it with
--mode reverse --listen 0.0.0.0:443; then only traffic to Beacon reaches it, and no HTTPS_PROXY or NO_PROXY is needed.
In either case let a network policy close every other way to these hosts."""


def values_yaml() -> str:
    """``helm_values`` as YAML with the reason for each part."""
    return f"""\
# config.customCa: leave it unset with these values. It sets SSL_CERT_FILE, which the chart then refuses as given twice.
# Where you already use it: add {BUNDLE} to its secret instead, leave out SSL_CERT_FILE and both volumes below, and let
# the other two variables name /etc/ssl/certs/custom-ca-certificates.crt.
commonEnv:
  # Where the pods reach the proxy. It refuses every destination but Beacon.
  - name: HTTPS_PROXY
    value: "{PROXY}"
  # Add every other HTTPS host that LangSmith calls (models, blob storage, identity provider), or it is refused.
  - name: NO_PROXY
    value: "{NOT_PROXIED}"
  # These two replace the public roots (Go, OpenSSL; requests): hence the bundle.
  - name: SSL_CERT_FILE
    value: "{MOUNT}/{BUNDLE}"
  - name: REQUESTS_CA_BUNDLE
    value: "{MOUNT}/{BUNDLE}"
  # This one adds to them (Node.js).
  - name: NODE_EXTRA_CA_CERTS
    value: "{MOUNT}/{BUNDLE}"
commonVolumes:
  - name: {SECRET}
    secret:
      secretName: {SECRET}
commonVolumeMounts:
  - name: {SECRET}
    mountPath: {MOUNT}
    readOnly: true
"""
