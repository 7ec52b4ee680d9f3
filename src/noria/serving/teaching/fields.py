"""Fields of a table function."""

from collections.abc import Sequence
from datetime import UTC, datetime

from noria.errors import BadInput
from noria.records.field import Field, FieldType
from noria.records.function import Modality
from noria.serving.limits import MAX_FIELDS, MAX_TEXT_FIELDS, checked_name
from noria.serving.teaching.lesson import Lesson


class FieldTeaching(Lesson):
    def add_field(self, function_id: str, name: object, type: object) -> Field:
        """Raises FunctionNotFound, BadInput, DuplicateField with the id of the one that has this name."""
        self._must_have_fields(function_id)
        chosen = type_named(type)
        must_have_room(self._storage.fields.all(function_id), chosen)
        field = self._storage.fields.add(function_id, checked_name(name, "field"), chosen, datetime.now(UTC))
        self._live.refresh(function_id)
        return field

    def fields(self, function_id: str) -> list[Field]:
        """Those that are not deleted, in the order of creation; only table functions have some. Raises FunctionNotFound."""
        return [field for field in self._storage.fields.all(function_id) if not field.deleted]

    def rename_field(self, function_id: str, field_id: str, name: object) -> Field:
        """Raises FunctionNotFound, FieldNotFound, BadInput, DuplicateField."""
        field = self._storage.fields.rename(function_id, field_id, checked_name(name, "field"))
        self._live.refresh(function_id)
        return field

    def delete_field(self, function_id: str, field_id: str) -> None:
        """Its values stay on disk and are not shown or learnt from any more. Raises FunctionNotFound, FieldNotFound."""
        self._storage.fields.delete(function_id, field_id, datetime.now(UTC))
        self._live.refresh(function_id)

    def _must_have_fields(self, function_id: str) -> None:
        if self._function(function_id).function.input is not Modality.TABULAR:
            raise BadInput("Only a table function has fields. Make one with input: Tabular.")


def type_named(type: object) -> FieldType:
    """Raises BadInput."""
    found = next((t for t in FieldType if t.value.lower() == str(type).lower()), None)
    if found is None:
        raise BadInput("A field is a Number, a Text or an Image. Send one of these as its type.")
    return found


def must_have_room(fields: Sequence[Field], wanted: FieldType) -> None:
    """For one more. fields: all that there ever were. Raises BadInput."""
    if len(fields) >= MAX_FIELDS:
        raise BadInput(f"A table function has at most {MAX_FIELDS} fields, deleted ones among them.")
    if wanted is FieldType.TEXT and sum(f.type is FieldType.TEXT for f in fields) >= MAX_TEXT_FIELDS:
        raise BadInput(f"A table function has at most {MAX_TEXT_FIELDS} text fields.")
    if wanted is FieldType.IMAGE and any(f.type is FieldType.IMAGE and not f.deleted for f in fields):
        raise BadInput("A table function has one image field at most, and this one has it.")
