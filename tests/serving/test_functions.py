"""Functions are made whole or not at all."""

import pytest
from serving.parts import Serving

from noria.errors import BadInput
from noria.serving.intake import Intake
from noria.serving.teaching import Teacher


@pytest.fixture
def teacher(serving: Serving) -> Teacher:
    return Teacher(serving.storage, serving.live, Intake(None), serving.pool, serving.invoker)


def test_a_table_function_is_made_with_its_fields(teacher: Teacher) -> None:
    made = teacher.create_function("churn", input="Tabular", fields=[(" age ", "number"), ("job", "Text")])
    assert [(field.name, field.type.value) for field in teacher.fields(made.id)] == [
        ("age", "Number"),
        ("job", "Text"),
    ]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ([("age", "Number"), ("age ", "Text")], "Two fields are named “age”"),
        ([("a", "Image"), ("b", "Image")], "one image field at most"),
        ([("age", "Integer")], "a Number, a Text or an Image"),
        ([("", "Number")], "needs a name"),
        ([(f"f{i}", "Number") for i in range(257)], "at most 256 fields"),
        ([(f"f{i}", "Text") for i in range(101)], "at most 100 text fields"),
    ],
)
def test_fields_that_can_not_be_leave_no_function_behind(
    teacher: Teacher, serving: Serving, fields: list[tuple[str, str]], why: str
) -> None:
    before = len(serving.storage.functions.page(None, 100))
    with pytest.raises(BadInput, match=why):
        teacher.create_function("churn", input="Tabular", fields=fields)
    assert len(serving.storage.functions.page(None, 100)) == before


def test_only_tables_have_fields(teacher: Teacher) -> None:
    with pytest.raises(BadInput, match="Only a table function has fields"):
        teacher.create_function("pets", input="Text", fields=[("age", "Number")])
