"""Bodies of the largest size, one after the other: each is answered and recorded.

With a thousand of the default size, and what they do to memory: ``python -m bench.large_bodies``.
"""

import gzip
from pathlib import Path

from harness.rig import running_rig
from harness.usage_reports import PATH, usage_report

LIMIT = 1 << 20
DECODED = 4 * LIMIT
REPORT = usage_report(1)
KINDS: tuple[tuple[bytes, dict[str, str], int], ...] = (
    (REPORT.ljust(LIMIT), {}, 200),
    (gzip.compress(REPORT.ljust(DECODED)), {"Content-Encoding": "gzip"}, 200),
    (gzip.compress(REPORT.ljust(DECODED + 1)), {"Content-Encoding": "gzip"}, 403),
    (REPORT.replace(b'{"', b'{"undocumented": "' + b"word " * (LIMIT // 6) + b'", "', 1), {}, 403),
)
ROUNDS = 6


def test_body_after_body_of_the_largest_size_is_answered_and_recorded(tmp_path: Path) -> None:
    with running_rig(tmp_path, limits={"body_bytes": LIMIT, "decoded_bytes": DECODED}) as rig:
        for number in range(ROUNDS):
            for body, headers, status in KINDS:
                with rig.tunnel() as tunnel:
                    assert tunnel.send(PATH, body, headers=headers).status == status, number
        assert rig.proxy.stop() == 0
        assert [len(request.body) for request in rig.beacon.requests] == [LIMIT, len(KINDS[1][0])] * ROUNDS
        assert [state for _, state in rig.outcomes()] == ["sent"] * 2 * ROUNDS
        assert len(rig.proxy.entries("refusal")) == 2 * ROUNDS
