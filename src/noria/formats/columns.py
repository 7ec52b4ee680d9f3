"""Which column of a table holds what."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

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
TAGS_NAMES = ("sample_labels", "sample_label", "label", "labels", "tags", *LABEL_NAMES)
NO_OPINION_NAMES = ("sample_no_opinion", "no_opinion")
ID_NAMES = ("sample_external_id", "external_id", "externalid")
METADATA_NAMES = ("sample_metadata", "metadata")
SET_NAMES = ("sample_sample_sets", "sample_sets")
PARTS = ("data", "label", "external_id", "metadata", "sample_sets", "no_opinion")
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
    label: str = ""  # where there are several for a sample, a list of their names
    external_id: str = ""
    metadata: str = ""  # a JSON object of strings
    sample_sets: str = ""  # a JSON list of ids
    no_opinion: str = ""  # a list of labels that nothing was said of
    fields: tuple[FieldColumn, ...] = ()  # of a table, whose rows are their data
    several: bool = False  # whether a sample has any number of labels: tags
    tags: tuple[str, ...] = ()  # columns that are a tag each, in place of the list in `label`

    @property
    def by_part(self) -> dict[str, str]:
        """The column by each part, those of fields left out."""
        return {part: getattr(self, part) for part in PARTS}

    @classmethod
    def of(cls, by_part: Mapping[str, str]) -> "Columns":
        return cls(**{part: by_part[part] for part in PARTS if part in by_part})  # type: ignore[arg-type]

    @classmethod
    def choose(
        cls,
        names: Sequence[str],
        given: Mapping[str, str],
        of_images: bool = False,
        several: bool = False,
        tags: Sequence[str] = (),
    ) -> "Columns":
        """The columns that were named, an empty name for none, and the others by what they are usually called.

        names: those that the file has. given: by the names of the parts above. several, tags: as above.
        Raises BadInput.

        >>> found = Columns.choose(["id", "Query", "Intent"], {"external_id": "id"})
        >>> found.data, found.label, found.external_id
        ('Query', 'Intent', 'id')
        """
        _must_be_tags(given, names, several, tags)
        usual = IMAGE_NAMES if of_images else TEXT_NAMES
        guessed = cls(
            data=_first(names, usual) or next(iter(names), ""),
            label="" if tags else _first(names, TAGS_NAMES if several else LABEL_NAMES),
            external_id=_first(names, ID_NAMES),
            metadata=_first(names, METADATA_NAMES),
            sample_sets=_first(names, SET_NAMES),
            no_opinion=_first(names, NO_OPINION_NAMES) if several and not tags else "",
        )
        _must_be_there(given, names)
        if given.get("data") == "":
            raise BadInput("Say which column holds what the samples are.")
        said = {part: given[part] for part in PARTS if part in given}
        return replace(cls.of(guessed.by_part | said), several=several, tags=tuple(tags))

    @classmethod
    def around_fields(
        cls,
        names: Sequence[str],
        given: Mapping[str, str],
        fields: Collection[str],
        several: bool = False,
        tags: Sequence[str] = (),
    ) -> "Columns":
        """What is said of a table's rows beside their fields, as `choose` finds it; a field's name is the field.

        fields: names of those that there are. Raises BadInput.

        >>> Columns.around_fields(["age", "Class", "label"], {}, ["label"]).label
        'Class'
        """
        if given.get("data"):
            raise BadInput("Rows of a table have no column with the text: each column is a field.")
        _must_be_tags(given, names, several, tags)
        others = [name for name in names if name.strip() not in fields]
        said = {part: column for part, column in given.items() if part != "data"}
        _must_be_there(said, names)
        guessed = cls.choose(others, {}, several=several) if others else cls()
        free = {"label": "", "no_opinion": ""} if tags else {}
        found = cls.of(guessed.by_part | free | said | {"data": ""})
        return replace(found, several=several, tags=tuple(tags))


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


def name_of_tags(fields: Collection[str]) -> str:
    """The column in which tags are listed beside fields, none of which is then taken for it.

    >>> name_of_tags(["age"]), name_of_tags(["Category"])
    ('labels', 'sample_labels')
    """
    return "sample_labels" if {field.lower() for field in fields} & {*TAGS_NAMES} else "labels"


def _must_be_there(given: Mapping[str, str], names: Sequence[str]) -> None:
    """Raises BadInput for a column that the file has not."""
    for column in given.values():
        if column and column not in names:
            raise BadInput(f"The file has no column “{column}”. It has: {_some(names)}.")


def _must_be_tags(given: Mapping[str, str], names: Sequence[str], several: bool, tags: Sequence[str]) -> None:
    """Raises BadInput for columns that can't be a tag each."""
    if not tags:
        return
    if not several:
        raise BadInput(
            "This function gives one label. Columns that are a tag each are for functions that give tags."
        )
    if given.get("label"):
        raise BadInput("Say either which column lists the tags, or which columns are a tag each.")
    _must_be_there(dict(zip(tags, tags, strict=True)), names)


def _first(columns: Iterable[str], names: Sequence[str]) -> str:
    """The first column with one of these names, whatever its case."""
    by_name = {column.strip().lower(): column for column in columns}
    return next((by_name[name] for name in names if name in by_name), "")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_LISTED]) + (" …" if len(names) > _LISTED else "")
