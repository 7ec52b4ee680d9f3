"""Label Studio's JSON: a list of tasks with their data and annotations; a plain list of objects is read as well.

The label is the one choice of the newest annotation that was not cancelled; tags are all its choices.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, BinaryIO

from noria.errors import BadInput
from noria.formats.columns import Columns, name_of
from noria.formats.format import Outline, Place
from noria.formats.lines import BROKEN, MAX_LINE, NOT_TEXT, encoding_of
from noria.formats.record import Record, Refused
from noria.formats.rows import MAX_COLUMNS, Cells, RowReader, record_of, row_of_texts

_CHUNK = 65_536  # characters
_LOOKED_AT = 200  # tasks, for the columns there are
_BLANKS = " \t\r\n"
_IN_META = ("metadata", "sample_sets", "no_opinion")


class LabelStudioReader(RowReader):
    def __init__(self, stream: BinaryIO, encoding: str | None = None) -> None:
        """Raises BadInput."""
        self._stream = stream
        self._encoding = encoding_of(stream, encoding)
        first = [task for task in islice(self._tasks(), _LOOKED_AT) if isinstance(task, dict)]
        self._names = _names(first)
        columns: dict[str, None] = {}
        for task in first:
            columns.update(dict.fromkeys(self._data(task)))
        if not columns:
            raise BadInput("The file has no tasks. Export them as JSON once more.")
        if len(columns) > MAX_COLUMNS:
            raise BadInput(f"The tasks have {len(columns):,} fields; at most {MAX_COLUMNS:,} are taken.")
        self.columns = tuple(columns)

    def rows(self) -> Iterator[tuple[Place, Cells | Refused]]:
        return self._rows(several=False)

    def records(self, columns: Columns) -> Iterator[tuple[Place, Record | Refused]]:
        for place, cells in self._rows(columns.several):
            yield place, cells if isinstance(cells, Refused) else record_of(cells, columns)

    def _rows(self, several: bool) -> Iterator[tuple[Place, Cells | Refused]]:
        for number, task in enumerate(self._tasks(), 1):
            yield f"Task {number}", self._row(task, several)

    def _tasks(self) -> Iterator[object]:
        self._stream.seek(0)
        text = io.TextIOWrapper(self._stream, self._encoding, errors="noria.mark", newline="")
        try:
            yield from _elements(text)
        finally:
            text.detach()

    def _row(self, task: object, several: bool) -> Cells | Refused:
        if not isinstance(task, dict):
            return Refused("is not a JSON object.")
        cells = self._data(task)
        if BROKEN in str(cells):
            return Refused(NOT_TEXT.format(encoding=self._encoding))
        if isinstance(task.get("data"), dict):
            choices = _choices(task, several)
            if isinstance(choices, Refused):
                return choices
            cells[self._names["label"]] = choices
        return cells

    def _data(self, task: dict[str, Any]) -> dict[str, Any]:
        """A task's values by name; of a plain list's object, those it has."""
        data, meta = task.get("data"), task.get("meta")
        if not isinstance(data, dict):
            return task
        about = meta if isinstance(meta, Mapping) else {}
        kept = {self._names[part]: about[part] for part in _IN_META if part in about}
        return {**data, **kept, self._names["label"]: None}


def write(records: Iterable[Record], stream: BinaryIO, outline: Outline) -> None:
    between = b"[\n"
    for number, record in enumerate(records, 1):
        task = _task(number, record, outline)
        stream.write(between + json.dumps(task, ensure_ascii=False).encode())
        between = b",\n"
    stream.write(b"[]\n" if between == b"[\n" else b"\n]\n")


def _task(number: int, record: Record, outline: Outline) -> dict[str, Any]:
    row = row_of_texts(record, outline)
    kind = "row" if outline.fields else "image" if outline.of_images else "text"
    data = {name: row[name] for name in outline.fields or (kind,)}
    name = name_of("external_id", outline.fields)
    if record.external_id is not None or name != "external_id":  # else the field would be read as the id
        data[name] = record.external_id
    said = record.tags
    parts = {
        "metadata": dict(record.metadata or {}),
        "sample_sets": list(record.sample_sets),
        "no_opinion": [] if said is None else list(said.unsaid),
    }
    meta = {
        part: held or None for part, held in parts.items() if held or name_of(part, outline.fields) != part
    }
    task = {"id": number, "data": data} | ({"meta": meta} if meta else {})
    if record.label is None and said is None:
        return task | {"annotations": []}
    choices = [record.label] if said is None else list(said.present)
    if not choices:  # somebody looked, and none is there
        return task | {"annotations": [{"id": number, "was_cancelled": False, "result": []}]}
    choice = {
        "id": f"label-{number}",
        "from_name": "label",
        "to_name": kind,
        "type": "choices",
        "value": {"choices": choices},
    }
    return task | {"annotations": [{"id": number, "was_cancelled": False, "result": [choice]}]}


def _names(tasks: Iterable[dict[str, Any]]) -> dict[str, str]:
    """What the parts that stand beside the tasks' data are called as columns: data may have such names too."""
    fields = {name for task in tasks if isinstance(task.get("data"), dict) for name in task["data"]}
    return {part: name_of(part, fields) for part in ("label", *_IN_META)}


def _choices(task: Mapping[str, Any], several: bool) -> list[str] | Refused | None:
    """Those of the annotation that counts. An empty one says that no tag is there; of a single label it says nothing."""
    annotations = task.get("annotations", task.get("completions"))
    kept = [
        each
        for each in (annotations if isinstance(annotations, list) else [])
        if isinstance(each, Mapping) and not each.get("was_cancelled")
        if each.get("result") or (several and each.get("result") == [])
    ]
    if not kept:
        return None
    newest = max(enumerate(kept), key=lambda at: (bool(at[1].get("ground_truth")), _time(at[1]), at[0]))[1]
    results = [each for each in newest["result"] if isinstance(each, Mapping)]
    chosen = [each.get("value", {}).get("choices") for each in results if each.get("type") == "choices"]
    if not chosen and results:
        return Refused("is annotated, and not with choices.")
    if not all(isinstance(each, list) for each in chosen):
        return Refused("has choices that are no list.")
    return [str(choice) for each in chosen for choice in each]


def _time(annotation: Mapping[str, Any]) -> str:
    return str(annotation.get("updated_at") or annotation.get("created_at") or "")


def _elements(text: io.TextIOWrapper) -> Iterator[object]:
    """The elements of a JSON list, one in memory at a time. Raises BadInput."""
    decoder = json.JSONDecoder()
    held = _Held(text)
    if held.next() != "[":
        raise BadInput("The file is no list of tasks. Export it as JSON once more.")
    held.skip()
    number = 0
    while (sign := held.next()) != "]":
        number += 1
        if number > 1 and sign == ",":
            held.skip()
            sign = held.next()
        if sign != "{":
            raise BadInput(f"The file can't be read from task {number:,} on: it is no JSON.")
        yield held.element(decoder, number)


class _Held:
    """A part of a text that is read bit by bit."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._part = ""
        self._at = 0

    def next(self) -> str:
        """The next sign that is no blank, "" at the end; it stays."""
        while True:
            while self._at < len(self._part):
                if (sign := self._part[self._at]) not in _BLANKS:
                    return sign
                self._at += 1
            if not self._more(_CHUNK):
                return ""

    def skip(self) -> None:
        self._at += 1

    def element(self, decoder: json.JSONDecoder, number: int) -> object:
        wanted = _CHUNK
        while True:
            try:
                found, self._at = decoder.raw_decode(self._part, self._at)
                return found
            except RecursionError:
                raise BadInput(f"Task {number:,} is nested too deeply to be read.") from None
            except ValueError as problem:
                if len(self._part) - self._at > MAX_LINE:
                    raise BadInput(f"Task {number:,} is too long to be read.") from None
                if not self._more(wanted):
                    raise BadInput(f"The file can't be read from task {number:,} on: {problem}.") from None
            wanted = 2 * len(self._part)  # so that a long one is not tried a thousand times

    def _more(self, n: int) -> bool:
        more = self._text.read(n)
        self._part = self._part[self._at :] + more
        self._at = 0
        return bool(more)
