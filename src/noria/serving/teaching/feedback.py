"""Feedback: a caller's word on what its own call really was, in a lane of its own until somebody reviews it."""

from datetime import UTC, datetime

from noria.errors import DuplicateSample, SampleNotFound
from noria.records.prediction import Prediction
from noria.records.sample import AnnotationSource, NewSample, Origin, Sample
from noria.serving.outputs import must_classify
from noria.serving.teaching.labels import LabelTeaching


class FeedbackTeaching(LabelTeaching):
    def feedback(
        self, function_id: str, sample_id: str, *, by: str, label_id: str | None, label_name: str | None
    ) -> str:
        """Keep the label that a caller names for a call. Returns the sample's id.

        An uncaptured call is stored as a sample first, while it is remembered.
        Raises SampleNotCaptured once it no longer is, BadInput without a label, LabelNotFound, GivesTags.
        """
        must_classify(self._function(function_id).function)
        label = self.label_id(function_id, label_id=label_id, label_name=label_name)
        try:
            sample_id = self._storage.samples.get(function_id, sample_id).id
        except SampleNotFound:
            sample_id = self._keep_recent_call(function_id, sample_id)
        self._storage.feedback.add(function_id, sample_id, label, by, datetime.now(UTC))
        return sample_id

    def accept_feedback(self, function_id: str, feedback_id: int, by: str) -> Sample:
        """Make the label that a caller named the sample's annotation. Raises FeedbackNotFound."""
        given = self._storage.feedback.get(function_id, feedback_id)
        sample = self._storage.annotations.set(
            function_id, given.sample_id, given.label_id, by, AnnotationSource.FEEDBACK, datetime.now(UTC)
        )
        self._storage.feedback.reviewed(function_id, feedback_id)
        return sample

    def dismiss_feedback(self, function_id: str, feedback_id: int) -> None:
        """Drop what a caller said; the sample stays as it is. Raises FeedbackNotFound."""
        self._storage.feedback.reviewed(function_id, feedback_id)

    def _keep_recent_call(self, function_id: str, sample_id: str) -> str:
        call = self._invoker.recent_call(function_id, sample_id)
        prediction = Prediction(call.label_id, call.confidence, call.version_id)
        new = NewSample(
            sample_id, function_id, call.content, Origin.FEEDBACK, call.embedding,
            prediction=prediction,
        )  # fmt: skip
        try:
            return self._storage.samples.add(new, datetime.now(UTC)).id
        except DuplicateSample as twin:
            return twin.existing_id
