"""Shows a person what happened, why, and where to look next, in 80 columns or more, with or without colour."""

import shlex
import shutil
import sys
from collections import Counter
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from beacon_audit.demo.beacon import BEACON_HOST
from beacon_audit.demo.observation import Observation
from beacon_audit.demo.proxy_process import ProxyProcess
from beacon_audit.demo.run import PhaseResult, Result, Stage

PROGRAM = "beacon-audit"


class ReportConsole(Console):
    """A console on stdout that leaves it to the command line to decide what a closed pipe means."""

    def __init__(self) -> None:
        super().__init__(highlight=False)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def print_result(console: Console, result: Result, stage: Stage) -> None:
    """A table for each phase, what Beacon received in total, and everything that is not as it must be."""
    for phase_result in result.phases:
        console.print(f"[bold]policy {phase_result.phase.name}[/bold]: {escape(phase_result.phase.title)}")
        console.print(_table(phase_result))
        console.print(_account(phase_result))
        console.print()
    _print_search(console, result)
    _print_differences(console, result)
    console.print(f"[bold]{_summary(result)}[/bold]")
    console.print()
    _print_where_to_look(console, result, stage)


def print_invitation(console: Console, stage: Stage, proxy: ProxyProcess) -> None:
    """Commands to try against the running proxy, ready to be pasted."""
    curl = f"curl --proxy http://{proxy.address} --cacert {shlex.quote(str(stage.home.ca_certificate))}"
    curl += f" --header 'Content-Type: application/json' https://{BEACON_HOST}/v1/beacon/verify"
    console.print(f"The proxy goes on serving at {proxy.address}, with policy enforce. What is documented leaves:")
    _print_command(console, f"""{curl} --data '{{"license": "lcl_try_it"}}'""")
    console.print("What is not stays in:")
    _print_command(console, f"""{curl} --data '{{"license": "lcl_try_it", "hostname": "db-7"}}'""")
    console.print("Ctrl-C ends it.")


def _table(result: PhaseResult) -> Table:
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False, leading=1)
    table.add_column("what was sent, and what became of it", ratio=1, overflow="fold")
    table.add_column("expected", width=8)
    table.add_column("seen", width=10)
    table.add_column("Beacon got", width=12)
    for observation in result.observations:
        table.add_row(_story(observation), _expected(observation), _seen(observation), _arrived(observation))
    return table


def _story(observation: Observation) -> str:
    title, reason = escape(observation.scenario.title), escape(observation.reason)
    return f"[bold]{title}[/bold]\n{reason}\n[dim]record {observation.record_id or 'none'}[/dim]"


def _expected(observation: Observation) -> str:
    expected = observation.scenario.expected
    return f"{expected.action}\n{expected.status}"


def _seen(observation: Observation) -> str:
    colour = "red" if observation.differences else "green"
    status = observation.answer.status or "no answer"
    return f"[{colour}]{escape(observation.action)}\n{status}[/{colour}]"


def _arrived(observation: Observation) -> str:
    """What came of one message, counted at Beacon's own socket."""
    if not observation.arrived and not observation.connections:
        return "nothing"
    size = sum(len(request.body) for request in observation.arrived)
    counts = (_plural(observation.connections, "connection"), _plural(len(observation.arrived), "request"))
    return "\n".join([*counts, _plural(size, "byte")])


def _account(result: PhaseResult) -> str:
    """What Beacon received in one phase, counted at its own socket."""
    received = (
        f"{_plural(len(result.observations), 'attempt')}; Beacon received {_plural(result.requests, 'request')} "
        f"on {_plural(result.connections, 'connection')}, {result.bytes_received} TCP bytes"
    )
    if result.as_it_should:
        return f"[green]as it should be:[/green] {received}"
    return f"[red]expected {_plural(result.expected_requests, 'request')}:[/red] {received}"


def _summary(result: Result) -> str:
    """The whole demonstration in one line."""
    actions = Counter(observation.action for observation in result.observations)
    counts = [f"{actions.pop('allowed', 0)} allowed", f"{actions.pop('refused', 0)} refused"]
    counts += [f"{count} {escape(action)}" for action, count in sorted(actions.items())]
    received = sum(phase_result.requests for phase_result in result.phases)
    expected = sum(phase_result.expected_requests for phase_result in result.phases)
    amount = f"exactly {received}" if received == expected else f"{received}, not {expected}"
    return f"{', '.join(counts)}; Beacon received {amount} requests"


def _print_search(console: Console, result: Result) -> None:
    if not result.leaks:
        console.print(
            "[green]as it should be:[/green] the license key and the prompt that were sent stand in no file in clear"
        )
    for path in result.leaks:
        console.print(
            f"[red]the license key or the prompt stands in clear in[/red] {escape(str(path))}", soft_wrap=True
        )


def _print_differences(console: Console, result: Result) -> None:
    differing = [observation for observation in result.observations if observation.differences]
    total = len(result.observations)
    if not differing:
        console.print(f"[green]as it should be:[/green] all {total} messages met what must happen to them")
        return
    console.print(f"[red]{len(differing)} of {total} messages did not meet what must happen to them:[/red]")
    for observation in differing:
        for difference in observation.differences:
            console.print(f"  {escape(observation.scenario.title)}: {escape(difference)}")


def _print_where_to_look(console: Console, result: Result, stage: Stage) -> None:
    home = shlex.quote(str(stage.home.path))
    console.print(f"HOME of this demonstration (kept): {escape(str(stage.home.path))}", soft_wrap=True)
    console.print("Where to look next:")
    _print_command(console, f"{invocation()} log --home {home}")
    _print_command(console, f"{invocation()} log --home {home} --action refused --json")
    if (record := _telling_record(result)) is not None:
        _print_command(console, f"{invocation()} show {record} --home {home}")
    for phase_result in result.phases:
        _print_command(console, f"less {shlex.quote(str(stage.log_file(phase_result.phase)))}")


def _telling_record(result: Result) -> str | None:
    """The id of the refusal with the most to see: a body, with a secret in the wrong place."""
    refused = [observation for observation in result.observations if observation.action == "refused"]
    refused.sort(key=lambda observation: observation.scenario.expected.code != "promise.license-misplaced")
    return refused[0].record_id if refused else None


def _print_command(console: Console, command: str) -> None:
    # Never wrapped by us: it has to survive being copied.
    console.print(f"  {escape(command)}", soft_wrap=True, highlight=False)


def invocation() -> str:
    """How a person calls this program from the shell that started it."""
    called = Path(sys.argv[0])
    on_path = shutil.which(PROGRAM)
    if called.name == PROGRAM and called.is_file():
        return PROGRAM if on_path and Path(on_path).samefile(called) else shlex.quote(str(called))
    return f"{shlex.quote(sys.executable)} -m beacon_audit.cli"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
