"""Names that senders chose, as they are written."""

import pytest

from beacon_audit.redaction import Names, SecretRegistry, Tokens

TOKENS = Tokens(b"k" * 32)
LICENSE = "lcl_9f8e7d6c5b4a3f2e"
TOKEN = TOKENS.token("license", LICENSE)
UNKNOWN = "lcl_7f3a52c9e1d04b6897ab"
HIDDEN = TOKENS.token("name", UNKNOWN)


@pytest.fixture
def names() -> Names:
    registry = SecretRegistry(TOKENS)
    registry.learn(LICENSE)
    return Names(registry, TOKENS)


@pytest.mark.parametrize(
    "path", ["/v1/beacon/backup", "/", "", "//", "/v1/beacon/verify/", "/api/v2/k8s.pod.name", "*"]
)
def test_path_of_plain_words_is_shown(names: Names, path: str) -> None:
    assert names.path(path) == path


def test_of_any_other_path_the_plain_segments_are_shown(names: Names) -> None:
    assert names.path(f"/v1/beacon/{UNKNOWN}/runs") == f"/v1/beacon/{HIDDEN}/runs"
    assert names.path(f"/v1/{LICENSE}/runs") == f"/v1/{TOKEN}/runs"
    assert names.path(f"/v1/{LICENSE}{UNKNOWN}") == f"/v1/{TOKEN}{HIDDEN}"


def test_two_paths_are_told_apart(names: Names) -> None:
    assert names.path(f"/{UNKNOWN}") != names.path(f"/{UNKNOWN[::-1]}")
    assert names.path(f"/{UNKNOWN}") == names.path(f"/{UNKNOWN}")


def test_documented_beginning_of_a_path_is_shown_whatever_it_is(names: Names) -> None:
    documented = "/4f9a1c77d02e/intake"
    assert names.path(documented, documented) == documented
    assert names.path(f"{documented}/{UNKNOWN}", documented) == f"{documented}/{HIDDEN}"
    assert UNKNOWN not in names.path(documented + UNKNOWN, documented)


def test_secret_that_goes_over_segments_is_found(names: Names) -> None:
    names.registry.learn("lcl/aaaa/bbbb/cccc/dddd")
    assert "bbbb" not in names.path("/v1/lcl/aaaa/bbbb/cccc/dddd/runs")


def test_what_stands_far_down_a_path_is_one_name(names: Names) -> None:
    written = names.path("/%" * 30_000)
    assert len(written) < 512
    assert written.count("name:") == 16


@pytest.mark.parametrize(
    "host", ["api.smith.langchain.com", "api.smith.langchain.com:443", "169.254.169.254:80", "localhost:1", "x:99999"]
)
def test_host_of_plain_labels_is_shown(names: Names, host: str) -> None:
    assert names.host(host) == host


def test_of_any_other_host_the_plain_labels_are_shown(names: Names) -> None:
    assert names.host(f"{UNKNOWN}.example:443") == f"{HIDDEN}.example:443"
    assert names.host(f"{LICENSE.upper()}.example") == f"{TOKEN}.example"
    assert UNKNOWN not in names.host(f"example.com:{UNKNOWN}")
    assert names.host("4f9a1c77d02e.example:443", {"4f9a1c77d02e.example"}) == "4f9a1c77d02e.example:443"


@pytest.mark.parametrize("method", ["GET", "POST", "post", "PROPFIND", "CONNECT"])
def test_method_of_http_is_shown(names: Names, method: str) -> None:
    assert names.method(method) == method


@pytest.mark.parametrize("method", ["FETCH", UNKNOWN, "", "GET "])
def test_any_other_method_is_a_token(names: Names, method: str) -> None:
    assert names.method(method) == TOKENS.token("name", method)


def test_text_that_cannot_be_searched_is_one_token(names: Names) -> None:
    entangled = "%61"
    for _ in range(12):
        entangled = entangled.replace("%", r"\u0025").replace("\\", "%5c")
    assert names.path(f"/a/{entangled}") == TOKENS.token("name", f"/a/{entangled}")


def test_token_that_a_sender_wrote_is_not_taken_for_ours(names: Names) -> None:
    assert names.name(TOKEN) == TOKENS.token("name", TOKEN)
    assert names.path(f"/{TOKEN}") == f"/{TOKENS.token('name', TOKEN)}"
