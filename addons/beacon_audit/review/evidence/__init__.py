"""Evidence for an auditor outside: a part of the log or all of it in one zip, with what is needed to check it.

`export` makes the zip that docs/trail-format.md ("Evidence bundle") describes. ``snapshot`` fixes what of a log that
may be growing is exported, ``log_files`` reads it; ``survey`` (what happened), ``extent`` (which entries) and ``tally``
(how many) are pure and make ``coverage.json``; ``archive`` writes. ``verify.py`` goes into every zip. It is a second,
independent verifier, a program of one file for any Python: nothing here imports it, and it imports nothing of ours.
"""
