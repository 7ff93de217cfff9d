"""What is published: the right files for every size, and which of them go when. The order is in test_power_loss."""

from pathlib import Path

import pytest

from harness.promises import assert_sound
from harness.quick_storage import QuickStorage
from harness.trail import SIGNER, MakeFields, Trail


def files(trail: Trail) -> set[str]:
    return {
        path.relative_to(trail.directory / "tile").as_posix()
        for path in (trail.directory / "tile").rglob("*")
        if path.is_file()
    }


def publish(trail: Trail, make_fields: MakeFields, *sizes: int) -> None:
    """Let the trail grow to each of ``sizes`` and be published there."""
    trail.publish_s = 3600
    writer = trail.open(QuickStorage())
    size = 0
    for wanted in sizes:
        for number in range(size, wanted):
            future = writer.submit(make_fields(identity=str(number)))
        future.result(10)
        size = wanted
        assert int(writer.publish().split(b"\n")[1]) == size


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 511, 512, 513, 1000])
def test_a_log_of_any_size_is_the_tree_that_its_checkpoint_signs(
    trail: Trail, make_fields: MakeFields, size: int
) -> None:
    publish(trail, make_fields, size)

    assert len(assert_sound(trail.directory, [SIGNER.verifier])) == size


def test_every_size_on_the_way_is_signed_as_it_is(trail: Trail, make_fields: MakeFields) -> None:
    publish(trail, make_fields, *range(1, 12), *range(250, 262), *range(508, 516))

    assert len(assert_sound(trail.directory, [SIGNER.verifier])) == 515


def test_partial_files_stay_until_the_full_one_is_published(trail: Trail, make_fields: MakeFields) -> None:
    publish(trail, make_fields, 10, 20, 255)
    partial = {f"{level}/000.p/{width}" for level in ("0", "entries") for width in (10, 20, 255)}
    assert partial <= files(trail)
    writer = trail.opened[-1]
    for number in (255, 256):
        writer.submit(make_fields(identity=str(number))).result(10)
    writer.publish()

    assert files(trail) == {"0/000", "entries/000", "0/001.p/1", "entries/001.p/1", "1/000.p/1"}
    assert not (trail.directory / "tile/0/000.p").exists()


def test_a_partial_file_that_is_there_already_is_not_written_again(trail: Trail, make_fields: MakeFields) -> None:
    written: list[Path] = []

    class Watching(QuickStorage):
        def replace(self, source: Path, target: Path) -> None:
            written.append(target)
            super().replace(source, target)

    trail.publish_s = 3600
    writer = trail.open(Watching())
    for size in (256, 257, 258):
        for number in range(size):
            future = writer.submit(make_fields(identity=f"{size}-{number}"))
        future.result(10)
        writer.publish()

    assert len(set(written) - {trail.directory / "checkpoint"}) == len(
        [path for path in written if path.name != "checkpoint"]
    )


def test_a_log_that_was_continued_is_the_same_as_one_that_was_not(
    trail: Trail, make_fields: MakeFields, tmp_path: Path
) -> None:
    publish(trail, make_fields, 600)
    straight = trail.opened[-1].checkpoint
    trail.home = tmp_path / "again"
    trail.begin()
    for start in (0, 1, 255, 256, 300, 512):
        writer = trail.open(QuickStorage())
        end = {0: 1, 1: 255, 255: 256, 256: 300, 300: 512, 512: 600}[start]
        for number in range(start, end):
            writer.submit(make_fields(identity=str(number)))
        writer.close()

    assert (trail.directory / "checkpoint").read_bytes() == straight
