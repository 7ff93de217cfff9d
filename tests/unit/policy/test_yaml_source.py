"""A file is one plain UTF-8 document; everything else is a problem with its place, never an exception."""

import pytest

from beacon_audit.policy.yaml_source import LARGEST_FILE, Source, read_yaml


def only_problem(source: Source) -> str:
    (problem,) = source.problems
    return str(problem)


def test_plain_mapping_has_no_problems() -> None:
    source = read_yaml(b"a: 1\nb: {c: [x, 'y']}\n", "p.yaml")
    assert source.problems == []
    assert source.root is not None


@pytest.mark.parametrize(
    ("data", "place_and_words"),
    [
        (b"", "p.yaml:1:1: expected settings, got an empty file"),
        (b"# only a comment\n", "p.yaml:1:1: expected settings, got an empty file"),
        (b"- a\n", "p.yaml:1:1: expected a mapping (key: value) at the top"),
        (b"a: 1\nb: \xff\n", "p.yaml:2:4: expected UTF-8"),
        (b"\xef\xbb\xbfa: 1\n", "p.yaml:1:1: expected UTF-8 without a byte order mark"),
        ("a: 1\n".encode("utf-16"), "p.yaml:1:1: expected UTF-8"),
        (b"a: 1\nb: x\x00y\n", "p.yaml:2:5: expected text, got a control character"),
        (b"a: 1\n---\na: 2\n", "p.yaml:2:1: expected one document, got another after ---"),
        (b"a: [1\n", "p.yaml:2:1: expected YAML: "),
        (b"a: 1\n\tb: 2\n", "p.yaml:2:1: expected YAML: found character '\\t' that cannot start any token"),
        (b'a: "\\UFFFFFFFF"\n', "p.yaml:1:1: expected YAML, got an escape or number that is too large"),
        (b"a: 1\n'a': 2\n", "p.yaml:2:1: expected every key once, got one that line 1 has too"),
        (b"a:\n  - {x: 1, y: 2, x: 3}\n", "p.yaml:2:18: expected every key once"),
        (b"[a]: 1\n", "p.yaml:1:1: expected a plain word as key"),
        (b"a: !!str 1\n", "p.yaml:1:4: expected plain YAML, got a tag"),
        (b"a: ! 1\n", "p.yaml:1:4: expected plain YAML, got a tag"),
        (b"a: &x 1\n", "p.yaml:1:4: expected plain YAML, got an anchor"),
        (b"x" * (LARGEST_FILE + 1), "p.yaml:1:1: expected a file of at most 1048576 bytes"),
    ],
)
def test_file_that_is_not_plain_yaml_has_a_problem_with_its_place(data: bytes, place_and_words: str) -> None:
    assert only_problem(read_yaml(data, "p.yaml")).startswith(place_and_words)


def test_alias_is_a_problem_of_its_own() -> None:
    problems = [str(problem) for problem in read_yaml(b"a: &x 1\nb: *x\n", "p.yaml").problems]
    assert problems == [
        "p.yaml:1:4: expected plain YAML, got an anchor (&name); write the value out",
        "p.yaml:2:4: expected plain YAML, got an alias (*name); write the value out",
    ]


@pytest.mark.parametrize("nested", [b"[" * 100_000, b"a: " + b"[" * 90 + b"]" * 90, b"{a: " * 5000])
def test_deep_nesting_is_a_problem_and_not_a_crash(nested: bytes) -> None:
    assert "levels of nesting" in only_problem(read_yaml(nested, "p.yaml"))


def test_many_aliases_of_aliases_are_read_once_each() -> None:
    """A "billion laughs" file in a Helm values file, where aliases are legal."""
    lines = [b"a0: &a0 {x: 1}"] + [
        b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 40)
    ]
    source = read_yaml(b"\n".join(lines), "values.yaml", ours=False)
    assert source.problems == []


def test_message_does_not_repeat_the_name_of_an_alias() -> None:
    assert (
        only_problem(read_yaml(b"proxy: *pa55word\n", "p.yaml")) == "p.yaml:1:8: expected YAML: found undefined alias"
    )
