"""``beacon-audit explain [CODE…]``: what a finding means, why it matters, where the rule comes from, what to do.

A code is that of a finding or of a decision (``reason_code``); a basis such as ``promise`` stands for all of its codes;
none at all lists them. stdout: text, with ``--json`` one object a line: ``code means matters source do lenient standard
strict``, with ``--markdown`` all of it as the page ``docs/findings.md``.

Exit status 0; 4 for a code that does not exist.
"""

import argparse
import textwrap

from beacon_audit.cli.exit_status import FINE
from beacon_audit.cli.output import paint, print_json, print_text
from beacon_audit.errors import UsageError

_WIDTH = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("codes", metavar="CODE", nargs="*", help="such as wire.duplicate-key; none: list all of them")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object per code")
    form.add_argument("--markdown", action="store_true", help="print the whole page docs/findings.md")


def run(args: argparse.Namespace) -> int:
    # Imported late: `--help` must not wait for them.
    from beacon_audit.cli.finding_codes import hint, is_known
    from beacon_audit.cli.findings_page import findings_page
    from beacon_audit.policy.explanations import EXPLANATIONS

    if args.markdown:
        if args.codes:
            raise UsageError("--markdown: expected no CODE beside it, the page has all of them")
        print_text(findings_page().removesuffix("\n"))
        return FINE
    for wanted in args.codes:
        if not is_known(wanted):
            raise UsageError(f"expected the code of a finding, got another word; {hint(wanted)}")
    for code in EXPLANATIONS:
        if not args.codes or code in args.codes or code.partition(".")[0] in args.codes:
            _explain(code, as_json=args.json, briefly=not args.codes)
    return FINE


def _explain(code: str, *, as_json: bool, briefly: bool) -> None:
    from beacon_audit.cli.findings_page import dispositions_of
    from beacon_audit.policy.explanations import EXPLANATIONS

    explanation = EXPLANATIONS[code]
    leads_to = dispositions_of(code)
    if as_json:
        words = {"means": explanation.means, "matters": explanation.matters, "source": explanation.source}
        print_json({"code": code, **words, "do": explanation.do, **leads_to})
        return
    if briefly:
        print_text(f"{paint(f'{code:36}', 'bold')} {textwrap.shorten(explanation.means, _WIDTH, placeholder=' …')}")
        return
    print_text(paint(code, "bold"))
    if leads_to:
        print_text("  " + ", ".join(f"{strictness}: {leads_to[strictness]}" for strictness in leads_to))
    for title, words_of in (
        ("What it means", explanation.means),
        ("Why it matters", explanation.matters),
        ("Where the rule comes from", explanation.source),
        ("What to do", explanation.do),
    ):
        print_text(f"\n  {title}")
        print_text(textwrap.indent(textwrap.fill(words_of, _WIDTH, break_on_hyphens=False), "    "))
    print_text()
