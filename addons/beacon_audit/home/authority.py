"""The certificate authority that clients of the proxy are asked to trust, fit for nothing but the contract's hosts.

Trusting a new root is a lot to ask. This one carries a critical name constraint (RFC 5280 section 4.2.1.10): only DNS
names at or below ``permitted`` and no IP address at all, so that whoever steals its key can impersonate Beacon and
nobody else. It signs leaf certificates only (path length 0).

EC P-256, ten years, SHA-256. Input and output are PEM. Pure except for randomness; the clock is passed in.
Raises ``ValueError``, ``TypeError`` or ``UnsupportedAlgorithm`` for PEM that is no such authority.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VENDOR_DOMAIN = "langchain.com"
LIFETIME = timedelta(days=3652)
# The leaf certificates are backdated by two days for clients whose clock is behind; their issuer must not be younger.
BACKDATED = timedelta(days=2)
LEAF_SIGNING_ONLY = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True, slots=True)
class Authority:
    """``private`` is key and certificate in one PEM text, ``certificate`` the certificate alone."""

    private: bytes
    certificate: bytes


def permitted_domains(hosts: Sequence[str]) -> tuple[str, ...]:
    """The vendor's domain, and every host of the contract that is not below it."""
    others = {host for host in hosts if not _covers(VENDOR_DOMAIN, host)}
    return (VENDOR_DOMAIN, *sorted(others))


def create_authority(hosts: Sequence[str], *, now: datetime) -> Authority:
    """A new key and its self-signed certificate for ``hosts`` (lower-case A-labels)."""
    key = ec.generate_private_key(ec.SECP256R1())
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "beacon-audit"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"beacon-audit CA {identifier.digest.hex()[:8]}"),
        ]
    )
    constraints = x509.NameConstraints(
        permitted_subtrees=[x509.DNSName(domain) for domain in permitted_domains(hosts)],
        excluded_subtrees=[x509.IPAddress(IPv4Network("0.0.0.0/0")), x509.IPAddress(IPv6Network("::/0"))],
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(LEAF_SIGNING_ONLY, critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(constraints, critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_pem = certificate.public_bytes(serialization.Encoding.PEM)
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Authority(private=key_pem + certificate_pem, certificate=certificate_pem)


def read_authority(private: bytes) -> Authority:
    """The authority in the PEM text ``private``; its certificate must belong to its key."""
    key = serialization.load_pem_private_key(private, password=None)
    certificate = x509.load_pem_x509_certificate(private)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise ValueError("the certificate does not belong to the key")
    return Authority(private=private, certificate=certificate.public_bytes(serialization.Encoding.PEM))


def uncovered_hosts(authority: Authority, hosts: Sequence[str]) -> tuple[str, ...]:
    """Those of ``hosts`` for which clients would refuse a certificate of ``authority``."""
    certificate = x509.load_pem_x509_certificate(authority.certificate)
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound as error:
        raise ValueError("the certificate has no name constraints: its key could sign for any host") from error
    permitted = [name.value for name in constraints.permitted_subtrees or () if isinstance(name, x509.DNSName)]
    return tuple(host for host in hosts if not any(_covers(domain, host) for domain in permitted))


def _covers(domain: str, host: str) -> bool:
    return host == domain or host.endswith("." + domain)
