"""How Beacon is reached: an address or a parent proxy, and never a password in a policy or a message."""

import pytest

from harness.policies import Loaded, Refused


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8443", ("127.0.0.1", 8443)),
        ("'[::1]:443'", ("::1", 443)),
        ("Gateway.Example:443", ("gateway.example", 443)),
        ("null", None),
    ],
)
def test_address_is_host_and_port(text: str, address: tuple[str, int] | None, loaded: Loaded) -> None:
    assert loaded(f"upstream: {{address: {text}}}").upstream.address == address


@pytest.mark.parametrize(
    "text",
    ["host", "host:0", "host:65536", "host:0443", "host:\uff14\uff14\uff13", "'::1:443'", "'[::1]'",
     "'[x]:1'", "':443'", "a b:1", "-a:1", "a-:1", "a..b:1", "'http://host:1'", "'host:443\\n'",
     '"host:443\\n"', "user@host:1"],
)  # fmt: skip
def test_address_of_another_form_is_refused(text: str, refused: Refused) -> None:
    (problem,) = refused(f"upstream: {{address: {text}}}")
    assert "expected host:port or [IPv6]:port for upstream.address" in problem.message


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("http://proxy.internal:3128", ("http", "proxy.internal", 3128)),
        ("https://10.0.0.1:443/", ("https", "10.0.0.1", 443)),
        ("http://[fd00::1]:3128", ("http", "fd00::1", 3128)),
    ],
)
def test_parent_proxy_is_scheme_host_and_port(text: str, proxy: tuple[str, str, int], loaded: Loaded) -> None:
    assert loaded(f"upstream: {{proxy: '{text}'}}").upstream.proxy == proxy


@pytest.mark.parametrize(
    "text",
    ["proxy:3128", "socks5://proxy:1", "http://proxy", "http://proxy:1/path", "http://proxy:1?q", "http://proxy:1#f",
     "http://[::1:1", "http://:1", "HTTP//proxy:1"],
)  # fmt: skip
def test_parent_proxy_of_another_form_is_refused(text: str, refused: Refused) -> None:
    (problem,) = refused(f"upstream: {{proxy: '{text}'}}")
    assert "expected http://host:port or https://host:port for upstream.proxy" in problem.message


def test_parent_proxy_with_a_password_is_refused_and_not_repeated(refused: Refused) -> None:
    (problem,) = refused("upstream: {proxy: 'http://user:pa55word@proxy:3128'}")
    assert "without user name and password" in problem.message
    assert "pa55word" not in str(problem)
    assert "user:" not in str(problem)


def test_address_and_parent_proxy_together_are_refused(refused: Refused) -> None:
    (problem,) = refused("upstream: {address: '127.0.0.1:1', proxy: 'http://proxy:3128'}")
    assert "expected upstream.address or upstream.proxy, got both" in problem.message
