"""Bundles with a part of a log: what is in them, and that nothing of the time asked for can be left out unseen."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from harness.evidence import Evidence, Judgement, make_evidence
from harness.log_builder import START, LogBuilder, exchanges, make_signer

type At = Callable[[float], datetime]

SIZE = 3000
#: Entries are a hundredth of a second apart; even ones are intents, with their outcomes after them.
SINCE, UNTIL = 10.05, 10.15  # entries 1005 to 1014


@pytest.fixture(scope="module")
def long_home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, LogBuilder]:
    home = tmp_path_factory.mktemp("part") / "home"
    (home / "trail").mkdir(parents=True)
    log = LogBuilder(home / "trail", make_signer())
    log.sign()
    log.add(exchanges(SIZE))
    log.sign()
    log.finish()
    log.write_journal()
    return home, log


@pytest.fixture(scope="module")
def part_of_it(long_home: tuple[Path, LogBuilder], tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    home, log = long_home
    at = [datetime.fromtimestamp(START.timestamp() + seconds, START.tzinfo) for seconds in (SINCE, UNTIL)]
    made = make_evidence(home, log.signer.vkey, log.notes[-1], since=at[0], until=at[1], name="part.zip")
    path = tmp_path_factory.mktemp("made") / "part.zip"
    made.zip.rename(path)
    return Evidence(path, made.vkey, made.anchor, made.exported)


def _with_coverage(evidence: Evidence, change: Callable[[dict[str, object]], object], *without: str) -> Judgement:
    members = {name: content for name, content in evidence.members().items() if name not in without}
    document = json.loads(members["coverage.json"])
    change(document)
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return evidence.judge({**members, "coverage.json": text.encode()})


def test_part_is_ok_and_says_that_it_is_one(part_of_it: Evidence) -> None:
    judgement = part_of_it.judge()
    assert judgement.status == 0, judgement.answer
    assert judgement.answer["selection"] == {
        "since": "2026-01-02T10:00:10.050000Z",
        "until": "2026-01-02T10:00:10.150000Z",
    }


def test_part_holds_the_bundles_of_what_was_selected_and_quoted_only(part_of_it: Evidence) -> None:
    bundles = {name for name in part_of_it.members() if name.startswith("tile/entries/")}
    # Bundle 0 has the open and the policy, bundle 3 what was selected, the last one the end.
    assert bundles == {"tile/entries/000", "tile/entries/003", "tile/entries/011.p/184"}
    assert part_of_it.coverage()["entries"]["included"] == [[0, 255], [768, 1023], [2816, 2999]]


def test_part_holds_all_hash_tiles(part_of_it: Evidence) -> None:
    tiles = {name for name in part_of_it.members() if name.startswith("tile/0/")}
    assert len(tiles) == 12


def test_other_half_of_an_exchange_comes_along(part_of_it: Evidence) -> None:
    # 1005 is the outcome of the intent 1004, which was before the time asked for.
    assert part_of_it.coverage()["entries"]["selected"] == [[1004, 1014 + 1]]
    assert part_of_it.exported.selected == 12


def test_counts_are_those_of_what_was_selected(part_of_it: Evidence) -> None:
    coverage = part_of_it.coverage()
    assert coverage["counts"]["types"] == {"intent": 6, "outcome": 6}
    assert coverage["payloads"] == {"missing": 0, "none": 12, "present": 0, "pruned": 0}


def test_bundle_that_is_taken_out_is_missing(part_of_it: Evidence) -> None:
    members = part_of_it.members()
    del members["tile/entries/003"]
    judgement = part_of_it.judge(members)
    assert judgement.status != 0
    assert "missing-bundle" in judgement.codes


def test_bundle_that_is_taken_out_and_not_claimed_is_found(part_of_it: Evidence) -> None:
    def change(document: dict[str, object]) -> None:
        document["entries"] = {"included": [[0, 255], [2816, 2999]], "selected": [[1004, 1015]]}

    judgement = _with_coverage(part_of_it, change, "tile/entries/003")
    assert judgement.status == 1
    assert "coverage-mismatch" in judgement.codes


def test_selection_without_its_first_entries_is_found(part_of_it: Evidence) -> None:
    def change(document: dict[str, object]) -> None:
        entries = document["entries"]
        assert isinstance(entries, dict)
        entries["selected"] = [[1008, 1015]]

    assert "coverage-mismatch" in _with_coverage(part_of_it, change).codes


def test_selection_of_another_time_is_found(part_of_it: Evidence) -> None:
    def change(document: dict[str, object]) -> None:
        document["selection"] = {"since": "2026-01-02T10:00:10.030000Z", "until": "2026-01-02T10:00:10.150000Z"}

    assert "coverage-mismatch" in _with_coverage(part_of_it, change).codes


def test_entry_before_a_selection_must_be_there(long_home: tuple[Path, LogBuilder], at: At, tmp_path: Path) -> None:
    """Without it, the bundles before could hold entries of the time asked for."""
    home, log = long_home
    span = {"since": at(7.68), "until": at(7.70)}  # from the first entry of a bundle on
    made = make_evidence(home, log.signer.vkey, log.notes[-1], **span, name=f"{tmp_path.name}.zip")
    assert made.coverage()["entries"]["included"] == [[0, 255], [512, 1023], [2816, 2999]]

    def change(document: dict[str, object]) -> None:
        document["entries"] = {"included": [[0, 255], [768, 1023], [2816, 2999]], "selected": [[768, 769]]}

    judgement = _with_coverage(made, change, "tile/entries/002")
    assert (judgement.status, judgement.codes) == (1, {"coverage-mismatch"})


def test_part_cannot_pass_for_the_whole(part_of_it: Evidence) -> None:
    judgement = _with_coverage(part_of_it, lambda document: document.update(selection=None))
    assert judgement.status == 1


@pytest.mark.parametrize(
    "included",
    [
        None,
        [],
        [[0, 254]],
        [[0, 255], [255, 511]],
        [[256, 511], [0, 255]],
        [[0, 99999]],
        [[0.0, 255]],
        [[0]],
        [[-256, 255]],
    ],
)
def test_ranges_that_are_none_are_found(part_of_it: Evidence, included: object) -> None:
    def change(document: dict[str, object]) -> None:
        document["entries"] = {"included": included, "selected": []}

    judgement = _with_coverage(part_of_it, change)
    assert judgement.status == 1
    assert "internal" not in judgement.stderr


@pytest.mark.parametrize(
    ("since", "until", "selected"),
    [
        (-10.0, -5.0, []),
        (1000.0, 2000.0, []),
        (None, 0.005, [[0, 1]]),
        (29.98, None, [[2998, 2999]]),
        (2.555, 2.565, [[256, 257]]),
        (None, None, [[0, 2999]]),
        (-10.0, 1000.0, [[0, 2999]]),
    ],
)
def test_every_part_is_ok(
    long_home: tuple[Path, LogBuilder],
    at: At,
    tmp_path: Path,
    since: float | None,
    until: float | None,
    selected: list[list[int]],
) -> None:
    home, log = long_home
    times = [None if seconds is None else at(seconds) for seconds in (since, until)]
    name = f"{tmp_path.name}.zip"
    made = make_evidence(home, log.signer.vkey, log.notes[-1], since=times[0], until=times[1], name=name)
    judgement = made.judge()
    assert judgement.status == 0, judgement.answer
    assert made.coverage()["entries"]["selected"] == selected


@pytest.mark.parametrize(("since", "until"), [(100.0, 170.0), (150.0, 153.0), (250.0, 290.0), (0.0, 1.0)])
def test_part_of_a_log_with_one_of_everything_is_ok(
    specimen_evidence: Evidence, at: At, tmp_path: Path, since: float, until: float
) -> None:
    home = specimen_evidence.zip.parent / "home"
    vkey, note = specimen_evidence.vkey.read_text().strip(), specimen_evidence.anchor.read_bytes()
    made = make_evidence(home, vkey, note, since=at(since), until=at(until), name=f"{tmp_path.name}.zip")
    judgement = made.judge()
    assert judgement.status == 0, judgement.answer
    everything = specimen_evidence.coverage()
    for name in ("runs", "prunes", "key_changes", "policies", "downtime", "time"):
        assert made.coverage()[name] == everything[name]
