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
        chosen = field_type(type)
        must_have_room(types_taken(self._storage.fields.all(function_id)), chosen)
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


def field_type(type: object) -> FieldType:
    """In any case. Raises BadInput."""
    found = next((t for t in FieldType if t.value.lower() == str(type).lower()), None)
    if found is None:
        raise BadInput("A field is a Number, a Text or an Image. Send one of these as its type.")
    return found


def types_taken(fields: Sequence[Field]) -> list[FieldType]:
    """Of all fields that there ever were; a deleted image leaves room for another."""
    return [field.type for field in fields if not (field.type is FieldType.IMAGE and field.deleted)]


def must_have_room(taken: Sequence[FieldType], wanted: FieldType) -> None:
    """taken: types of the fields there are. Raises BadInput."""
    if len(taken) >= MAX_FIELDS:
        raise BadInput(f"A table function has at most {MAX_FIELDS} fields, deleted ones among them.")
    if wanted is FieldType.TEXT and taken.count(FieldType.TEXT) >= MAX_TEXT_FIELDS:
        raise BadInput(f"A table function has at most {MAX_TEXT_FIELDS} text fields.")
    if wanted is FieldType.IMAGE and FieldType.IMAGE in taken:
        raise BadInput("A table function has one image field at most, and this one has it.")
