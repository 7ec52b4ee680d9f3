"""One version's answers to rows, the same to the digit as those of `/invoke`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from socket import gethostname
from typing import Any, cast

from noria.encoders import AnyEncoder
from noria.encoders.features import features
from noria.encoders.images import MAX_IMAGE_BYTES
from noria.errors import BadInput, FilesUnusable, ImageTooLarge
from noria.formats import Place, Record, Refused
from noria.formats.widened import Kind
from noria.learning.arrays import FloatArray
from noria.records.content import Content
from noria.records.field import Field
from noria.records.function import Function, Modality
from noria.redaction import redactor
from noria.serving.bulk_invoking.folders import Folder
from noria.serving.intake import content_of
from noria.serving.live import LiveModel
from noria.serving.rows import row_content

_NO_PATH = re.compile(r"\s*(data:|https?://)", re.IGNORECASE)

Rows = Sequence[tuple[Place, Record | Refused]]
Values = dict[str, Any]
"""Of the columns below, for one row."""


@dataclass(frozen=True, slots=True)
class Answering:
    """What is asked of a version: plain values that go to any process, on this machine or on another."""

    function: Function
    fields: tuple[Field, ...]  # of a table function, deleted ones among them
    model: LiveModel
    folder: Folder  # of the input, in which paths of images begin
    input: str  # its name
    label_count: int | None = None  # labels to list with their confidences, beside the answer

    @property
    def columns(self) -> dict[str, Kind]:
        """What an answer consists of."""
        one = {"label": Kind.TEXT, "confidence": Kind.NUMBER}
        several = {"labels": Kind.TEXTS, "confidences": Kind.NUMBERS}
        listed = {"label_confidences": Kind.SCORES} if self.label_count else {}
        return (several if self.function.tags else one) | listed | {"version": Kind.TEXT, "error": Kind.TEXT}


class Answerer:
    """Answers rows in one process, one at a time as its encoder wants it."""

    def __init__(self, answering: Answering, encoder: AnyEncoder[Any]) -> None:
        self._asked = answering
        self._encoder = encoder
        self._hide = redactor(answering.function.redaction)
        self._nothing: Values = dict.fromkeys(answering.columns)

    def answers(self, rows: Rows) -> list[Values]:
        """One for each row; a row that can't be answered says why under `error`, and has nothing else."""
        return [self._answer(place, record) for place, record in rows]

    def _answer(self, place: Place, record: Record | Refused) -> Values:
        if isinstance(record, Refused):
            return self._nothing | {"error": f"{place} {record.why}"}
        try:
            content = self._content(record.data)
            asked = features(self._encoder, content.readable)
        except (BadInput, OSError) as problem:  # OSError: of the file that a path leads to
            return self._nothing | {"error": str(problem)}
        model = self._asked.model
        return (
            self._nothing | self._said(model.head.probabilities_of_one(asked)) | {"version": model.version_id}
        )

    def _said(self, probabilities: FloatArray) -> Values:
        model = self._asked.model
        names = [model.label_names[id] for id in model.head.label_ids]
        said: Values
        if self._asked.function.tags:
            there = model.answered(probabilities)
            said = {
                "labels": [names[i] for i in there],
                "confidences": [float(probabilities[i]) for i in there],
            }
        else:
            best = int(probabilities.argmax())
            said = {"label": names[best], "confidence": float(probabilities[best])}
        if self._asked.label_count:
            listed = model.likeliest(probabilities, self._asked.label_count)
            said["label_confidences"] = [
                {"label": names[i], "confidence": float(probabilities[i])} for i in listed
            ]
        return said

    def _content(self, data: object) -> Content:
        """Raises BadInput, OSError."""
        modality = self._asked.function.input
        if modality is Modality.TABULAR:
            return row_content(data, self._asked.fields, self._image, self._hide)
        if modality is Modality.IMAGE:
            return self._image(data)
        return content_of(modality, data, self._hide)

    def _image(self, data: object) -> Content:
        if isinstance(data, str) and not _NO_PATH.match(data):
            data = self._file(data)
        return content_of(Modality.IMAGE, data)

    def _file(self, path: str) -> bytes:
        name, folder = path.strip(), self._asked.folder
        about = folder.facts(name)
        if about is None:
            if folder.facts(self._asked.input) is None:
                raise FilesUnusable(
                    f"{folder.address(self._asked.input)} is not seen on {gethostname()}, so neither are its images. Put them "
                    "where every machine sees them under the same path, or into an object store."
                )
            raise BadInput(f"There is no image {path[:200]!r} beside the input file.")
        if cast(int, about["bytes"]) > MAX_IMAGE_BYTES:
            raise ImageTooLarge
        return folder.read(name)


def facts_of(answering: Answering) -> Mapping[str, object]:
    """What answers depend on beside the version's weights, as JSON can hold it: labels and thresholds may be changed."""
    model, thresholds = answering.model, answering.model.thresholds
    return {
        "function": answering.function.id,
        "version": model.version_id,
        "labels": [[id, model.label_names[id]] for id in model.head.label_ids],
        "thresholds": None if thresholds is None else thresholds.tolist(),
        "fields": [[field.id, field.name, field.deleted] for field in answering.fields],
        "redaction": repr(answering.function.redaction),
        "label_count": answering.label_count,
    }
