"""Labels of a function, and which of them somebody means."""

from collections.abc import Mapping
from datetime import UTC, datetime

from noria.errors import BadInput, LabelNotFound
from noria.records.ids import canonical
from noria.records.label import Label
from noria.serving.limits import MAX_LABELS, MAX_NAME, checked_description, checked_metadata, checked_name
from noria.serving.outputs import must_give_tags, must_have_labels
from noria.serving.teaching.lesson import Lesson
from noria.storage import MergeCounts


class LabelTeaching(Lesson):
    def add_label(
        self, function_id: str, name: object, description: str | None, metadata: Mapping[str, str] | None
    ) -> Label:
        """Raises FunctionNotFound, OnlySearches, BadInput, DuplicateLabel with the id of the one that has this name."""
        must_have_labels(self._function(function_id).function)
        if len(self._storage.labels.all(function_id)) >= MAX_LABELS:
            raise BadInput(
                f"A function has at most {MAX_LABELS} labels. Delete one first, or use a second function."
            )
        label = self._storage.labels.add(
            function_id, checked_name(name, "label"), checked_description(description),
            checked_metadata(metadata), datetime.now(UTC),
        )  # fmt: skip
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
        """Raises FunctionNotFound, LabelNotFound, BadInput, DuplicateLabel."""
        label = self._storage.labels.update(
            function_id, label_id, checked_name(name, "label"), checked_description(description),
            checked_metadata(metadata), datetime.now(UTC),
        )  # fmt: skip
        self._live.refresh(function_id)
        return label

    def plan_merge(self, function_id: str, label_id: str, into: str) -> MergeCounts:
        """What `merge_label` would change. Raises FunctionNotFound, OnlySearches, LabelNotFound, BadInput."""
        must_have_labels(self._function(function_id).function)
        return self._storage.merges.plan(function_id, label_id, into)

    def merge_label(self, function_id: str, label_id: str, into: str, by: str) -> MergeCounts:
        """Whatever was or will be said with the label is said with the other; the label itself is gone.

        The version that answers gives the other one's name from now on, and training looks again.
        Raises FunctionNotFound, OnlySearches, LabelNotFound, BadInput.
        """
        must_have_labels(self._function(function_id).function)
        counts = self._storage.merges.merge(function_id, label_id, into, by, datetime.now(UTC))
        self._live.refresh(function_id)
        return counts

    def delete_label(self, function_id: str, label_id: str) -> None:
        """What names it goes with it: annotations, predictions. Raises FunctionNotFound, LabelNotFound."""
        self._storage.labels.delete(function_id, label_id, datetime.now(UTC))
        self._live.refresh(function_id)

    def set_tag_threshold(self, function_id: str, label_id: str, threshold: float) -> None:
        """Answer the tag from this probability on. Raises BadInput, LabelNotFound, GivesOneLabel."""
        must_give_tags(self._function(function_id).function)
        if not 0 <= threshold <= 1:
            raise BadInput("decisionThreshold must lie between 0 and 1.", given=threshold)
        self._storage.tags.set_threshold(function_id, label_id, threshold)
        self._live.refresh(function_id)

    def label_id(self, function_id: str, *, label_id: str | None, label_name: str | None) -> str:
        """The id of a label named by id or by name. Raises FunctionNotFound, OnlySearches, BadInput, LabelNotFound."""
        if (found := self._label_of(function_id, label_id, label_name)) is None:
            raise BadInput("There is no label. Send labelName or labelId.")
        return found

    def _label_of(self, function_id: str, label_id: str | None, label_name: str | None) -> str | None:
        """None where neither is given."""
        must_have_labels(self._function(function_id).function)
        if label_id:
            known_as = canonical("label", label_id)  # by whoever read it before it was merged, perhaps
            return self._storage.labels.get(function_id, self._storage.merges.meant(function_id, known_as)).id
        if label_name is None:
            return None
        if not isinstance(label_name, str):
            raise BadInput("labelName must be a string.")
        if (found := self._label_named(function_id, label_name.strip())) is not None:
            return found
        raise BadInput(  # clients look for the first words of this, and of NotTrained's
            f"A label with name '{label_name.strip()[:MAX_NAME]}' was not found. "
            "Add it first with POST /v1/functions/{id}/labels."
        )

    def _label_named(self, function_id: str, name: str) -> str | None:
        for label in self._function(function_id).labels:
            if label.name == name:
                return label.id
        try:  # another process may have just made it
            return self._storage.labels.by_name(function_id, name).id
        except LabelNotFound:
            return None
