r"""Detector: SQL statements, where the vendor promises not to collect database records (``no-content``).

Gives ``promise.database-text``. A statement is known by its grammar, not by its words, which English has too: keywords
in capitals in their order, or in any case with what only SQL has (``*`` or a name with ``_`` or ``.``, a condition with
an operator, a list in parentheses, the next clause). Comments count as white space, ``+`` as an escaped one.
``SELECT 1``, the name of an operation alone and "select a node from the pool" are no statements.

Source of the grammar: ISO/IEC 9075-2 (SQL/Foundation), with what PostgreSQL and ClickHouse add.
"""

from collections.abc import Iterator

from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Suspicion, anywhere
from beacon_audit.inspection.patterns import pattern
from beacon_audit.inspection.subject import Subject

_S = r"(?:\s|/\*[^*]*\*/|\+)+"
_O = _S.removesuffix("+") + "*"
_COMMA = f"{_O},{_O}"
_NAME = r"[\"'`\[]?[A-Za-z_][A-Za-z0-9_$.\"'`\]\[]*"
_NO_WORD = r"[\"'`\[]?[A-Za-z0-9]*[_.][A-Za-z0-9_$.\"'`\]\[]*"
_COLUMNS = rf"(?:{_NAME}{_COMMA})*{_NO_WORD}(?:{_COMMA}{_NAME})*"
_ANYTHING = r"[^\x1e]+?"
_CONDITION = (
    rf"\(*{_NAME}{_O}(?:[=<>~]|!=|\bIN{_O}\(|\bIS{_S}(?:NOT{_S})?NULL\b|\bI?LIKE{_O}['$:?%@]|\bBETWEEN{_S}['$:?%@0-9])"
)
_NEXT = (
    rf"(?:{_S}(?:AS{_S})?{_NAME})??{_S}(?:(?:PRE)?WHERE{_S}{_CONDITION}|(?:INNER|LEFT|RIGHT|FULL|CROSS|{_O}){_O}JOIN{_S}"
    rf"{_NAME}{_S}(?:(?:AS{_S})?{_NAME}{_S})?(?:ON|USING)\b|LIMIT{_S}[0-9$:?%@]|(?:GROUP|ORDER){_S}BY\b"
    rf"|UNION{_S}(?:ALL{_S})?SELECT\b)"
)

# In capitals, as statements are written, the order of the keywords is enough.
_IN_CAPITALS = pattern(
    rf"\bSELECT{_S}{_ANYTHING}{_S}FROM{_S}(?:{_NAME}|\()",
    rf"\bINSERT{_S}(?:OR{_S}[A-Z]+{_S})?INTO{_S}{_NAME}",
    rf"\bUPDATE{_S}{_NAME}{_S}(?:AS{_S}{_NAME}{_S})?SET{_S}{_NAME}",
    rf"\bDELETE{_S}FROM{_S}{_NAME}",
    rf"\bMERGE{_S}INTO{_S}{_NAME}",
    rf"\b(?:CREATE|ALTER|DROP|TRUNCATE|OPTIMIZE|ATTACH){_S}(?:[A-Z]+{_S}){{0,3}}?(?:TABLE|INDEX|VIEW|DATABASE|SCHEMA)"
    rf"{_S}{_NAME}",
    rf"\bCOPY{_S}{_NAME}{_O}(?:\([^)\x1e]*\){_O})?(?:FROM|TO){_S}(?:STDIN|STDOUT|PROGRAM|')",
)
_IN_ANY_CASE = pattern(
    rf"\bSELECT{_S}{_ANYTHING}{_S}FROM{_S}{_NAME}{_NEXT}",
    rf"\bSELECT{_S}(?:DISTINCT{_S})?(?:[a-z_.]*\*|COUNT\(\S*\)){_S}FROM{_S}(?:{_NAME}|\()",
    rf"\bSELECT{_S}(?:DISTINCT{_S})?(?:{_COLUMNS}{_S}FROM{_S}{_NAME}|{_NAME}(?:{_COMMA}{_NAME})*{_S}FROM{_S}{_NO_WORD})",
    rf"\bINSERT{_S}INTO{_S}{_NAME}{_O}(?:\([^)\x1e]+\){_O})?(?:VALUES{_O}\(|SELECT{_S})",
    rf"\bINSERT{_S}INTO{_S}{_NAME}{_O}\({_NAME}(?:{_COMMA}{_NAME})*{_O}\)",
    rf"\bUPDATE{_S}{_NAME}{_S}SET{_S}{_NAME}{_O}=",
    rf"\bDELETE{_S}FROM{_S}{_NAME}{_S}(?:WHERE{_S}{_CONDITION}|USING{_S}{_NAME}{_S}WHERE\b)",
    rf"\b(?:CREATE|DROP|ALTER){_S}TABLE{_S}(?:IF{_S}(?:NOT{_S})?EXISTS\b|{_NAME}{_O}\(|{_NAME}{_S}ADD{_S}COLUMN\b)",
    any_case=True,
)
_MESSAGE = "expected no database records or queries, got an SQL statement"


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:
    """One suspicion for each text with a statement."""
    if "no-content" not in context.endpoint.promises:
        return
    for wanted in (_IN_CAPITALS, _IN_ANY_CASE):
        for text, _ in subject.readings.matching(wanted):
            yield Suspicion("promise.database-text", anywhere(text), _MESSAGE)
