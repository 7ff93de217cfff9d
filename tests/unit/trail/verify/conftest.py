"""Logs made of whatever entries a test wants, verified."""

from collections.abc import Callable
from pathlib import Path

import pytest

from beacon_audit.trail.entry import encode_entry
from beacon_audit.trail.verify import Verdict, verify_trail
from harness.log_builder import Fields, build_log, make_signer
from harness.specimen import Specimen, build_specimen

type VerifyFields = Callable[..., Verdict]


@pytest.fixture
def specimen(tmp_path: Path) -> Specimen:
    return build_specimen(tmp_path / "home")


@pytest.fixture
def verify_entries(tmp_path: Path) -> Callable[..., Verdict]:
    """The verdict on a log of these entries, as bytes or as fields, anchored at its end."""

    def verify(*entries: Fields | bytes) -> Verdict:
        signer = make_signer()
        encoded = [one if isinstance(one, bytes) else encode_entry(one, index) for index, one in enumerate(entries)]
        log = build_log(tmp_path / "trail", encoded, signer=signer, every=2)
        return verify_trail(
            tmp_path / "trail",
            signer.verifier,
            anchors=[log.notes[-1]],
            payloads=tmp_path / "payloads",
            progress=lambda _done, _total: None,
        )

    return verify
