"""Every payload file is accounted for: by an entry, or by a `prune` entry that came after it."""

import json
import os
import shutil

import pytest

from beacon_audit.trail.entry import encode_entry
from harness.specimen import CHECKPOINTS, DAY, PRUNE, PRUNED_DAY, SIZE, Specimen, codes, write_specimen


def with_prune(specimen: Specimen, index: int, before: str) -> list[bytes]:
    """The log with its `prune` entry at another place (that of a heartbeat) and with another day."""
    entries = list(specimen.entries)
    heartbeat = {name: value for name, value in json.loads(entries[index]).items() if name != "index"}
    prune = {name: value for name, value in json.loads(entries[PRUNE]).items() if name not in ("index", "time")}
    entries[PRUNE] = encode_entry({**heartbeat, "time": json.loads(entries[PRUNE])["time"]}, PRUNE)
    entries[index] = encode_entry({**prune, "time": heartbeat["time"], "before": before}, index)
    return entries


def rewrite(specimen: Specimen, entries: list[bytes]) -> Specimen:
    shutil.rmtree(specimen.trail)
    return write_specimen(specimen, entries, sizes=CHECKPOINTS)


def test_prune_entry_does_not_account_for_what_came_after_it(specimen: Specimen) -> None:
    early = rewrite(specimen, with_prune(specimen, 7, "2027-01-01"))
    verdict = early.verify(early.anchor)
    assert (verdict.verdict, codes(verdict)) == ("tampered", {"payload-missing"})
    assert (verdict.problems[0].entry, verdict.problems[0].file) == (10, f"payloads/{PRUNED_DAY}/body-0.json.zst")


def test_prune_entry_accounts_for_days_before_its_own_only(specimen: Specimen) -> None:
    (specimen.payloads / DAY / "body-2.json.zst").unlink()
    assert codes(specimen.verify(specimen.anchor)) == {"payload-missing"}
    later = rewrite(specimen, with_prune(specimen, PRUNE, "2026-01-03"))
    (specimen.payloads / DAY / "body-1.json.zst").unlink()
    verdict = later.verify(later.anchor)
    assert verdict.verdict == "ok"
    assert verdict.payloads is not None
    assert verdict.payloads.pruned == 3


def test_file_that_should_have_been_pruned_is_named(specimen: Specimen) -> None:
    later = rewrite(specimen, with_prune(specimen, PRUNE, "2026-01-03"))
    verdict = later.verify(later.anchor)
    assert (verdict.verdict, codes(verdict)) == ("incomplete", {"prune-unfinished"})
    assert verdict.problems[0].file == f"payloads/{DAY}/body-1.json.zst"


def test_something_else_in_the_place_of_the_directory_of_files_in_the_making_is_reported(specimen: Specimen) -> None:
    making = specimen.payloads / ".new"
    making.mkdir()
    assert specimen.verify(specimen.anchor).verdict == "ok"
    making.rmdir()
    (specimen.home / "elsewhere").mkdir()
    making.symlink_to(specimen.home / "elsewhere")
    verdict = specimen.verify(specimen.anchor)
    assert (verdict.verdict, codes(verdict)) == ("incomplete", {"surplus-payload"})
    assert verdict.problems[0].file == "payloads/.new"


@pytest.mark.parametrize("name", [f"{DAY}/extra.json.zst", "2031-01-01/a.json.zst", "notes.txt", f"{DAY}/a\udcff"])
def test_file_that_no_entry_names_is_surplus(specimen: Specimen, name: str) -> None:
    path = specimen.payloads / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    verdict = specimen.verify(specimen.anchor)
    assert (verdict.verdict, codes(verdict)) == ("incomplete", {"surplus-payload"})
    assert verdict.problems[0].file == f"payloads/{name}".replace("\udcff", "?")


def test_link_in_the_place_of_a_day_is_not_followed(specimen: Specimen) -> None:
    (specimen.payloads / DAY).rename(specimen.home / "elsewhere")
    (specimen.payloads / DAY).symlink_to(specimen.home / "elsewhere")
    assert specimen.verify(specimen.anchor).verdict != "ok"


def test_directory_of_files_in_the_making_is_the_writers(specimen: Specimen) -> None:
    (specimen.payloads / ".new").mkdir()
    (specimen.payloads / ".new" / "0").write_bytes(b"half")
    assert specimen.verify(specimen.anchor).verdict == "ok"


def test_payloads_that_are_not_looked_at_are_not_vouched_for(specimen: Specimen) -> None:
    from beacon_audit.trail.verify import verify_trail

    shutil.rmtree(specimen.payloads)
    verdict = verify_trail(
        specimen.trail, specimen.key, anchors=[specimen.anchor], payloads=None, progress=lambda _done, _total: None
    )
    assert (verdict.verdict, verdict.payloads, verdict.size) == ("ok", None, SIZE)


def test_hard_bomb_of_a_payload_is_not_unpacked(specimen: Specimen) -> None:
    import zstandard

    bomb = zstandard.ZstdCompressor().compress(bytes(300 * 1024 * 1024))
    (specimen.payloads / DAY / "body-1.json.zst").write_bytes(bomb)
    assert os.path.getsize(specimen.payloads / DAY / "body-1.json.zst") < 100_000  # noqa: PTH202
    assert codes(specimen.verify(specimen.anchor)) == {"payload-altered"}
