"""Samples, and the annotations that people give them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from noria.errors import BadInput, TooLarge
from noria.learning.arrays import FloatArray
from noria.records.content import Content
from noria.records.ids import canonical, new_id
from noria.records.prediction import Prediction
from noria.records.sample import (
    Annotation,
    AnnotationSource,
    NewSample,
    Origin,
    Sample,
    TagsAnnotation,
)
from noria.records.tags import Tag, TagsPrediction
from noria.serving.limits import MAX_SAMPLE_SETS, checked_external_id, checked_sample_set
from noria.serving.live import LiveFunction
from noria.serving.outputs import must_classify, must_give_tags
from noria.serving.teaching.labels import LabelTeaching


@dataclass(frozen=True, slots=True)
class NamedTag:
    """One tag as somebody names it: by its label's id or its name."""

    label_id: str | None = None
    label_name: str | None = None
    present: bool = True


class SampleTeaching(LabelTeaching):
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
        tags: Sequence[NamedTag] | None = None,
    ) -> Sample:
        """The sample as stored, with its label if one is named.

        tags: of a tags function; labels that are not named are absent. A single label there is one tag.
        Raises BadInput, DuplicateSample with the id of the one that has this data, LabelNotFound, GivesOneLabel.
        """
        external_id, sets = checked_external_id(external_id), checked_sets(sample_sets)
        live = await self._live.get(function_id)
        modality = live.function.input
        content = await self._intake.content(modality, data, live.fields, live.hide)
        label, said = None, None
        if live.function.tags and tags is None and (label_id or label_name is not None):
            tags = [NamedTag(label_id, label_name)]
        if tags is not None:
            said = await asyncio.to_thread(self._tags, function_id, tags)
        elif label_id or label_name is not None:
            label = await asyncio.to_thread(self._label_of, function_id, label_id, label_name)
        vector = await self._pool.embed(content)
        annotation = Annotation(label, datetime.now(UTC), by, source) if label else None
        live = await self._live.get(function_id)  # as it is now: a version may have gone live meanwhile
        new = new_sample(live, content, vector, origin, annotation, external_id, sets)
        if said is not None:
            new = replace(new, tags=TagsAnnotation(said, datetime.now(UTC), by, source))
        return await asyncio.to_thread(self._storage.samples.add, new, datetime.now(UTC))

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
        """Raises BadInput without a label, LabelNotFound, SampleNotFound, GivesTags."""
        must_classify(self._function(function_id).function)
        label = self.label_id(function_id, label_id=label_id, label_name=label_name)
        return self._storage.annotations.set(function_id, sample_id, label, by, source, datetime.now(UTC))

    def annotate_tags(
        self, function_id: str, sample_id: str, tags: Sequence[NamedTag], *, by: str, source: AnnotationSource
    ) -> Sample:
        """Say which tags are there; labels that are not named are absent, whatever was said before.

        Raises BadInput, LabelNotFound, SampleNotFound, GivesOneLabel.
        """
        said = self._tags(function_id, tags)
        return self._storage.tags.set(function_id, sample_id, said, by, source, datetime.now(UTC))

    def _tags(self, function_id: str, tags: Sequence[NamedTag]) -> tuple[Tag, ...]:
        """Raises BadInput, also where a label is named twice, LabelNotFound, GivesOneLabel."""
        must_give_tags(self._function(function_id).function)
        said: dict[str, Tag] = {}
        for tag in tags:
            id = self.label_id(function_id, label_id=tag.label_id, label_name=tag.label_name)
            if id in said:
                raise BadInput("A tag is named twice. Name each label once.", label=tag.label_name or id)
            said[id] = Tag(id, tag.present)
        return tuple(said.values())

    def unannotate(self, function_id: str, sample_id: str, by: str) -> None:
        """Raises SampleNotFound; a sample without a label stays as it is."""
        if self._function(function_id).function.tags:
            self._storage.tags.remove(function_id, sample_id, by, datetime.now(UTC))
            return
        self._storage.annotations.remove(function_id, sample_id, by, datetime.now(UTC))

    def delete_sample(self, function_id: str, sample_id: str) -> None:
        """Raises SampleNotFound."""
        self._storage.samples.delete(function_id, sample_id, datetime.now(UTC))

    def delete_sample_by_external_id(self, function_id: str, external_id: str) -> None:
        """Delete the newest one with this external id. Raises SampleNotFound."""
        self._storage.samples.delete_by_external_id(function_id, external_id, datetime.now(UTC))


def new_sample(
    live: LiveFunction,
    content: Content,
    vector: FloatArray,
    origin: Origin,
    annotation: Annotation | None,
    external_id: str | None,
    sample_sets: tuple[str, ...] = (),
    metadata: dict[str, str] | None = None,
) -> NewSample:
    """A sample with its embedding and what the live version says of it."""
    return NewSample(
        id=new_id("sample"),
        function_id=live.function.id,
        content=content,
        origin=origin,
        embedding=vector.tobytes(),
        external_id=external_id,
        metadata=metadata,
        annotation=annotation,
        prediction=_prediction(live, vector),
        tags_prediction=_tags_prediction(live, vector),
        sample_sets=sample_sets,
    )


def checked_sets(sample_sets: Sequence[str]) -> tuple[str, ...]:
    """Raises BadInput, TooLarge."""
    if len(sample_sets) > MAX_SAMPLE_SETS:
        raise TooLarge(f"A sample can be in {MAX_SAMPLE_SETS} sample sets at most. Leave some out.")
    return tuple(canonical("sampleset", checked_sample_set(id)) for id in sample_sets)


def _prediction(live: LiveFunction, vector: FloatArray) -> Prediction | None:
    """What the live version says; None while there is no trained one."""
    model = live.model
    if model.zero_shot or not model.head.label_ids or model.thresholds is not None:
        return None
    probabilities = model.head.probabilities_of_one(vector)
    best = int(probabilities.argmax())
    return Prediction(model.head.label_ids[best], float(probabilities[best]), model.version_id)


def _tags_prediction(live: LiveFunction, vector: FloatArray) -> TagsPrediction | None:
    """What the live version says of each tag; None while there is no trained one, or where there is one label."""
    model = live.model
    if model.thresholds is None or model.version_id is None or not model.head.label_ids:
        return None
    probabilities = model.head.probabilities_of_one(vector).tolist()
    return TagsPrediction(dict(zip(model.head.label_ids, probabilities, strict=True)), model.version_id)
