"""Every detector runs, and every detector module is listed."""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from beacon_audit import inspection
from beacon_audit.inspection import DETECTORS, InspectionContext, inspect
from beacon_audit.model.json_value import JsonValue


def test_findings_of_all_detectors_come_together(context: Callable[..., InspectionContext], secret: str) -> None:
    document: JsonValue = {
        "attributes": [{"key": "user.id"}, {"key": "db.statement"}, {"key": "new"}],
        "note": secret,
    }
    assert [finding.code for finding in inspect(document, context()).findings] == [
        "contract.new-attribute-key",
        "promise.content-attribute",
        "promise.identity-attribute",
        "promise.license-misplaced",
    ]


def test_every_module_with_a_detector_is_registered() -> None:
    modules = [import_module(f"beacon_audit.inspection.{module.name}") for module in iter_modules(inspection.__path__)]
    assert {module.detect for module in modules if hasattr(module, "detect")} == set(DETECTORS)
