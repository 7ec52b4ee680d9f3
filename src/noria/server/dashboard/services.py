"""What the pages call: the one `Noria` that the app is made of, and who is asking."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from litestar import Request

from noria.errors import FunctionNotFound, NoriaError
from noria.records.client import Scope
from noria.records.function import Function, Modality
from noria.records.ids import canonical
from noria.server.dashboard import pages
from noria.server.dashboard.languages import Later
from noria.server.prefix import at

if TYPE_CHECKING:
    from noria.app import Noria


def services(request: Request[Any, Any, Any]) -> "Noria":
    return cast("Noria", request.app.state.noria)


def person(request: Request[Any, Any, Any]) -> str:
    """The name that goes into the annotation log."""
    return pages.signed_in_as(request) or str(request.scope["state"]["caller"].name)


def seat(request: Request[Any, Any, Any]) -> str:
    """Who holds the items served to this person: names may repeat, and two people never get the same item."""
    return " ".join(filter(None, (person(request), request.session.get("seat"))))


def names_of(noria: "Noria", function_ids: Iterable[str]) -> dict[str, str]:
    """Names of functions by id; without those that are gone."""
    found = {}
    for id in function_ids:
        with suppress(FunctionNotFound):
            found[id] = noria.storage.functions.get(id).name
    return found


def movable_to(request: Request[Any, Any, Any], function_id: str) -> list[Function]:
    """Functions that samples of this one can go to, of those that the person may edit."""
    caller = request.scope["state"]["caller"]
    if not caller.may(Scope.EDIT, function_id):
        return []
    fitting = services(request).storage.bulk_changes.fitting(function_id)
    return [function for function in fitting if caller.may(Scope.EDIT, function.id)]


def answers_by_names(noria: "Noria", function: Function) -> bool:
    """Whether it is answered by its labels' names; no, until that is known of images."""
    if function.input is not Modality.IMAGE:  # nothing has to be worked out
        return noria.live.answers_by_names(function)
    with suppress(NoriaError):  # another process has just deleted it
        found = noria.kept.get(
            ("names", function.id),
            lambda: noria.live.answers_by_names(function),
            least_s=1.0,
            rest=0.0,
            patience_s=_MOMENT_S,
        )
        return found or False
    return False


_MOMENT_S = 0.05
_PATIENCE_S = 0.3  # that a page waits for the number of items that wait

_TABS = {
    "capture": Later("Capture"),
    "samples": Later("Samples"),
    "labels": Later("Labels"),
    "invoke": Later("Invoke"),
    "metrics": Later("Metrics"),
    "versions": Later("Versions"),
    "team": Later("Team"),
    "integrate": Later("Integrate"),
    "settings": Later("Settings"),
}
_TABS_OF_SEARCH = {
    "samples": Later("Samples"),
    "invoke": Later("Search"),
    "integrate": Later("Integrate"),
    "settings": Later("Settings"),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page of a function shows around its own content."""

    function: Function
    version_number: int | None  # of the live version; None while answers are zero-shot
    open_items: int | None  # None while they are being counted
    tab: str

    @property
    def url(self) -> str:
        return at(f"/functions/{self.function.id}")

    @property
    def tabs(self) -> Mapping[str, str]:
        """The words on the tabs by their addresses; a search function has nothing to capture and no figures."""
        return _TABS_OF_SEARCH if self.function.searches else _TABS

    @property
    def home(self) -> str:
        """The page that the function opens with: its first tab."""
        return f"{self.url}/{next(iter(self.tabs))}"


def frame(noria: "Noria", function_id: str, tab: str) -> Frame:
    """Raises FunctionNotFound."""
    function = noria.storage.functions.get(canonical("function", function_id))
    live = function.live_version_id
    number = noria.storage.versions.get(function.id, live).number if live else None
    return Frame(function, number, noria.glances.open_items(function.id, _PATIENCE_S), tab)
