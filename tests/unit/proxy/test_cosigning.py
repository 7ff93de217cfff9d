"""Who is asked next: everybody about one checkpoint, the newest, until it has a quorum or nobody is left to ask."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_audit.proxy.cosigning import LONGEST_PAUSE_S, Cosigning
from beacon_audit.trail.note import Signature, parse_note

ROOT = "A" * 43 + "="


def note(size: int) -> bytes:
    return f"log.example\n{size}\n{ROOT}\n\n— log.example {'B' * 92}\n".encode()


def signature(number: int) -> Signature:
    return Signature(f"w{number}", b"1234", bytes(8 + 64))


def answers(cosigning: Cosigning, number: int, size: int) -> bytes | None:
    return cosigning.cosigned(number, note(size), signature(number))


def offered(witnesses: int, quorum: int, *sizes: int, again_s: float | None = None) -> Cosigning:
    cosigning = Cosigning(witnesses, quorum, again_s=again_s)
    for size in sizes:
        cosigning.offer(note(size))
    return cosigning


def test_nobody_is_asked_before_there_is_a_checkpoint() -> None:
    cosigning = offered(2, 1)
    assert cosigning.question(0, 0) is None
    assert cosigning.pause(0, 0) is None


def test_everybody_is_asked_about_the_newest_checkpoint_even_when_an_older_one_comes_last() -> None:
    cosigning = offered(2, 1, 3, 9, 4)
    assert [cosigning.question(number, 0) for number in (0, 1)] == [note(9), note(9)]


def test_quorum_counts_for_one_checkpoint_only() -> None:
    cosigning = offered(2, 2, 1)
    assert cosigning.question(0, 0) == cosigning.question(1, 0) == note(1)
    assert answers(cosigning, 0, 1) is None
    cosigning.offer(note(2))
    assert cosigning.question(0, 0) is None, "the first one has not been given up yet"
    assert answers(cosigning, 1, 7) is None, "of another checkpoint"
    stored = answers(cosigning, 1, 1)
    assert stored is not None
    assert [line.name for line in parse_note(stored).signatures] == ["log.example", "w0", "w1"]
    assert cosigning.question(0, 0) == cosigning.question(1, 0) == note(2)
    assert answers(cosigning, 0, 2) is None, "the cosignatures of the one before do not count"


def test_cosignatures_beyond_the_quorum_are_added() -> None:
    cosigning = offered(3, 2, 1)
    assert cosigning.question(0, 0) == note(1)
    assert answers(cosigning, 2, 1) is None
    first, second = answers(cosigning, 0, 1), answers(cosigning, 1, 1)
    assert first is not None
    assert second is not None
    assert [line.name for line in parse_note(first).signatures] == ["log.example", "w0", "w2"]
    assert [line.name for line in parse_note(second).signatures] == ["log.example", "w0", "w1", "w2"]


def test_a_slow_witness_holds_up_nobody_whose_cosignatures_are_enough() -> None:
    cosigning = offered(3, 2, 1)
    assert {cosigning.question(number, 0) for number in range(3)} == {note(1)}
    for size in (1, 2, 3):  # the third never answers
        answers(cosigning, 0, size)
        assert answers(cosigning, 1, size) is not None
        cosigning.offer(note(size + 1))
        assert cosigning.question(0, 0) == cosigning.question(1, 0) == note(size + 1)
    assert answers(cosigning, 2, 1) is None, "too late"
    assert cosigning.question(2, 0) == note(4)


def test_checkpoint_is_given_up_when_everybody_was_asked_in_vain() -> None:
    cosigning = offered(2, 2, 1)
    assert cosigning.question(0, 0) == note(1)
    answers(cosigning, 0, 1)
    cosigning.offer(note(2))
    cosigning.failed(1, note(1), 0)
    assert cosigning.question(0, 0) == note(2)


def test_witness_that_failed_is_asked_again_about_the_same_checkpoint() -> None:
    """Or one that hangs and one that failed once would keep a third from its quorum."""
    cosigning = offered(3, 2, 1)
    assert {cosigning.question(number, 0) for number in range(3)} == {note(1)}
    answers(cosigning, 0, 1)
    cosigning.failed(1, note(1), 0)
    assert cosigning.question(1, 1) == note(1)
    assert answers(cosigning, 1, 1) is not None


def test_pauses_grow_to_a_limit_and_end_with_an_answer() -> None:
    cosigning = offered(1, 1, 1)
    pauses = []
    now = 100.0
    for _ in range(8):
        assert cosigning.question(0, now) == note(1)
        cosigning.failed(0, note(1), now)
        assert cosigning.question(0, now) is None
        pauses.append(cosigning.pause(0, now) or 0)
        now += pauses[-1]
    assert pauses == [1, 2, 4, 8, LONGEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    assert cosigning.question(0, now) == note(1)
    answers(cosigning, 0, 1)
    cosigning.offer(note(2))
    assert cosigning.question(0, now) == note(2)
    cosigning.failed(0, note(2), now)
    assert cosigning.pause(0, now) == 1


def test_pause_after_many_failures_is_a_number() -> None:
    cosigning = offered(1, 1, 1)
    for _ in range(5000):
        cosigning.failed(0, note(1), 0)
    assert cosigning.pause(0, 0) == LONGEST_PAUSE_S


def test_idle_log_asks_again_and_a_busy_one_has_no_need_to() -> None:
    cosigning = offered(1, 1, 1, again_s=10)
    assert cosigning.question(0, 0) == note(1)
    assert answers(cosigning, 0, 1) is not None
    assert (cosigning.question(0, 9), cosigning.pause(0, 9)) == (None, 1)
    assert cosigning.question(0, 10) == note(1)
    assert not cosigning.settled
    assert answers(cosigning, 0, 1) is not None
    cosigning.offer(note(2))
    assert cosigning.question(0, 11) == note(2)


def test_idle_log_does_not_ask_again_when_nothing_depends_on_it() -> None:
    cosigning = offered(1, 1, 1)
    assert cosigning.question(0, 0) == note(1)
    answers(cosigning, 0, 1)
    assert (cosigning.question(0, 1e9), cosigning.pause(0, 1e9)) == (None, None)


def test_it_is_settled_when_the_newest_checkpoint_has_its_quorum() -> None:
    cosigning = offered(2, 1, 1)
    assert not cosigning.settled
    assert cosigning.question(0, 0) == note(1)
    assert not cosigning.settled
    answers(cosigning, 0, 1)
    assert cosigning.settled
    cosigning.offer(note(2))
    assert not cosigning.settled


@pytest.mark.parametrize("quorum", [1, 2, 3])
@given(st.lists(st.tuples(st.sampled_from(["grow", "ask", "good", "bad"]), st.integers(0, 2)), max_size=60))
def test_whatever_happens_results_have_a_quorum_and_only_grow(quorum: int, happened: list[tuple[str, int]]) -> None:
    log = _Log(quorum)
    for what, number in happened:
        log.now += 1
        getattr(log, what)(number)
    # Once everybody answers, the newest checkpoint gets its quorum.
    log.now += LONGEST_PAUSE_S
    for number in (0, 1, 2) * 4:
        log.good(number)
        log.ask(number)
    assert log.cosigning.settled


class _Log:
    """A log with three witnesses, of which each is asked about one thing at a time."""

    def __init__(self, quorum: int) -> None:
        self.quorum = quorum
        self.cosigning = offered(3, quorum, 1)
        self.size = 1
        self.now = 0.0
        self.asked: dict[int, bytes] = {}
        self.result = 0

    def grow(self, _number: int) -> None:
        self.size += 1
        self.cosigning.offer(note(self.size))

    def ask(self, number: int) -> None:
        if number not in self.asked and (question := self.cosigning.question(number, self.now)):
            self.asked[number] = question

    def bad(self, number: int) -> None:
        if number in self.asked:
            self.cosigning.failed(number, self.asked.pop(number), self.now)

    def good(self, number: int) -> None:
        if number not in self.asked:
            return
        result = self.cosigning.cosigned(number, self.asked.pop(number), signature(number))
        if result is not None:
            cosigners = {line.name for line in parse_note(result).signatures} - {"log.example"}
            assert len(cosigners) >= self.quorum
            size = int(result.split(b"\n")[1])
            assert size >= self.result
            self.result = size
