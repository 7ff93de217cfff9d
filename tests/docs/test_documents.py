"""What the documents say is true: files, tests, states and dependencies that they name exist, and none is left out."""

import re
import tomllib
from pathlib import Path

import pytest

from beacon_audit.demo.payloads import Payloads
from beacon_audit.demo.traffic import phases
from beacon_audit.exchange.states import TRANSITIONS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "addons" / "beacon_audit"
DOCS = ROOT / "docs"
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
README = (ROOT / "README.md").read_text()
THREAT_MODEL = (DOCS / "threat-model.md").read_text()
TRAIL_FORMAT = (DOCS / "trail-format.md").read_text()
ARCHITECTURE = (DOCS / "architecture.md").read_text()
_TEST = re.compile(r"`((?:unit|integration|property|interop|docs)/[^`:]+\.py)(?:::(\w+))?`")


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = _TEST.findall(THREAT_MODEL)
    assert len(named) > 60
    # A name in another form would not be looked up at all.
    assert ["::".join(filter(None, parts)) for parts in named] == re.findall(r"`([^`]*\btest_[^`]*)`", THREAT_MODEL)
    for file, test in named:
        assert (ROOT / "tests" / file).is_file(), file
        assert not test or f"\ndef {test}(" in (ROOT / "tests" / file).read_text(), f"{file}::{test}"


def test_every_attack_has_a_defence_and_a_test() -> None:
    rows = [line.strip("| ").split(" | ") for line in THREAT_MODEL.splitlines() if line.startswith("| ")]
    attacks = [row for row in rows if row[0] != "attack"]
    assert len(attacks) > 40
    assert [row[0] for row in attacks if len(row) != 3 or not _TEST.search(row[2])] == []


@pytest.mark.parametrize("document", [ARCHITECTURE, THREAT_MODEL, (DOCS / "dependencies.md").read_text()])
def test_every_file_that_a_document_names_exists(document: str) -> None:
    places = (PACKAGE, PACKAGE / "contracts", PACKAGE / "trail", ROOT, ROOT / "tests")
    for name in re.findall(r"`([a-z_0-9]+/[a-z_0-9/]*(?:\.py)?)`", document):
        assert any((place / name).exists() for place in places), name


def test_the_list_of_packages_is_whole_and_names_files_that_exist() -> None:
    rows = dict(re.findall(r"^\| `([a-z]+)/` \| (.*) \|$", ARCHITECTURE, re.MULTILINE))
    packages = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert set(rows) == packages
    for package, text in rows.items():
        for name in re.findall(r"`([a-z_0-9]+\.py)`", text):
            assert (PACKAGE / package / name).exists(), f"{package}/{name}"


def test_the_table_of_states_is_the_one_in_force() -> None:
    shown = re.findall(r"^\| ([A-Z]+) \| ([a-z ]+) \| ([A-Z]+) \|$", ARCHITECTURE, re.MULTILINE)
    assert shown == [(state.name, event.value, following.name) for (state, event), following in TRANSITIONS.items()]


def test_the_list_of_entries_is_that_of_the_format() -> None:
    names = re.compile(r"^\| ((?:`[a-z-]+`(?:, )?)+) \|", re.MULTILINE)

    def listed(document: str, heading: str) -> list[str]:
        section = document.partition(heading)[2].partition("\n#")[0]
        return sorted(name.strip("`") for cell in names.findall(section) for name in cell.split(", "))

    assert "policy-refused" in listed(ARCHITECTURE, "\n## The trail\n")
    assert listed(ARCHITECTURE, "\n## The trail\n") == listed(TRAIL_FORMAT, "\n## Entries\n")


def test_every_dependency_has_a_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[<>=]", requirement)[0] for requirement in declared}
    first_cells = re.findall(r"^\| ([^|]+) \|", (DOCS / "dependencies.md").read_text(), re.MULTILINE)
    shown = {name.split()[0] for cell in first_cells for name in cell.split(", ")} - {"package", "---", "<"}
    assert shown == names


def test_the_picture_of_the_demonstration_shows_what_it_does() -> None:
    """The titles, what is expected of them and the counts, that is: the rest is for ``integration/test_demo.py``."""
    scenarios = [scenario for phase in phases(Payloads("lcl_made_up_for_this")) for scenario in phase.scenarios]
    expected = {scenario.title: scenario.expected for scenario in scenarios}
    shown = re.findall(
        r"^ (\S.*?)  +(allowed|refused) +\2 .*\n ([a-z.-]+): .*?  +([0-9]{3}) +\4( |$)", README, re.MULTILINE
    )
    assert len(shown) == 6
    for title, action, code, status, _ in shown:
        wanted = expected[title]
        assert (action, code, int(status)) == (wanted.action, wanted.code, wanted.status)
    allowed = sum(scenario.expected.action == "allowed" for scenario in scenarios)
    refused = len(scenarios) - allowed
    assert f"\n{allowed} allowed, {refused} refused; Beacon received exactly {allowed} requests\n" in README


def test_links_between_documents_lead_somewhere() -> None:
    for document in DOCUMENTS:
        for target, heading in re.findall(r"\]\(([^)#]*)(?:#([^)]+))?\)", document.read_text()):
            if "://" in target:
                continue
            place = document.parent / target if target else document
            assert place.exists(), f"{document.name}: {target}"
            if heading:
                headings = re.findall(r"^#+ (.+)$", place.read_text(), re.MULTILINE)
                assert heading in {title.lower().replace(" ", "-") for title in headings}, (
                    f"{document.name}: #{heading}"
                )


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_names_a_place_on_the_machine_of_its_author(document: Path) -> None:
    assert re.findall(r"(?<![\w.])/(?:tmp|root|home|work|Users|opt)\b", document.read_text()) == []
