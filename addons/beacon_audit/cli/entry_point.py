"""Finds the command, runs it, and turns every way to fail into an exit status and a message without payload values."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from beacon_audit import __version__
from beacon_audit.cli.exit_status import INTERRUPTED, READER_GONE, UNUSABLE
from beacon_audit.cli.output import printable
from beacon_audit.errors import BeaconAuditError

PROGRAM = "beacon-audit"
HOME_VARIABLE = "BEACON_AUDIT_HOME"


@dataclass(frozen=True, slots=True)
class Command:
    """A command and what it is for; its module is ``beacon_audit.cli.<name>``, with ``_`` for ``-``. ``home``: it takes
    ``--home``."""

    name: str
    summary: str
    home: bool = False


COMMANDS = (
    Command("init", "make the keys and the CA, and say what to hand to LangSmith", home=True),
    Command("run", "run the proxy", home=True),
    Command("demo", "show it at work against a simulated Beacon"),
    Command("check", "say what would become of a request body in a file"),
    Command("lint", "find mistakes in a langsmith_config.yaml or Helm values file"),
    Command("contract", "print what a contract edition documents, or what another one changes"),
    Command("explain", "say what a finding means and what to do about it"),
    Command("log", "list what was sent, refused and observed", home=True),
    Command("show", "show everything about one exchange", home=True),
    Command("inventory", "list everything that exchanges carried, and approve what is new", home=True),
    Command("verify", "prove that the trail is whole"),
    Command("prove", "prove to an outsider that a record is in the log", home=True),
    Command("bundle", "write evidence for an auditor into one zip, with a verifier", home=True),
    Command("prune", "delete payload files dated before a day, on the record", home=True),
    Command("rotate-key", "let a new key sign the trail", home=True),
)


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors end with the documented exit status for wrong usage."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(UNUSABLE, f"{self.prog}: {printable(message)}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command line (without the program's name) and returns its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(arguments)
    except SystemExit as stop:  # argparse has printed what there is to say
        return stop.code if isinstance(stop.code, int) else UNUSABLE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _discard_stdout()
        return READER_GONE
    except BeaconAuditError as error:
        return _fail(str(error))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _fail(f"{place}{error.strerror or type(error).__name__}")
    except Exception as error:  # noqa: BLE001 - the last place where a payload value could be kept off the screen
        return _fail(_internal_error(error))


def _dispatch(arguments: list[str]) -> int:
    parser = Parser(prog=PROGRAM, description="An egress-auditing proxy for self-hosted LangSmith's traffic to Beacon.")
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    choices = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((argument for argument in arguments if not argument.startswith("-")), None)
    module: Any = None
    for command in COMMANDS:
        sentence = command.summary[0].upper() + command.summary[1:] + "."
        child = choices.add_parser(command.name, help=command.summary, description=sentence)
        if command.name != chosen:
            continue
        if command.home:
            _add_home(child)
        module = importlib.import_module(f"beacon_audit.cli.{command.name.replace('-', '_')}")
        module.add_arguments(child)
    args = parser.parse_args(arguments)
    status: int = module.run(args)
    sys.stdout.flush()
    return status


def default_home() -> Path:
    """Where an instance lies when nothing else is said."""
    return Path(os.environ.get(HOME_VARIABLE) or ".beacon-audit")


def _add_home(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--home",
        metavar="DIR",
        type=Path,
        default=default_home(),
        help=f"directory of the instance (default: ${HOME_VARIABLE}, else ./.beacon-audit)",
    )


def _fail(message: str) -> int:
    for line in message.splitlines():
        print(f"{PROGRAM}: {printable(line)}", file=sys.stderr)
    return UNUSABLE


def _internal_error(error: BaseException) -> str:
    """Where it happened, without the error's own text: libraries quote the value they stumbled over."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"  {Path(code.co_filename).name}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    return "\n".join([f"internal error ({type(error).__name__}); please report it with these lines:", *places])


def _discard_stdout() -> None:
    # Python flushes stdout once more at exit, which would print a second error.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
