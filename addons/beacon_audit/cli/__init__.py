"""The command line: one executable, one command a file, nothing heavy imported before it is known which one.

``main`` gives the exit status and raises nothing. 0: fine. 1: the answer is "no" (findings, tampering). 2: incomplete.
3: sound but not anchored. 4: wrong usage, or something cannot be read or written. 130 after Ctrl-C, 141 when the reader
of stdout went away. Results go to stdout, diagnostics to stderr.

A command's module offers ``add_arguments(parser)`` and ``run(args) -> int``. ``args.home`` is there
for commands that are marked so in ``entry_point.COMMANDS``.
"""

from beacon_audit.cli.entry_point import main

__all__ = ["main"]
