"""What people and clients teach a function: labels, samples, annotations, feedback, roll backs."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from noria.encoders.pool import EncoderPool
from noria.errors import BadInput, DuplicateSample, LabelNotFound, NoriaError, SampleNotFound, TooLarge
from noria.learning.arrays import FloatArray
from noria.records.function import CaptureSettings, Function
from noria.records.ids import canonical, new_id
from noria.records.label import Label
from noria.records.prediction import Prediction
from noria.records.sample import Annotation, AnnotationSource, NewSample, Origin, Sample
from noria.serving.invoking import MAX_EXTERNAL_ID, Invoker, checked_text, content_key
from noria.serving.live import LiveFunction, LiveFunctions
from noria.storage import Storage

MAX_NAME = 200  # characters, of functions and labels
MAX_LABELS = 1000  # of one function
MAX_METADATA = 50  # entries, each of at most MAX_METADATA_VALUE characters
MAX_METADATA_VALUE = 1000
_CHUNK = 200  # imported rows in one transaction
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class NewRow:
    """One row of an import."""

    data: str
    label_name: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class ImportReport:
    added: int
    duplicates: int  # were there already; those given another label are among `relabelled`
    relabelled: int
    problems: tuple[tuple[int, str], ...]  # (row number from 1, what is wrong with it)


class Teacher:
    """Changes what a function knows; every change is on disk when a method returns, and seen by the next call."""

    def __init__(self, storage: Storage, live: LiveFunctions, pool: EncoderPool, invoker: Invoker) -> None:
        self._storage = storage
        self._live = live
        self._pool = pool
        self._invoker = invoker

    def create_function(
        self,
        name: str,
        *,
        input: str = "Text",
        output: str = "Classification",
        project_id: str | None = None,
        labels: Sequence[str] = (),
        capture: CaptureSettings | None = None,
    ) -> Function:
        """Raises BadInput for modalities that this server doesn't serve, ProjectNotFound."""
        name = checked_name(name, "function")
        _check_modalities(input, output)
        names = [checked_name(label, "label") for label in labels]
        at = datetime.now(UTC)
        projects = self._storage.projects
        project = projects.get(canonical("project", project_id)) if project_id else projects.default(at)
        function = self._storage.functions.create(
            project.id, name, "Text", "Classification", at, capture or CaptureSettings()
        )
        for label in dict.fromkeys(names):
            self._storage.labels.add(function.id, label, None, None, at)
        self._live.refresh(function.id)
        return self._storage.functions.get(function.id)

    def update_function(
        self,
        function_id: str,
        *,
        name: str | None = None,
        project_id: str | None = None,
        capture: CaptureSettings | None = None,
        decision_threshold: float | None = None,
    ) -> Function:
        if decision_threshold is not None and not 0 <= decision_threshold <= 1:
            raise BadInput("decisionThreshold must lie between 0 and 1.", given=decision_threshold)
        project = self._storage.projects.get(canonical("project", project_id)).id if project_id else None
        self._storage.functions.update(
            function_id,
            name=None if name is None else checked_name(name, "function"),
            project_id=project,
            capture=capture,
            decision_threshold=decision_threshold,
            at=datetime.now(UTC),
        )
        return self._live.refresh(function_id).function

    def delete_function(self, function_id: str) -> None:
        self._storage.functions.delete(function_id)
        self._live.refresh_changed()

    def add_label(
        self, function_id: str, name: object, description: str | None, metadata: Mapping[str, str] | None
    ) -> Label:
        """Raises DuplicateLabel with the id of the one that has this name."""
        if len(self._storage.labels.all(function_id)) >= MAX_LABELS:
            raise BadInput(
                f"A function has at most {MAX_LABELS} labels. Delete one first, or use a second function."
            )
        label = self._storage.labels.add(
            function_id,
            checked_name(name, "label"),
            description,
            checked_metadata(metadata),
            datetime.now(UTC),
        )
        self._live.refresh(function_id)
        return label

    def update_label(
        self,
        function_id: str,
        label_id: str,
        name: object,
        description: str | None,
        metadata: Mapping[str, str] | None,
    ) -> Label:
        label = self._storage.labels.update(
            function_id, label_id, checked_name(name, "label"), description, checked_metadata(metadata),
            datetime.now(UTC),
        )  # fmt: skip
        self._live.refresh(function_id)
        return label

    def delete_label(self, function_id: str, label_id: str) -> None:
        self._storage.labels.delete(function_id, label_id, datetime.now(UTC))
        self._live.refresh(function_id)

    async def add_sample(
        self,
        function_id: str,
        data: object,
        *,
        by: str,
        label_id: str | None = None,
        label_name: str | None = None,
        external_id: str | None = None,
        origin: Origin = Origin.API,
        source: AnnotationSource = AnnotationSource.API,
        sample_sets: Sequence[str] = (),
    ) -> Sample:
        """Raises BadInput, DuplicateSample with the id of the one that has this data, LabelNotFound."""
        text = checked_text(data)
        live = await self._live.get(function_id)
        label = self._label_of(live, label_id, label_name)
        vector = await self._pool.embed(text)
        annotation = Annotation(label, datetime.now(UTC), by, source) if label else None
        new = _new_sample(live, text, vector, origin, annotation, external_id, sample_sets)
        return await asyncio.to_thread(self._storage.samples.add, new, datetime.now(UTC))

    async def add_many(self, function_id: str, rows: Sequence[NewRow], by: str) -> ImportReport:
        """Add rows in small transactions; a label that is new is made, a row that can't be read is reported."""
        report = ImportReport(0, 0, 0, ())
        for start in range(0, len(rows), _CHUNK):
            part = await self._add_chunk(function_id, rows[start : start + _CHUNK], start + 1, by)
            report = ImportReport(
                report.added + part.added, report.duplicates + part.duplicates,
                report.relabelled + part.relabelled, report.problems + part.problems,
            )  # fmt: skip
        return report

    def annotate(
        self,
        function_id: str,
        sample_id: str,
        *,
        by: str,
        source: AnnotationSource,
        label_id: str | None = None,
        label_name: str | None = None,
    ) -> Sample:
        """Raises BadInput without a label, LabelNotFound, SampleNotFound."""
        live = self._live.peek(function_id) or self._live.refresh(function_id)
        label = self._label_of(live, label_id, label_name)
        if label is None:
            raise BadInput("There is no label in the annotation. Send labelName or labelId.")
        return self._storage.annotations.set(function_id, sample_id, label, by, source, datetime.now(UTC))

    def delete_sample(self, function_id: str, sample_id: str) -> None:
        self._storage.samples.delete(function_id, sample_id, datetime.now(UTC))

    def delete_sample_by_external_id(self, function_id: str, external_id: str) -> None:
        self._storage.samples.delete_by_external_id(function_id, external_id, datetime.now(UTC))

    def label_id(self, function_id: str, *, label_id: str | None, label_name: str | None) -> str:
        """The id of a label named by id or by name. Raises BadInput, LabelNotFound."""
        live = self._live.peek(function_id) or self._live.refresh(function_id)
        if (found := self._label_of(live, label_id, label_name)) is None:
            raise BadInput("There is no label. Send labelName or labelId.")
        return found

    def unannotate(self, function_id: str, sample_id: str, by: str) -> None:
        self._storage.annotations.remove(function_id, sample_id, by, datetime.now(UTC))

    def feedback(
        self, function_id: str, sample_id: str, *, by: str, label_id: str | None, label_name: str | None
    ) -> str:
        """A caller's word on a call's true label, kept in its own lane for review. Returns the sample's id.

        An uncaptured call is stored as a sample first, while it is remembered. Raises SampleNotCaptured after.
        """
        live = self._live.peek(function_id) or self._live.refresh(function_id)
        label = self._label_of(live, label_id, label_name)
        if label is None:
            raise BadInput("There is no label in the feedback. Send labelName or labelId.")
        try:
            sample_id = self._storage.samples.get(function_id, sample_id).id
        except SampleNotFound:
            sample_id = self._keep_recent_call(live, sample_id)
        self._storage.feedback.add(function_id, sample_id, label, by, datetime.now(UTC))
        return sample_id

    def roll_back(self, function_id: str, version_id: str, by: str) -> Function:
        """Make a listed version live at once. Raises VersionNotFound."""
        version = self._storage.versions.get(function_id, version_id)
        self._storage.versions.set_live(
            function_id, version.id, by, f"version {version.number} chosen by hand", datetime.now(UTC)
        )
        return self._live.refresh(function_id).function

    def _label_of(self, live: LiveFunction, label_id: str | None, label_name: str | None) -> str | None:
        if label_id:
            return self._storage.labels.get(live.function.id, canonical("label", label_id)).id
        if label_name is None:
            return None
        if not isinstance(label_name, str):
            raise BadInput("labelName must be a string.")
        wanted = label_name.strip()
        for label in live.labels:
            if label.name == wanted:
                return label.id
        try:  # another process may have just made it
            return self._storage.labels.by_name(live.function.id, wanted).id
        except LabelNotFound:
            raise BadInput(
                "No label of this function has that name. Add it first with POST /v1/functions/{id}/labels.",
                labelName=wanted[:MAX_NAME],
            ) from None

    def _keep_recent_call(self, live: LiveFunction, sample_id: str) -> str:
        call = self._invoker.recent_call(live.function.id, sample_id)
        new = NewSample(
            sample_id, live.function.id, call.data, content_key(call.data), Origin.FEEDBACK, call.embedding,
            prediction=Prediction(call.label_id, call.confidence, call.version_id),
        )  # fmt: skip
        try:
            return self._storage.samples.add(new, datetime.now(UTC)).id
        except DuplicateSample as twin:
            return twin.existing_id

    async def _add_chunk(self, function_id: str, rows: Sequence[NewRow], first: int, by: str) -> ImportReport:
        live = await self._live.get(function_id)
        problems: list[tuple[int, str]] = []
        ready: list[NewSample] = []
        at = datetime.now(UTC)
        for number, row in enumerate(rows, first):
            try:
                text = checked_text(row.data)
                label = await asyncio.to_thread(self._label_for_import, function_id, row.label_name)
                live = self._live.peek(function_id) or live
                annotation = Annotation(label, at, by, AnnotationSource.IMPORT) if label else None
                vector = await self._pool.embed(text)
                ready.append(_new_sample(live, text, vector, Origin.UPLOAD, annotation, row.external_id, ()))
            except NoriaError as problem:
                problems.append((number, str(problem)))
        added = await asyncio.to_thread(self._storage.samples.add_many, ready, at)
        relabelled = await asyncio.to_thread(
            self._relabel, function_id, [(ready[i], id) for i, id in added.duplicates]
        )
        return ImportReport(len(added.added), len(added.duplicates), relabelled, tuple(problems))

    def _label_for_import(self, function_id: str, name: str | None) -> str | None:
        if name is None or not name.strip():
            return None
        wanted = checked_name(name, "label")
        live = self._live.peek(function_id) or self._live.refresh(function_id)
        for label in live.labels:
            if label.name == wanted:
                return label.id
        return self.add_label(function_id, wanted, None, None).id

    def _relabel(self, function_id: str, duplicates: Sequence[tuple[NewSample, str]]) -> int:
        """Give samples that were there already the label that the import brings, where it differs."""
        changed = 0
        for new, existing_id in duplicates:
            if new.annotation is None:
                continue
            present = self._storage.samples.get(function_id, existing_id).annotation
            if present is None or present.label_id != new.annotation.label_id:
                self._storage.annotations.set(
                    function_id, existing_id, new.annotation.label_id, new.annotation.by,
                    AnnotationSource.IMPORT, new.annotation.at,
                )  # fmt: skip
                changed += 1
        return changed


def checked_name(name: object, what: str) -> str:
    """A name without blanks around it. Raises BadInput, TooLarge."""
    if not isinstance(name, str) or not name.strip():
        raise BadInput(f"A {what} needs a name. Send one that is not empty.")
    stripped = name.strip()
    if len(stripped) > MAX_NAME:
        raise TooLarge(f"A {what}'s name has at most {MAX_NAME} characters. Shorten it.")
    if _CONTROL.search(stripped):
        raise BadInput(f"A {what}'s name can't hold control characters. Remove them.")
    return stripped


def checked_metadata(metadata: object) -> dict[str, str] | None:
    """Raises BadInput for anything but a small object of strings."""
    if metadata is None:
        return None
    if not isinstance(metadata, Mapping) or len(metadata) > MAX_METADATA:
        raise BadInput(f"metadata must be an object of at most {MAX_METADATA} strings.")
    if any(not isinstance(v, str) or len(v) > MAX_METADATA_VALUE for v in metadata.values()):
        raise BadInput(f"Each value in metadata must be a string of at most {MAX_METADATA_VALUE} characters.")
    return dict(metadata)


def checked_external_id(external_id: object) -> str | None:
    if external_id is None or external_id == "":
        return None
    if not isinstance(external_id, str) or len(external_id) > MAX_EXTERNAL_ID:
        raise BadInput(f"externalId must be a string of at most {MAX_EXTERNAL_ID} characters.")
    return external_id


def _check_modalities(input: str, output: str) -> None:
    if str(input).lower() != "text":
        raise BadInput("This version serves text functions only. Send input: Text.", input=input)
    if str(output).lower() != "classification":
        raise BadInput("This version serves classification only. Send output: Classification.", output=output)


def _new_sample(
    live: LiveFunction,
    text: str,
    vector: FloatArray,
    origin: Origin,
    annotation: Annotation | None,
    external_id: str | None,
    sample_sets: Sequence[str],
) -> NewSample:
    return NewSample(
        id=new_id("sample"),
        function_id=live.function.id,
        data=text,
        digest=content_key(text),
        origin=origin,
        embedding=vector.tobytes(),
        external_id=checked_external_id(external_id),
        annotation=annotation,
        prediction=_prediction(live, vector),
        sample_sets=tuple(canonical("sampleset", s) for s in sample_sets),
    )


def _prediction(live: LiveFunction, vector: FloatArray) -> Prediction | None:
    """What the live version says; None while there is no trained one."""
    model = live.model
    if model.zero_shot or not model.head.label_ids:
        return None
    probabilities = model.head.probabilities_of_one(vector)
    best = int(probabilities.argmax())
    return Prediction(model.head.label_ids[best], float(probabilities[best]), model.version_id)
