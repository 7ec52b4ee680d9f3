"""What a demo is made of: labels, a few examples of each, a stream of calls and a held-out part."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from noria.records.function import Modality

RowContent = tuple[tuple[str, float | str], ...]
"""A row by the names of its fields, sorted, so that equal rows are equal."""

Content = str | bytes | RowContent
"""A text, the file of a JPEG, or a row."""


@dataclass(frozen=True, slots=True)
class DemoLabel:
    name: str
    description: str


@dataclass(frozen=True, slots=True)
class DemoRow:
    content: Content
    label: str  # the true one, by name
    phase: str = ""  # A, B or C in the stream: priors shift from one to the next
    kind: str = "fresh"  # or copy, near_copy, bot (one content again and again), near_bot (slightly changed)

    @property
    def data(self) -> str | dict[str, float | str]:
        """The content as a program sends it in JSON: a text as it is, a file as a data URI, a row as an object."""
        if isinstance(self.content, str):
            return self.content
        if isinstance(self.content, tuple):
            return dict(self.content)
        return "data:image/jpeg;base64," + b64encode(self.content).decode()


@dataclass(frozen=True, slots=True)
class Demo:
    """No content of `held_out` stands in the other two parts."""

    labels: tuple[DemoLabel, ...]
    seeds: tuple[DemoRow, ...]  # 2 to 5 a label
    stream: tuple[DemoRow, ...]  # in the order in which to send it
    held_out: tuple[DemoRow, ...]  # as many of each label
    function_name: str
    modality: Modality
    calls_per_second: float  # a pace at which a person can follow
    captures_per_day: float  # a demo has no day to wait: as many as a busy function would have in an hour
    fields: tuple[tuple[str, str], ...] = ()  # names and types, of rows

    @classmethod
    def of(
        cls,
        lines: Iterable[bytes],
        content: Callable[[dict[str, Any]], Content],
        **about: Any,
    ) -> "Demo":
        """From lines of JSON: the labels, the fields of a table, then the rows of each part.

        content: takes out of a row's fields what holds its content, and returns that.   about: the other fields.
        """
        labels: list[DemoLabel] = []
        columns: list[tuple[str, str]] = []
        parts: dict[str, list[DemoRow]] = {"seed": [], "stream": [], "held_out": []}
        for line in lines:
            fields = json.loads(line)
            if "part" in fields:
                parts[fields.pop("part")].append(DemoRow(content(fields), **fields))
            elif "field" in fields:
                columns.append((fields["field"], fields["type"]))
            else:
                labels.append(DemoLabel(fields["label"], fields["description"]))
        seeds, stream, held_out = (tuple(rows) for rows in parts.values())
        return cls(tuple(labels), seeds, stream, held_out, fields=tuple(columns), **about)

    def true_labels(self) -> dict[Content, str]:
        """Label name by content, over seeds and stream: what the simulated annotators know."""
        return {row.content: row.label for row in (*self.seeds, *self.stream)}


def row_content(row: Mapping[str, float | str]) -> RowContent:
    """A row as it is compared with others.

    >>> row_content({"job": "clerk", "age": 41})
    (('age', 41), ('job', 'clerk'))
    """
    return tuple(sorted(row.items()))
