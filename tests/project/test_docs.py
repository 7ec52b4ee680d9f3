"""The documents are complete, and what they point at exists."""

import re
from dataclasses import fields
from pathlib import Path

import msgspec
import pytest
from checkout import DOCS, ROOT, SOURCE, committed

from noria import errors
from noria.capture.rules import rules
from noria.records.capture import CaptureReason
from noria.records.function import CaptureSettings
from noria.server import api, health, monitoring, openapi
from noria.server.api.sent import CaptureChange
from noria.server.problem import status_of

PAGES = [path for path in committed() if path.suffix == ".md"]
KEY = re.compile(r"\[([A-Z][A-Za-z]+[12]\d{3}[a-z]?)\]")
LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")


def table(page: Path) -> dict[str, list[str]]:
    """The cells of each table row by its first cell; a first cell of several names stands for each of them."""
    rows: dict[str, list[str]] = {}
    for line in page.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("|") and len(cells) > 1:
            rows |= dict.fromkeys(re.findall(r"`([^`]+)`", cells[0]), cells)
    return rows


def family(error: type[errors.NoriaError]) -> list[type[errors.NoriaError]]:
    ours = [each for each in error.__subclasses__() if each.__module__ == errors.__name__]
    return [error, *(each for sub in ours for each in family(sub))]


# --- what the code refers to


@pytest.mark.parametrize(
    "module", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE))
)
def test_sources_named_in_a_module_are_in_the_bibliography(module: Path) -> None:
    known = set(re.findall(r"\*\*\[(\w+)\]\*\*", (DOCS / "bibliography.md").read_text(encoding="utf-8")))
    assert set(KEY.findall(module.read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize("error", family(errors.NoriaError), ids=lambda error: error.__name__)
def test_each_error_is_documented_with_its_status(error: type[errors.NoriaError]) -> None:
    row = table(DOCS / "reference/errors.md")[error.code]
    documented = row[1]
    assert documented in {str(status_of(error.__new__(error))), "–"}


def test_each_capture_reason_is_documented() -> None:
    documented = table(DOCS / "reference/capture-reasons.md")
    assert {*CaptureReason} | set(rules()) <= documented.keys()


def test_each_rule_is_explained_on_the_page_of_rules() -> None:
    ours = {rule.reason for rule in rules().values() if type(rule).__module__.startswith("noria.")}
    assert {reason.lower() for reason in ours} <= anchors(DOCS / "reference/rules.md")


def test_reserved_capture_reasons_have_no_rule_yet() -> None:
    documented = table(DOCS / "reference/capture-reasons.md")
    assert {reason for reason in CaptureReason if documented[reason][1] == "rule"} == rules().keys() & {
        *CaptureReason
    }


@pytest.mark.parametrize("setting", fields(CaptureSettings), ids=lambda setting: setting.name)
def test_each_capture_setting_is_documented_with_its_default(setting) -> None:  # type: ignore[no-untyped-def]
    default = getattr(CaptureSettings(), setting.name)
    documented = table(DOCS / "reference/settings.md")[setting.name][1]
    if isinstance(default, dict):
        expected = ", ".join(f"`{reason}` {share:g}" for reason, share in default.items())
    else:
        expected = f"`{str(default).lower()}`" if isinstance(default, bool) else f"`{default or 0:g}`"
        expected = "none" if default == () else expected
    assert documented == expected


def test_each_environment_variable_is_documented() -> None:
    named = set()
    for path in [*SOURCE.rglob("*.py"), ROOT / "scripts/environment.sh", ROOT / "scripts/test_services.sh"]:
        named |= set(re.findall(r"\bNORIA_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8")))
    assert named <= table(DOCS / "reference/settings.md").keys() | {"NORIA_PYTHON", "NORIA_TEST_BROWSER"}


# --- what the pages refer to


def anchors(page: Path) -> set[str]:
    """The names by which a page's headings can be linked to."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_local_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in anchors(target), f"{link} names no heading"


def test_each_page_can_be_reached_from_the_index() -> None:
    reached, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            target = (page.parent / link.partition("#")[0]).resolve()
            waiting += target.glob("*.md") if target.is_dir() else [target] if target.suffix == ".md" else []
    assert {page for page in PAGES if DOCS in page.parents} <= reached


# --- the API


def documented_calls() -> dict[tuple[str, str], str]:
    """Scope by verb and path, from the tables of the API page."""
    calls = {}
    for name, cells in table(DOCS / "reference/api.md").items():
        verb, _, path = name.partition(" ")
        if path.startswith("/"):
            calls[verb, re.sub(r"\{\w+\}", "{}", path)] = cells[1].strip("`")
    return calls


def declared_calls() -> dict[tuple[str, str], str]:
    calls = {}
    for handler in [*api.routes, *openapi.routes, *health.routes, *monitoring.routes]:
        scope = handler.opt["scope"]
        for path in handler.paths:
            for verb in handler.http_methods:
                calls[str(verb), re.sub(r"\{[\w:]+\}", "{}", path)] = scope.value if scope else "none"
    return calls


def test_the_api_page_has_each_route_with_its_scope() -> None:
    legacy_samples = "/v0.9/functions/{}/samples"  # told in a sentence: the same as v1
    declared = {
        call: scope for call, scope in declared_calls().items() if not call[1].startswith(legacy_samples)
    }
    assert documented_calls() == declared


def test_the_legacy_sample_routes_are_as_those_of_v1() -> None:
    declared = declared_calls()
    legacy = {
        call: scope for call, scope in declared.items() if call[1].startswith("/v0.9/functions/{}/samples")
    }
    assert legacy
    assert all(
        declared[verb, path.replace("/v0.9/", "/v1/")] == scope for (verb, path), scope in legacy.items()
    )


def test_the_settings_on_the_wire_are_documented() -> None:
    documented = table(DOCS / "reference/settings.md").keys()
    assert {field.encode_name for field in msgspec.structs.fields(CaptureChange)} <= documented
