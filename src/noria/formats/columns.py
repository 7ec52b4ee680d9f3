"""Which column of a table holds what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from noria.errors import BadInput

TEXT_NAMES = ("text", "data", "sample", "input", "content", "message", "body", "query", "sentence")
IMAGE_NAMES = ("image", "img", "picture", "photo", "data", "file")
LABEL_NAMES = ("label", "labelname", "label_name", "annotation", "category", "class", "intent", "target")
ID_NAMES = ("external_id", "externalid")
PARTS = ("data", "label", "external_id", "metadata", "sample_sets")
_LISTED = 20  # columns named in an error


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the columns to take; an empty one is not taken."""

    data: str = ""
    label: str = ""
    external_id: str = ""
    metadata: str = ""  # a JSON object of strings
    sample_sets: str = ""  # a JSON list of ids

    @classmethod
    def choose(cls, names: Sequence[str], given: Mapping[str, str], of_images: bool = False) -> "Columns":
        """The columns that were named, an empty name for none, and the others by what they are usually called.

        names: those that the file has. given: by the names of the parts above. Raises BadInput.

        >>> Columns.choose(["id", "Query", "Intent"], {"external_id": "id"})
        Columns(data='Query', label='Intent', external_id='id', metadata='', sample_sets='')
        """
        usual = IMAGE_NAMES if of_images else TEXT_NAMES
        guessed = cls(
            data=_first(names, usual) or next(iter(names), ""),
            label=_first(names, LABEL_NAMES),
            external_id=_first(names, ID_NAMES),
            metadata=_first(names, ("metadata",)),
            sample_sets=_first(names, ("sample_sets",)),
        )
        for part, column in given.items():
            if column and column not in names:
                raise BadInput(f"The file has no column “{column}”. It has: {_some(names)}.")
            if part == "data" and not column:
                raise BadInput("Say which column holds what the samples are.")
        return replace(guessed, **{part: given[part] for part in PARTS if part in given})


def _first(columns: Iterable[str], names: Sequence[str]) -> str:
    """The first column with one of these names, whatever its case."""
    by_name = {column.strip().lower(): column for column in columns}
    return next((by_name[name] for name in names if name in by_name), "")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_LISTED]) + (" …" if len(names) > _LISTED else "")
