"""Whom to ask next about which checkpoint, and when a quorum has cosigned it. Pure: the time is handed in.

A quorum counts for one checkpoint only, so all witnesses are asked about the same one, the *target*. It gives way to a
newer one as soon as it has its quorum, or as soon as everybody was asked without giving one; a witness that is slow
holds up nobody whose cosignatures are enough. With ``again_s``, a target with a quorum that nothing newer follows is
asked about again after so many seconds: that is how an idle log finds out that its witnesses still answer.

A witness that failed is left alone for a second, then two, four and so on, at most `LONGEST_PAUSE_S`.
"""

from beacon_audit.trail.cosignature import add_cosignatures
from beacon_audit.trail.note import Signature, parse_note

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 15.0


class Cosigning:
    """``witnesses`` is how many there are; each is known by its number, from 0. Times are seconds of one clock."""

    def __init__(self, witnesses: int, quorum: int, *, again_s: float | None) -> None:
        self._witnesses = witnesses
        self._quorum = quorum
        self._again_s = again_s
        self._newest: bytes | None = None
        self._newest_size = -1
        self._target: bytes | None = None
        self._begun = 0.0
        self._cosignatures: dict[int, Signature] = {}
        self._asked: set[int] = set()
        self._pauses = [FIRST_PAUSE_S] * witnesses
        self._not_before = [0.0] * witnesses

    @property
    def settled(self) -> bool:
        """Whether a quorum has cosigned the newest checkpoint."""
        return self._target == self._newest and self._has_quorum

    @property
    def _has_quorum(self) -> bool:
        return len(self._cosignatures) >= self._quorum

    def offer(self, note: bytes) -> None:
        """There is a checkpoint. One that is not newer than those before changes nothing."""
        size = int(note.split(b"\n", 2)[1])
        if size > self._newest_size:
            self._newest, self._newest_size = note, size

    def question(self, witness: int, now: float) -> bytes | None:
        """The checkpoint that ``witness`` is to be asked about now, if any."""
        self._move_on(now)
        if witness in self._cosignatures or self._not_before[witness] > now:
            return None
        return self._target

    def pause(self, witness: int, now: float) -> float | None:
        """In how many seconds to look at `question` again; ``None``: not before something changes."""
        times = [self._not_before[witness]] if witness not in self._cosignatures else []
        if self._again_s is not None and self._has_quorum:
            times.append(self._begun + self._again_s)
        return min((time - now for time in times if time > now), default=None)

    def cosigned(self, witness: int, note: bytes, cosignature: Signature) -> bytes | None:
        """``witness`` has cosigned ``note``. Gives the note with its cosignatures once they are a quorum, and again
        with each that comes after; nothing when another checkpoint is asked about by now."""
        self._pauses[witness] = FIRST_PAUSE_S
        if note != self._target:
            return None
        self._asked.add(witness)
        self._cosignatures[witness] = cosignature
        if not self._has_quorum:
            return None
        in_order = [self._cosignatures[number] for number in sorted(self._cosignatures)]
        return add_cosignatures(parse_note(note), in_order)

    def failed(self, witness: int, note: bytes, now: float) -> None:
        """``witness`` was asked about ``note`` and has not cosigned it."""
        self._not_before[witness] = now + self._pauses[witness]
        self._pauses[witness] = min(2 * self._pauses[witness], LONGEST_PAUSE_S)
        if note == self._target:
            self._asked.add(witness)

    def _move_on(self, now: float) -> None:
        newer = self._newest != self._target and (
            self._target is None or self._has_quorum or len(self._asked) == self._witnesses
        )
        again = self._again_s is not None and self._has_quorum and now >= self._begun + self._again_s
        if newer or again:
            self._target, self._begun = self._newest, now
            self._cosignatures = {}
            self._asked = set()
