"""Files of samples: there when the row is, and gone with it."""

from dataclasses import replace
from pathlib import Path

import pytest

from noria.errors import DuplicateSample, FileLost, SampleNotFound
from noria.records.content import Content
from noria.records.ids import new_id
from noria.storage import CaptureBatch

from .conftest import digest


def picture(desk, name, file=None, **more):
    return replace(
        desk.new(name, **more), content=Content("", digest(name), file or name.encode(), "image/png")
    )


def drawn_picture(desk, name):
    return replace(desk.drawn(name), content=Content("", digest(name), name.encode(), "image/png"))


def file_of(desk, sample_id):
    return desk.storage.blobs.get(desk.function_id, sample_id)


@pytest.fixture
def n_files(request, blobs_url):
    """How many files a desk has."""

    def n_files(desk):
        if "://" in blobs_url:
            return request.getfixturevalue("object_store").n_files(blobs_url, desk.function_id)
        return sum(path.is_file() for path in (Path(blobs_url) / desk.function_id).rglob("*"))

    return n_files


def test_a_file_comes_back_as_it_was_given(desk):
    sample = desk.storage.samples.add(picture(desk, "a", b"\x89PNG\x00\xff"), desk.now)
    assert file_of(desk, sample.id) == b"\x89PNG\x00\xff"
    assert (desk.sample(sample.id).data, desk.sample(sample.id).media_type) == ("", "image/png")


def test_a_text_has_no_file(desk):
    with pytest.raises(FileLost):
        file_of(desk, desk.add("a text").id)


def test_an_equal_file_is_stored_once(desk, n_files):
    first = desk.storage.samples.add(picture(desk, "a"), desk.now)
    with pytest.raises(DuplicateSample) as twin:
        desk.storage.samples.add(picture(desk, "a"), desk.now)
    assert twin.value.existing_id == first.id
    assert n_files(desk) == 1
    assert file_of(desk, first.id) == b"a"


def test_of_many_files_only_the_new_ones_stay(desk, n_files):
    desk.storage.samples.add(picture(desk, "a"), desk.now)
    added = desk.storage.samples.add_many([picture(desk, name) for name in "aabc"], desk.now).added
    assert n_files(desk) == 3
    assert [file_of(desk, id) for id in added] == [b"b", b"c"]


def test_a_captured_file_is_there_with_its_sample(desk):
    (sample_id,) = desk.commit(drawn_picture(desk, "a"))
    assert file_of(desk, sample_id) == b"a"


def test_a_captured_copy_keeps_the_first_file(desk, n_files):
    first, copy = drawn_picture(desk, "a"), drawn_picture(desk, "a")
    assert set(desk.commit(first, copy)) == {first.sample_id}
    assert desk.commit(drawn_picture(desk, "a")) == [first.sample_id]
    assert n_files(desk) == 1
    assert file_of(desk, first.sample_id) == b"a"


def test_a_staged_file_that_somebody_brings_stays(desk, n_files):
    (sample_id,) = desk.commit(drawn_picture(desk, "a"))
    assert desk.storage.samples.add(picture(desk, "a", label="b"), desk.now).id == sample_id
    assert file_of(desk, sample_id) == b"a"
    assert n_files(desk) == 1


def test_a_batch_that_fails_on_its_rows_names_no_file(desk):
    bad = replace(drawn_picture(desk, "bad"), embedding=None)
    with pytest.raises(Exception, match=r"NOT NULL|null value"):
        desk.storage.captures.commit(CaptureBatch((drawn_picture(desk, "good"), bad)))
    with pytest.raises(SampleNotFound):
        desk.sample(bad.sample_id)


def test_a_deleted_sample_takes_its_file_along(desk):
    kept = desk.storage.samples.add(picture(desk, "kept"), desk.now)
    one = desk.storage.samples.add(picture(desk, "one"), desk.now)
    two = desk.storage.samples.add(picture(desk, "two", external_id="x"), desk.now)
    desk.storage.samples.delete(desk.function_id, one.id, desk.now)
    desk.storage.samples.delete_by_external_id(desk.function_id, "x", desk.now)
    for gone in (one, two):
        with pytest.raises(FileLost):
            file_of(desk, gone.id)
    assert file_of(desk, kept.id) == b"kept"


def test_a_deleted_function_takes_all_its_files_along(desk, other_desk, n_files):
    desk.storage.samples.add(picture(desk, "a"), desk.now)
    kept = other_desk.storage.samples.add(picture(other_desk, "a"), other_desk.now)
    desk.storage.functions.delete(desk.function_id)
    assert n_files(desk) == 0
    assert file_of(other_desk, kept.id) == b"a"


def test_a_label_that_there_is_not_leaves_no_file(desk, n_files):
    wrong = picture(desk, "a", label="a")
    wrong = replace(wrong, annotation=replace(wrong.annotation, label_id=new_id("label")))
    with pytest.raises(Exception, match="label"):
        desk.storage.samples.add(wrong, desk.now)
    assert n_files(desk) == 0
