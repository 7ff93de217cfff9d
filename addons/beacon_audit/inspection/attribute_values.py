"""What the values of attributes look like whose keys are documented or standard, as data.

A value outside of its grammar is how contents travel under a documented key. Source: the documented samples
(``/sessions``, ``GET``, ``langsmith_backend``, ``timeout``) and the OpenTelemetry semantic conventions.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,63}"
_WORD = r"[A-Za-z_][A-Za-z0-9_.:$<>-]{0,127}"
_VERSION = r"v?[0-9A-Za-z][0-9A-Za-z.+_:-]{0,63}"
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
# A part of a route is a word of at most five parts, a parameter by name, or a wildcard; never a value.
_WORD_OF_ROUTE = r"\.?[A-Za-z][A-Za-z0-9]{0,31}(?:[._-][A-Za-z0-9]{1,24}){0,4}"
_PARAMETER_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,39}"
_PARAMETER = (
    rf"\{{{_PARAMETER_NAME}(?::[a-z_]{{1,16}})?\??\}}|:{_PARAMETER_NAME}|<(?:[a-z]{{1,16}}:)?{_PARAMETER_NAME}>"
)
_ROUTE = rf"/?|(?:/(?:{_WORD_OF_ROUTE}|{_PARAMETER}|\*{{1,2}}))+/?"
_METHODS = "GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|QUERY|_OTHER|HTTP"
_LONG_NUMBER = re.compile(r"[0-9]{7}")


@dataclass(frozen=True, slots=True)
class Grammar:
    """``expected`` says it to a person. ``numbers``: runs of seven digits or more are allowed."""

    expected: str
    expression: str
    longest: int = 128
    numbers: bool = False

    def allows(self, value: str) -> bool:
        """Whether ``value`` is as expected."""
        if len(value) > self.longest or (not self.numbers and _LONG_NUMBER.search(value)):
            return False
        return re.fullmatch(self.expression, value, re.ASCII) is not None


_ROUTES = Grammar("a route template without values, such as /runs/{run_id}", _ROUTE)
_METHOD = Grammar("an HTTP method", _METHODS)
_NAMES = Grammar("a name of at most 64 characters", _NAME)
_WORDS = Grammar("one word", _WORD)
_COUNT = Grammar("a number", r"[0-9]{1,12}", numbers=True)
_VERSIONS = Grammar("a version", _VERSION, numbers=True)

GRAMMARS: Mapping[str, Grammar] = {
    "endpoint": _ROUTES,
    "http.route": _ROUTES,
    "method": _METHOD,
    "http.request.method": _METHOD,
    "env": _NAMES,
    "resource.name": _NAMES,
    "service.name": _NAMES,
    "service_name": _NAMES,
    "component": _NAMES,
    "service.instance.id": Grammar("a UUID or a name", rf"{_UUID}|{_NAME}", numbers=True),
    "request_size": _COUNT,
    "pool_size": _COUNT,
    "http.response.status_code": Grammar("a status code", r"[1-5][0-9]{2}"),
    "error_type": _WORDS,
    "error.type": Grammar("one word or a status code", rf"{_WORD}|[1-5][0-9]{{2}}"),
    "exception.type": _WORDS,
    "telemetry.sdk.name": _NAMES,
    "telemetry.sdk.language": _WORDS,
    "telemetry.sdk.version": _VERSIONS,
    "telemetry.distro.name": _NAMES,
    "telemetry.distro.version": _VERSIONS,
    "service.version": _VERSIONS,
    "db.system.name": _WORDS,
    "db.operation.name": Grammar("the name of an operation", r"[A-Za-z_]{1,32}(?: [A-Za-z_]{1,32}){0,2}"),
}
