"""Functions: made, changed, deleted, and brought back to an earlier version."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from noria.capture.rules.user_rules import ready
from noria.errors import BadInput
from noria.records.field import FieldType
from noria.records.function import CaptureSettings, Function, Modality, Output
from noria.records.ids import canonical
from noria.records.project import Project
from noria.records.redaction import Redaction
from noria.redaction import redactor
from noria.serving.limits import MAX_LABELS, checked_name
from noria.serving.outputs import must_have_labels
from noria.serving.teaching.fields import field_type, must_have_room
from noria.serving.teaching.lesson import Lesson


class FunctionTeaching(Lesson):
    def create_function(
        self,
        name: str,
        *,
        input: str = "Text",
        output: str = "Classification",
        project_id: str | None = None,
        labels: Sequence[str] = (),
        fields: Sequence[tuple[str, str]] = (),
        capture: CaptureSettings | None = None,
    ) -> Function:
        """Made whole or not at all. Raises BadInput, ProjectNotFound.

        fields: names and types, of a table function.
        """
        name = checked_name(name, "function")
        modality, answers_with = _modality(input), _output(output)
        names = list(dict.fromkeys(checked_name(label, "label") for label in labels))
        if names and answers_with is Output.SEARCH:
            raise BadInput("A search function has no labels. Leave them out, or send output: Classification.")
        if modality is Modality.TABULAR and answers_with is Output.SEARCH:
            raise BadInput("Search functions take texts or images. Send input: Text or Image.")
        if len(names) > MAX_LABELS:
            raise BadInput(f"A function has at most {MAX_LABELS} labels, and these are {len(names)}.")
        columns = _columns(modality, fields)
        at = datetime.now(UTC)
        projects = self._storage.projects
        project = projects.get(canonical("project", project_id)) if project_id else projects.default(at)
        function = self._storage.functions.create(
            project.id, name, modality, answers_with, at, capture or CaptureSettings()
        )
        for label in names:
            self._storage.labels.add(function.id, label, None, None, at)
        for column, type in columns:
            self._storage.fields.add(function.id, column, type, at)
        self._live.refresh(function.id)
        return self._storage.functions.get(function.id)

    def update_function(
        self,
        function_id: str,
        *,
        name: str | None = None,
        project_id: str | None = None,
        capture: CaptureSettings | None = None,
        redaction: Redaction | None = None,
        decision_threshold: float | None = None,
    ) -> Function:
        """What is None stays as it is.

        Raises BadInput, RuleUnreadable, PatternUnusable, FunctionNotFound, OnlySearches, ProjectNotFound.
        """
        if redaction is not None:
            _must_be_usable(redaction, self._function(function_id).function)
        if capture is not None:
            must_have_labels(self._function(function_id).function)
            ready(capture.rules)
        if decision_threshold is not None and not 0 <= decision_threshold <= 1:
            raise BadInput("decisionThreshold must lie between 0 and 1.", given=decision_threshold)
        project = self._storage.projects.get(canonical("project", project_id)).id if project_id else None
        self._storage.functions.update(
            function_id,
            name=None if name is None else checked_name(name, "function"),
            project_id=project,
            capture=capture,
            redaction=redaction,
            decision_threshold=decision_threshold,
            at=datetime.now(UTC),
        )
        if capture is not None and not capture.overlap:
            self._storage.opinions.stop_asking(function_id)
        return self._live.refresh(function_id).function

    def delete_function(self, function_id: str) -> None:
        """Raises FunctionNotFound."""
        self._storage.functions.delete(function_id)
        self._live.refresh_changed()

    def roll_back(self, function_id: str, version_id: str, by: str) -> Function:
        """Make a listed version live at once. Raises FunctionNotFound, VersionNotFound."""
        version = self._storage.versions.get(function_id, version_id)
        why = f"version {version.number} chosen by hand"
        self._storage.versions.set_live(function_id, version.id, by, why, datetime.now(UTC))
        return self._live.refresh(function_id).function

    def pin(self, function_id: str, version_id: str, by: str) -> Function:
        """Make a version live that stays so whatever is trained. Raises FunctionNotFound, VersionNotFound."""
        version = self._storage.versions.get(function_id, version_id)
        why = f"version {version.number} pinned by hand"
        self._storage.versions.pin(function_id, version.id, by, why, datetime.now(UTC))
        return self._live.refresh(function_id).function

    def unpin(self, function_id: str, by: str) -> Function:
        """Trained versions go live again; the newest that waited does at once. Raises FunctionNotFound."""
        self._storage.versions.unpin(function_id, by, datetime.now(UTC))
        return self._live.refresh(function_id).function

    def create_project(self, name: object) -> Project:
        return self._storage.projects.create(checked_name(name, "project"), datetime.now(UTC))


def _must_be_usable(redaction: Redaction, function: Function) -> None:
    """Raises BadInput, PatternUnusable."""
    if redaction.on and not function.reads_texts:
        raise BadInput("There is no text in images. Redaction is for functions of texts and of rows.")
    redactor(redaction)


def _columns(modality: Modality, fields: Sequence[tuple[str, str]]) -> list[tuple[str, FieldType]]:
    """Raises BadInput for what no table function can have."""
    if fields and modality is not Modality.TABULAR:
        raise BadInput("Only a table function has fields. Leave them out, or send input: Tabular.")
    columns = [(checked_name(name, "field"), field_type(type)) for name, type in fields]
    twice = next((name for name, n in Counter(name for name, _ in columns).items() if n > 1), None)
    if twice is not None:
        raise BadInput(f"Two fields are named “{twice}”. Give one of them another name.")
    for i, (_, type) in enumerate(columns):
        must_have_room([earlier for _, earlier in columns[:i]], type)
    return columns


def _output(output: str) -> Output:
    """What the function answers with, in any case. Raises BadInput."""
    found = next((o for o in Output if o.value.lower() == str(output).lower()), None)
    if found is None:
        raise BadInput(
            "This version serves classification, tags and search. Send output: Classification, Tags or Search.",
            output=output,
        )
    return found


def _modality(input: str) -> Modality:
    """What the function takes, in any case. Raises BadInput."""
    modality = next((m for m in Modality if m.value.lower() == str(input).lower()), None)
    if modality is None:
        raise BadInput(
            "This version serves text, image and table functions. Send input: Text, Image or Tabular.",
            input=input,
        )
    return modality
