"""One log before both verifiers: as a HOME for `beacon-audit verify`, and unpacked as an evidence bundle for the
standalone one. What a test does to files of the log it does to both."""

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from beacon_audit.trail.verify import Verdict, verify_trail
from harness.evidence import Judgement, judge, make_evidence
from harness.log_builder import build_log, make_signer, write_journal

STATUS = {"ok": 0, "tampered": 1, "incomplete": 2, "unanchored": 3}
SIGNER = make_signer()


@dataclass(frozen=True, slots=True)
class TwoCopies:
    """``home`` and ``bundle`` hold the same log, whose checkpoints are ``notes``."""

    home: Path
    bundle: Path
    notes: tuple[bytes, ...]

    @property
    def trails(self) -> tuple[Path, Path]:
        """The directories below which the tiles of both copies lie."""
        return self.home / "trail", self.bundle

    def each(self, change: Callable[[Path], object]) -> None:
        """``change`` one copy as the other."""
        for directory in self.trails:
            change(directory)

    def remove(self, *paths: str) -> None:
        """Delete files of the log in both copies."""
        for directory in self.trails:
            for path in paths:
                (directory / path).unlink()

    def verify(self, *anchors: bytes) -> Verdict:
        """What `beacon-audit verify` says."""
        return verify_trail(
            self.home / "trail",
            SIGNER.verifier,
            anchors=anchors,
            payloads=self.home / "payloads",
            progress=lambda _done, _total: None,
        )

    def judge(self, *anchors: bytes) -> Judgement:
        """What the standalone verifier says."""
        options = ["--vkey", str(self.home / "keys/trail.vkey")]
        for number, anchor in enumerate(anchors):
            path = self.home / f"kept-{number}"
            path.write_bytes(anchor)
            options += ["--anchor", str(path)]
        return judge(self.bundle, *options)

    def both(self, *anchors: bytes) -> tuple[int, set[str], int | None]:
        """Status, codes and anchored size; both verifiers must be of one opinion."""
        verdict, judgement = self.verify(*anchors), self.judge(*anchors)
        codes = {problem.code for problem in verdict.problems}
        assert (STATUS[verdict.verdict], verdict.anchored_size) == (
            judgement.status,
            judgement.answer["anchored_size"],
        ), (verdict, judgement)
        alike = {"anchor-not-compared", "unconfirmed-entries", "payload-missing", "payload-unaccounted"}
        assert codes & alike == judgement.codes & alike
        return judgement.status, codes | judgement.codes, verdict.anchored_size


def two_copies(directory: Path, entries: Sequence[bytes], *, sizes: Sequence[int], payloads: bool = False) -> TwoCopies:
    """A log of ``entries`` with checkpoints at ``sizes`` and at its end, below ``directory``. ``payloads``: the files
    that entries name lie in ``directory/home/payloads`` already."""
    home = directory / "home"
    (home / "payloads").mkdir(parents=True, exist_ok=payloads)
    log = build_log(home / "trail", entries, signer=SIGNER, sizes=sizes, partials=False)
    write_journal(home / "trail", entries[-1:], max(len(entries) - 1, 0))
    evidence = make_evidence(home, SIGNER.vkey, log.notes[-1])
    with zipfile.ZipFile(evidence.zip) as archive:
        archive.extractall(directory / "bundle")
    return TwoCopies(home, directory / "bundle", tuple(log.notes))
