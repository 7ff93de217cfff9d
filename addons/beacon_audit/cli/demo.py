"""``beacon-audit demo``: documented and hostile traffic through a real proxy to a simulated Beacon, on loopback only.

Prints what was expected and what was seen. With ``--once`` it ends there: exit status 0 when everything happened as it
should, else 1. Without it the proxy goes on serving until Ctrl-C or SIGTERM, and the exit status is the same. The
directory with HOME, policies and logs is new, lies where temporary files do, and is kept.
"""

import argparse
import io
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from beacon_audit.cli.exit_status import FINE, NO
from beacon_audit.cli.output import print_text, printable

if TYPE_CHECKING:
    from rich.console import Console

    from beacon_audit.demo.run import Stage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="end after the traffic instead of serving on")


def run(args: argparse.Namespace) -> int:
    from beacon_audit.demo.proxy_process import ProxyFailed
    from beacon_audit.demo.report import ReportConsole, print_result
    from beacon_audit.demo.run import Stage, play

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a reason may hold what the terminal's encoding does not
    console = ReportConsole()
    with _sigterm_as_interrupt():
        stage = Stage.prepare(Path(tempfile.mkdtemp(prefix="beacon-audit-demo-")))
        try:
            with _progress(stage) as on_step:
                result = play(stage, on_step)
            print_result(console, result, stage)
            if not args.once:
                _serve(console, stage)
        except ProxyFailed as error:
            for line in str(error).splitlines():
                print_text(printable(line), sys.stderr)
            return NO
    return FINE if result.as_it_should else NO


def _serve(console: "Console", stage: "Stage") -> None:
    """Serve with the first policy until someone ends it, which is no failure."""
    from beacon_audit.demo.report import print_invitation

    try:
        with stage.running(stage.phases[0]) as (_, proxy):
            console.print()
            print_invitation(console, stage, proxy)
            console.file.flush()
            proxy.wait()
    except KeyboardInterrupt:
        print_text("stopped")


@contextmanager
def _progress(stage: "Stage") -> Iterator[Callable[[str], None]]:
    """A progress bar on stderr when that is a terminal; nothing otherwise. Gone when the block ends."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True, highlight=False)
    columns = (BarColumn(bar_width=20), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    total = sum(1 + len(phase.scenarios) for phase in stage.phases)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=total)
        started = False

        def on_step(title: str) -> None:
            nonlocal started
            progress.update(task, description=title, advance=int(started))
            started = True

        yield on_step


@contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """Inside, SIGTERM unwinds like Ctrl-C, so that the proxy that was started does not outlive us."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
