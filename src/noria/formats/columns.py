"""Which column of a table holds what."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from noria.errors import BadInput
from noria.records.field import FieldType

TEXT_NAMES = ("text", "data", "sample", "input", "content", "message", "body", "query", "sentence")
IMAGE_NAMES = ("image", "img", "picture", "photo", "data", "file")
LABEL_NAMES = (
    "sample_label",
    "label",
    "labelname",
    "label_name",
    "annotation",
    "category",
    "class",
    "intent",
    "target",
)
ID_NAMES = ("sample_external_id", "external_id", "externalid")
METADATA_NAMES = ("sample_metadata", "metadata")
SET_NAMES = ("sample_sample_sets", "sample_sets")
PARTS = ("data", "label", "external_id", "metadata", "sample_sets")
_LISTED = 20  # columns named in an error


@dataclass(frozen=True, slots=True)
class FieldColumn:
    """A column that holds a field of a table function."""

    column: str
    name: str  # of the field
    type: FieldType


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the columns to take; an empty one is not taken."""

    data: str = ""
    label: str = ""
    external_id: str = ""
    metadata: str = ""  # a JSON object of strings
    sample_sets: str = ""  # a JSON list of ids
    fields: tuple[FieldColumn, ...] = ()  # of a table, whose rows are their data

    @property
    def by_part(self) -> dict[str, str]:
        """The column by each part, those of fields left out."""
        return {part: getattr(self, part) for part in PARTS}

    @classmethod
    def choose(cls, names: Sequence[str], given: Mapping[str, str], of_images: bool = False) -> "Columns":
        """The columns that were named, an empty name for none, and the others by what they are usually called.

        names: those that the file has. given: by the names of the parts above. Raises BadInput.

        >>> Columns.choose(["id", "Query", "Intent"], {"external_id": "id"})
        Columns(data='Query', label='Intent', external_id='id', metadata='', sample_sets='', fields=())
        """
        usual = IMAGE_NAMES if of_images else TEXT_NAMES
        guessed = cls(
            data=_first(names, usual) or next(iter(names), ""),
            label=_first(names, LABEL_NAMES),
            external_id=_first(names, ID_NAMES),
            metadata=_first(names, METADATA_NAMES),
            sample_sets=_first(names, SET_NAMES),
        )
        _must_be_there(given, names)
        if given.get("data") == "":
            raise BadInput("Say which column holds what the samples are.")
        return cls(**guessed.by_part | {part: given[part] for part in PARTS if part in given}, fields=())

    @classmethod
    def around_fields(
        cls, names: Sequence[str], given: Mapping[str, str], fields: Collection[str]
    ) -> "Columns":
        """What is said of a table's rows beside their fields, as `choose` finds it; a field's name is the field.

        fields: names of those that there are. Raises BadInput.

        >>> Columns.around_fields(["age", "Class", "label"], {}, ["label"]).label
        'Class'
        """
        if given.get("data"):
            raise BadInput("Rows of a table have no column with the text: each column is a field.")
        others = [name for name in names if name.strip() not in fields]
        said = {part: column for part, column in given.items() if part != "data"}
        _must_be_there(said, names)
        guessed = cls.choose(others, {}) if others else cls()
        return cls(**guessed.by_part | said | {"data": ""}, fields=())


def name_of(part: str, fields: Collection[str]) -> str:
    """The column in which a part is written beside fields that may be called so too.

    >>> name_of("label", ["age"]), name_of("label", ["Label"])
    ('label', 'sample_label')
    """
    taken = {field.lower() for field in fields}
    name = part
    while name in taken:
        name = f"sample_{name}"
    return name


def _must_be_there(given: Mapping[str, str], names: Sequence[str]) -> None:
    """Raises BadInput for a column that the file has not."""
    for column in given.values():
        if column and column not in names:
            raise BadInput(f"The file has no column “{column}”. It has: {_some(names)}.")


def _first(columns: Iterable[str], names: Sequence[str]) -> str:
    """The first column with one of these names, whatever its case."""
    by_name = {column.strip().lower(): column for column in columns}
    return next((by_name[name] for name in names if name in by_name), "")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_LISTED]) + (" …" if len(names) > _LISTED else "")
