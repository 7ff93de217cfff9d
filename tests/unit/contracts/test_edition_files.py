"""The files of an edition and the digest that names them."""

import hashlib
from pathlib import Path

from beacon_audit.contracts.edition_files import digest_of, read_files


def test_digest_depends_on_every_name_and_every_byte() -> None:
    files = {"a": b"1", "b": b"2"}
    others = [{"a": b"1"}, {"a": b"2", "b": b"1"}, {"a": b"1", "c": b"2"}, {"a": b"1b", "b": b"2"}, {"ab": b"12"}]
    assert len({digest_of(each) for each in (files, *others)}) == 6


def test_digest_does_not_depend_on_the_order_of_reading() -> None:
    assert digest_of({"a": b"1", "b": b"2"}) == digest_of({"b": b"2", "a": b"1"})


def test_digest_can_be_computed_by_anyone_from_its_description() -> None:
    parts = b"".join(len(part).to_bytes(8, "big") + part for part in (b"a", b"1"))
    assert digest_of({"a": b"1"}) == f"sha256:{hashlib.sha256(parts).hexdigest()}"


def test_files_in_directories_belong_and_hidden_ones_do_not(tmp_path: Path) -> None:
    for name in ("endpoints.yaml", "samples/one.json", ".swp", "samples/.swp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert read_files(tmp_path) == {"endpoints.yaml": b"endpoints.yaml", "samples/one.json": b"samples/one.json"}


def test_config_map_of_kubernetes_has_the_digest_of_its_files(tmp_path: Path) -> None:
    generation = tmp_path / "..2025_10_01"
    generation.mkdir()
    (generation / "endpoints.yaml").write_text("x")
    (tmp_path / "..data").symlink_to(generation.name)
    (tmp_path / "endpoints.yaml").symlink_to("..data/endpoints.yaml")
    assert read_files(tmp_path) == {"endpoints.yaml": b"x"}
