"""Images of samples on pages: previews at signed addresses, in a type and a size that every browser shows."""

from typing import TYPE_CHECKING

from noria.server.prefix import at

if TYPE_CHECKING:
    from noria.app import Noria

SMALL, MIDDLE, LARGE = 160, 480, 1280  # pixels


def shown_image(noria: "Noria", function_id: str, sample_id: str) -> dict[str, str]:
    """The addresses of a sample's previews, by size."""
    sizes = {"small": SMALL, "middle": MIDDLE, "large": LARGE}
    return {name: at(noria.links.path(function_id, sample_id, side)) for name, side in sizes.items()}
