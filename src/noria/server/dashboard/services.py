"""What the pages call: the one `Noria` that the app is made of, and who is asking."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from litestar import Request

from noria.errors import FunctionNotFound
from noria.records.function import Function
from noria.records.ids import canonical
from noria.server.dashboard import pages

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


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page of a function shows around its own content."""

    function: Function
    version_number: int | None  # of the live version; None while answers are zero-shot
    open_items: int
    tab: str

    @property
    def url(self) -> str:
        return f"/functions/{self.function.id}"

    @property
    def tabs(self) -> dict[str, str]:
        """The words on the tabs by their addresses; a search function has nothing to capture and no figures."""
        if self.function.searches:
            return {
                "samples": "Samples",
                "invoke": "Search",
                "integrate": "Integrate",
                "settings": "Settings",
            }
        return {
            name: name.capitalize()
            for name in (
                "capture",
                "samples",
                "labels",
                "invoke",
                "metrics",
                "versions",
                "team",
                "integrate",
                "settings",
            )
        }

    @property
    def home(self) -> str:
        """The page that the function opens with: its first tab."""
        return f"{self.url}/{next(iter(self.tabs))}"


def frame(noria: "Noria", function_id: str, tab: str) -> Frame:
    """Raises FunctionNotFound."""
    function = noria.storage.functions.get(canonical("function", function_id))
    live = function.live_version_id
    number = noria.storage.versions.get(function.id, live).number if live else None
    return Frame(function, number, noria.storage.queue.size(function.id).open_items, tab)
