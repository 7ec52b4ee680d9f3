"""Samples, and the annotations that people give them."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from noria.errors import TooLarge
from noria.learning.arrays import FloatArray
from noria.records.content import Content
from noria.records.ids import canonical, new_id
from noria.records.prediction import Prediction
from noria.records.sample import Annotation, AnnotationSource, NewSample, Origin, Sample
from noria.serving.limits import MAX_SAMPLE_SETS, checked_external_id, checked_sample_set
from noria.serving.live import LiveFunction
from noria.serving.teaching.labels import LabelTeaching


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
    ) -> Sample:
        """Raises BadInput, DuplicateSample with the id of the one that has this data, LabelNotFound."""
        external_id, sets = checked_external_id(external_id), checked_sets(sample_sets)
        live = await self._live.get(function_id)
        modality = live.function.input
        content = await self._intake.content(modality, data, live.fields)
        label = None
        if label_id or label_name is not None:
            label = await asyncio.to_thread(self._label_of, function_id, label_id, label_name)
        vector = await self._pool.embed(modality, content.readable)
        annotation = Annotation(label, datetime.now(UTC), by, source) if label else None
        live = await self._live.get(function_id)  # as it is now: a version may have gone live meanwhile
        new = new_sample(live, content, vector, origin, annotation, external_id, sets)
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
        """Raises BadInput without a label, LabelNotFound, SampleNotFound."""
        label = self.label_id(function_id, label_id=label_id, label_name=label_name)
        return self._storage.annotations.set(function_id, sample_id, label, by, source, datetime.now(UTC))

    def unannotate(self, function_id: str, sample_id: str, by: str) -> None:
        """Raises SampleNotFound; a sample without a label stays as it is."""
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
    if model.zero_shot or not model.head.label_ids:
        return None
    probabilities = model.head.probabilities_of_one(vector)
    best = int(probabilities.argmax())
    return Prediction(model.head.label_ids[best], float(probabilities[best]), model.version_id)
