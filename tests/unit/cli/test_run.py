"""``beacon-audit run``: what its arguments mean."""

import argparse

import pytest

from beacon_audit.cli.run import add_arguments, listening_mode
from beacon_audit.errors import UsageError


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("regular", ("regular", None)),
        ("reverse", ("reverse", None)),
        ("reverse:eu.beacon.langchain.com", ("reverse", "eu.beacon.langchain.com")),
        ("transparent", ("transparent", None)),
    ],
)
def test_listening_mode(text: str, meant: tuple[str, str | None]) -> None:
    assert listening_mode(text) == meant


@pytest.mark.parametrize(
    "text", ["", "regular:a", "reverse:", "transparent:", "transparent:a", "Transparent", "socks5"]
)
def test_what_is_no_listening_mode_is_an_error(text: str) -> None:
    with pytest.raises(UsageError, match=r"expected regular, reverse\[:HOST\] or transparent"):
        listening_mode(text)


def test_listen_may_be_given_for_each_family() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert parser.parse_args([]).listen is None
    listen = parser.parse_args(["--listen", "0.0.0.0:8080", "--listen", "[::]:8081"]).listen
    assert listen == [("0.0.0.0", 8080), ("::", 8081)]  # noqa: S104 - as an operator of a router writes it
