"""``verify``: is this log what its writer signed, is it whole, and what proves it to an outsider?

`verify_trail` reads a trail directory, trusting nothing in it but one public key, and gives a `Verdict`: every rule of
docs/trail-format.md that is broken is a `Problem`. It writes nothing, and works while a writer is at work: it verifies
the log as it stands at one signed checkpoint. Without an anchor from outside it cannot tell a log that was rolled back
or rewritten with the log's own key from the true one, and says so.
"""

from beacon_audit.trail.verify.anchor import read_anchors
from beacon_audit.trail.verify.problem import Problem
from beacon_audit.trail.verify.verdict import Verdict
from beacon_audit.trail.verify.verification import verify_trail

__all__ = ["Problem", "Verdict", "read_anchors", "verify_trail"]
