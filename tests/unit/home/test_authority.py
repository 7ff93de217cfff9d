"""The authority is good for the contract's hosts and useless for any other, judged by OpenSSL itself."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from beacon_audit.home.authority import (
    Authority,
    create_authority,
    permitted_domains,
    read_authority,
    uncovered_hosts,
)

NOW = datetime.now(UTC)
HOSTS = ("beacon.langchain.com",)


def general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def issue(authority: Authority, host: str, *, ca: bool = False) -> bytes:
    """Key and certificate for ``host``, signed by ``authority``: what a thief of its key would make."""
    signer = serialization.load_pem_private_key(authority.private, password=None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leaf")]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([general_name(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
                issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
            ),
            critical=False,
        )
        .sign(signer, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key_pem + certificate.public_bytes(serialization.Encoding.PEM)


def handshake(authority: Authority, host: str, directory: Path) -> None:
    """A TLS handshake in memory with a strict client that trusts only ``authority``; raises as the client does."""
    (directory / "leaf.pem").write_bytes(issue(authority, host))
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(directory / "leaf.pem")
    client_context = ssl.create_default_context(cadata=authority.certificate.decode())
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    client = client_context.wrap_bio(to_client, to_server, server_hostname=host)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    client.do_handshake()


def test_strict_client_accepts_a_documented_host(tmp_path: Path) -> None:
    handshake(create_authority(HOSTS, now=NOW), "beacon.langchain.com", tmp_path)


@pytest.mark.parametrize("host", ["bank.example", "langchain.com.evil.example", "notlangchain.com", "127.0.0.1", "::1"])
def test_stolen_key_cannot_impersonate_any_other_host(tmp_path: Path, host: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=r"permitted subtree violation|excluded subtree violation"):
        handshake(create_authority(HOSTS, now=NOW), host, tmp_path)


def test_authority_signs_leaf_certificates_only() -> None:
    certificate = x509.load_pem_x509_certificate(create_authority(HOSTS, now=NOW).certificate)
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    names = certificate.extensions.get_extension_for_class(x509.NameConstraints)
    assert basic.critical
    assert (basic.value.ca, basic.value.path_length) == (True, 0)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert not usage.value.digital_signature
    assert names.critical


def test_authority_is_valid_for_ten_years_and_older_than_its_leaves() -> None:
    certificate = x509.load_pem_x509_certificate(create_authority(HOSTS, now=NOW).certificate)
    assert certificate.not_valid_before_utc <= NOW - timedelta(days=1, hours=23)
    assert certificate.not_valid_after_utc >= NOW + timedelta(days=3650)


def test_host_outside_the_vendor_domain_is_permitted_only_when_the_contract_names_it() -> None:
    assert permitted_domains(HOSTS) == ("langchain.com",)
    assert permitted_domains(("beacon.internal.example", *HOSTS)) == ("langchain.com", "beacon.internal.example")
    assert permitted_domains(("notlangchain.com",)) == ("langchain.com", "notlangchain.com")


def test_hosts_an_authority_may_not_sign_for_are_named() -> None:
    authority = create_authority(HOSTS, now=NOW)
    assert uncovered_hosts(authority, ("eu.beacon.langchain.com", "other.example")) == ("other.example",)


def test_key_and_certificate_of_two_authorities_are_refused() -> None:
    one, two = create_authority(HOSTS, now=NOW), create_authority(HOSTS, now=NOW)
    key = one.private.removesuffix(one.certificate)
    with pytest.raises(ValueError, match="does not belong"):
        read_authority(key + two.certificate)
