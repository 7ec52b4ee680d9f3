"""Embeddings of what comes again are remembered, as far as memory goes."""

import numpy as np
import pytest

from noria.encoders.remembered import RememberedEmbeddings
from noria.records.content import Content
from noria.records.field import FieldType, Slot
from noria.serving.intake import text_content

ROW = np.ones(4, dtype=np.float32)  # 16 bytes


def test_what_was_kept_is_found_by_its_content() -> None:
    remembered = RememberedEmbeddings()
    remembered.keep(text_content("meow"), ROW.copy())
    assert remembered.of(text_content("meow")) is not None
    assert remembered.of(text_content("bark")) is None


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    remembered = RememberedEmbeddings(max_bytes=32)
    for text in ("a", "b"):
        remembered.keep(text_content(text), ROW.copy())
    remembered.of(text_content("a"))
    remembered.keep(text_content("c"), ROW.copy())
    assert [remembered.of(text_content(text)) is not None for text in "abc"] == [True, False, True]


def test_the_same_key_of_another_kind_is_something_else() -> None:
    remembered = RememberedEmbeddings()
    digest = text_content("GIF89a").digest
    remembered.keep(Content("GIF89a", digest), ROW.copy())
    assert remembered.of(Content("", digest, b"GIF89a", "image/gif")) is None


def test_a_row_is_embedded_anew_once_its_table_has_another_field() -> None:
    remembered, slot = RememberedEmbeddings(), Slot(FieldType.NUMBER, 1.0)
    remembered.keep(Content("age: 1", b"digest", row=(slot,)), ROW.copy())
    assert remembered.of(Content("age: 1", b"digest", row=(slot,))) is not None
    assert remembered.of(Content("age: 1", b"digest", row=(slot, Slot(FieldType.TEXT, None)))) is None


def test_nobody_writes_to_what_is_remembered() -> None:
    remembered, row = RememberedEmbeddings(), ROW.copy()
    remembered.keep(text_content("meow"), row)
    with pytest.raises(ValueError, match="read-only"):
        row[0] = 2
