"""Who cosigns the trail: known addresses and keys, each once, and a quorum that can be reached."""

import base64
import hashlib
from pathlib import Path

import pytest

from beacon_audit.home import create_home
from beacon_audit.policy import Policy, Witnessing, WitnessServer
from harness.policies import Loaded, Refused

#: A witness of the public network and its published key.
REMORA = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"


def vkey(name: str, public: bytes = b"\1" * 32, kind: int = 4) -> str:
    key = bytes([kind]) + public
    key_id = hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8]
    return f"{name}+{key_id}+{base64.b64encode(key).decode()}"


def server(url: str = "https://w.example", key: str = REMORA) -> str:
    return f"{{url: '{url}', vkey: '{key}'}}"


def witnesses(*servers: str, more: str = "") -> str:
    return f"witnesses: {{servers: [{', '.join(servers)}]{more}}}"


A = server("https://a.example", vkey("a", b"\1" * 32))
B = server("https://b.example", vkey("b", b"\2" * 32))


def test_there_are_none_unless_they_are_named(loaded: Loaded) -> None:
    assert loaded("").witnesses == Witnessing()
    assert loaded("witnesses: {}").witnesses == Witnessing()


def test_servers_quorum_and_deadline_are_read(loaded: Loaded) -> None:
    policy = loaded(witnesses(A, B, more=", quorum: 2, refuse_after_s: 60"))
    assert policy.witnesses == Witnessing(
        servers=(
            WitnessServer("https://a.example", vkey("a", b"\1" * 32)),
            WitnessServer("https://b.example", vkey("b", b"\2" * 32)),
        ),
        quorum=2,
        refuse_after_s=60.0,
    )


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://w.example", "https://w.example"),
        ("https://W.Example:443/", "https://w.example"),
        ("https://w.example:8443/a/b-c_d~e.f/", "https://w.example:8443/a/b-c_d~e.f"),
        ("https://[FD00:0::1]/x", "https://[fd00::1]/x"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://127.8.9.1:8080/w", "http://127.8.9.1:8080/w"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_url_comes_out_in_one_form(url: str, read: str, loaded: Loaded) -> None:
    assert loaded(witnesses(server(url))).witnesses.servers == (WitnessServer(read, REMORA),)


@pytest.mark.parametrize(
    "url",
    ["w.example", "//w.example", "ftp://w.example", "HTTPS//w.example", "https://", "https:///x", "https://w.example:0",
     "https://w.example:65536", "https://w.example:", "https://w.example?x", "https://w.example/#x", "https://w.example//x",
     "https://w.example/../x", "https://w.example/./x", "https://w.example/%2e", "https://w.example/a b", "https://[::1",
     "https://[x]", "https://-a", "https://w.exämple", "https://w.example ", "https://w.\texample"],
)  # fmt: skip
def test_url_of_another_form_is_refused(url: str, refused: Refused) -> None:
    (problem,) = refused(witnesses(server(url)))
    assert "expected https://host or https://host:port/path for witnesses.servers[0].url" in problem.message


@pytest.mark.parametrize(
    "url",
    ["http://w.example", "http://localhost:8080", "http://10.0.0.1", "http://[fd00::1]", "http://127.0.0.1.example"],
)
def test_plain_http_is_for_loopback_addresses_only(url: str, refused: Refused) -> None:
    (problem,) = refused(witnesses(server(url)))
    assert "expected https://" in problem.message
    assert "loopback address" in problem.message


def test_password_in_a_url_is_refused_and_not_repeated(refused: Refused) -> None:
    (problem,) = refused(witnesses(server("https://user:pa55word@w.example")))
    assert "without user name and password" in problem.message
    assert "pa55word" not in str(problem)


@pytest.mark.parametrize(
    "key",
    ["", "name", "name+00000000", vkey("n")[:-1], vkey("n") + "A", vkey("n").replace("n+", "m+", 1), vkey("n", kind=1),
     vkey("n", kind=6), vkey("n", b"\1" * 31), vkey("n", b"\1" * 33), vkey("a b"), "+" + vkey("n").partition("+")[2],
     vkey("n").replace("+", "+A", 1), REMORA.replace("da77", "DA77"), REMORA + "=", REMORA[:-1] + "3"],
)  # fmt: skip
def test_key_that_is_not_of_a_cosigner_is_refused(key: str, refused: Refused) -> None:
    (problem,) = refused(witnesses(server(key=key)))
    assert problem.line == 2
    assert "witnesses.servers[0].vkey" in problem.message
    assert len(key) < 20 or key not in str(problem)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("{url: https://w.example}", ["servers[0].vkey, got nothing"]),
        (f"{{vkey: '{REMORA}'}}", ["servers[0].url, got nothing"]),
        ("{url: null, vkey: null}", ["servers[0].url, got nothing", "servers[0].vkey, got nothing"]),
        ("w", ["expected a mapping for witnesses.servers[0]"]),
        (f"{{url: https://w.example, vkey: '{REMORA}', key: 1}}", ["unknown key key"]),
    ],
)  # fmt: skip
def test_every_problem_of_a_server_is_reported(text: str, parts: list[str], refused: Refused) -> None:
    problems = refused(witnesses(text))
    assert len(problems) == len(parts)
    for problem, part in zip(sorted(problems, key=lambda problem: "vkey" in problem.message), parts, strict=True):
        assert part in problem.message


def test_one_key_under_two_names_is_no_quorum_of_two(refused: Refused) -> None:
    """A cosignature does not hold the name of the witness, so the holder of one key could sign for both."""
    first, second = server("https://a.example", vkey("a")), server("https://b.example", vkey("b"))
    (problem,) = refused(witnesses(first, second, more=", quorum: 2"))
    assert "expected every key once" in problem.message


def test_one_url_under_two_keys_is_refused(refused: Refused) -> None:
    first = server("https://a.example", vkey("a", b"\1" * 32))
    second = server("https://A.example:443/", vkey("b", b"\2" * 32))
    (problem,) = refused(witnesses(first, second))
    assert "got a URL again" in problem.message


@pytest.mark.parametrize("quorum", ["0", "3", "-1", "1.5", "two", "null"])
def test_quorum_that_cannot_be_is_refused(quorum: str, refused: Refused) -> None:
    (problem,) = refused(witnesses(A, B, more=f", quorum: {quorum}"))
    assert "expected an integer from 1 to 2 for witnesses.quorum" in problem.message


def test_quorum_without_servers_is_refused(refused: Refused) -> None:
    (problem,) = refused("witnesses: {quorum: 2}")
    assert "for witnesses.quorum" in problem.message


@pytest.mark.parametrize("seconds", ["0", "0.9", "86401", "-1", "true", "'60'"])
def test_deadline_out_of_its_range_is_refused(seconds: str, refused: Refused) -> None:
    (problem,) = refused(witnesses(A, more=f", refuse_after_s: {seconds}"))
    assert "expected a number of seconds from 1 to 86400 for witnesses.refuse_after_s" in problem.message


def test_deadline_without_servers_would_be_no_protection_and_is_refused(refused: Refused) -> None:
    (problem,) = refused("witnesses: {refuse_after_s: 60}")
    assert "expected witnesses.servers beside witnesses.refuse_after_s, got none" in problem.message


def test_witnesses_in_offline_mode_are_refused(refused: Refused) -> None:
    (problem,) = refused(f"mode: offline\n{witnesses(A)}")
    assert problem.line == 3
    assert "expected no witnesses in mode offline" in problem.message


def test_offline_mode_without_witnesses_loads(loaded: Loaded) -> None:
    assert loaded("mode: offline\nwitnesses: {servers: []}").witnesses == Witnessing()


# --- certificates and digest ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    home = create_home(tmp_path_factory.mktemp("home") / "home", ("beacon.langchain.com",))
    return home.ca_certificate.read_bytes()


def test_certificates_are_relative_to_the_policy_and_count_by_content(
    tmp_path: Path, certificate: bytes, loaded: Loaded
) -> None:
    def with_file(name: str) -> Policy:
        return loaded(witnesses(A, more=f", ca_file: {name}"))

    for name, content in {"a.pem": certificate, "b.pem": certificate, "c.pem": certificate * 2}.items():
        (tmp_path / name).write_bytes(content)
    a, b, c = (with_file(name) for name in ("a.pem", "b.pem", "c.pem"))
    assert a.witnesses.ca_file == tmp_path / "a.pem"
    assert a.digest == b.digest
    assert a.digest != c.digest
    assert a.digest != loaded(witnesses(A)).digest


@pytest.mark.parametrize("name", ["gone.pem", "text.pem"])
def test_file_without_certificates_is_refused(name: str, tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "text.pem").write_text("text")
    (problem,) = refused(witnesses(A, more=f", ca_file: {name}"))
    assert "witnesses.ca_file" in problem.message


def test_digest_is_as_before_for_a_policy_without_witnesses(loaded: Loaded) -> None:
    before = "contract: langsmith-beacon/2025-10"  # the default then
    assert loaded(before).digest == "sha256:51b5dac6f097069d1314f011e31459e53c7c8a2b7dd3836469379ca3bbef321f"
    for text in ("witnesses: {}", "witnesses: {servers: [], quorum: 1, refuse_after_s: null, ca_file: null}"):
        assert loaded(text).digest == loaded("").digest


@pytest.mark.parametrize(
    "text", [witnesses(A), witnesses(B), witnesses(A, B, more=", quorum: 2"), witnesses(A, more=", refuse_after_s: 60")]
)
def test_digest_changes_with_what_is_in_force(text: str, loaded: Loaded) -> None:
    assert loaded(text).digest not in (loaded("").digest, loaded(witnesses(A, B)).digest)


def test_digest_does_not_depend_on_the_order_of_witnesses(loaded: Loaded) -> None:
    assert loaded(witnesses(A, B)).digest == loaded(witnesses(B, A)).digest
