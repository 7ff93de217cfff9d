"""Detector: how a database is reached, where the vendor promises no database records (``no-content``).

Gives ``promise.connection-string`` for every text that holds a connection string; one with a password in it is a
``promise.secret`` as well. Source of the forms: PostgreSQL documentation 34.1.1, ADO.NET, JDBC, Azure Storage.
"""

from collections.abc import Iterator

from beacon_audit.inspection.context import InspectionContext
from beacon_audit.inspection.facts import Suspicion, anywhere
from beacon_audit.inspection.patterns import pattern
from beacon_audit.inspection.subject import Subject

_CONNECTION = pattern(
    r"\b(?:jdbc:)?(?:postgres(?:ql)?|mysql|mariadb|rediss?|mongodb|clickhouse|mssql|sqlserver|oracle|cockroachdb|snowflake"
    r"|amqps?|cassandra|bigquery|duckdb|sqlite)(?:\+[a-z0-9_]+)?:(?:thin:@)?//?[^\s\x1e/]",
    r"\b(?:server|data source|host|hostname|addr|address)\s*=\s*[^;\x1e]*;[^\x1e]*?"
    r"\b(?:database|initial catalog|user ?id|uid|username|port)\s*=",
    r"\bhost(?:addr)?\s*=\s*\S+\s[^\x1e]*?\bdbname\s*=",
    r"\bDefaultEndpointsProtocol\s*=",
    any_case=True,
)
_MESSAGE = "expected no payload contents, got a string that says how a database is reached"


def detect(subject: Subject, context: InspectionContext) -> Iterator[Suspicion]:
    """One suspicion for each text with a connection string."""
    if "no-content" in context.endpoint.promises:
        for text, _ in subject.readings.matching(_CONNECTION):
            yield Suspicion("promise.connection-string", anywhere(text), _MESSAGE)
