"""Images can be looked at: for a while those of calls, too, that were not captured."""

import io

import pytest
from pictures import picture
from PIL import Image
from taught import Taught

from noria.errors import BadInput, SampleNotCaptured, SampleNotFound
from noria.records.content import Content
from noria.serving.pictures import Pictures
from noria.serving.recent import RecentCall
from noria.storage import Storage

CALLED = picture("red", side=300)


@pytest.fixture
def function(storage: Storage) -> str:
    return Taught.new(storage).id


@pytest.fixture
def pictures(storage: Storage) -> Pictures:
    """Of an empty storage, and of two recent calls: `sample_image` and `sample_text`."""
    contents = {
        "sample_image": Content("", b"digest", CALLED, "image/png"),
        "sample_text": Content("words", b"digest"),
    }

    def recent_call(function_id: str, sample_id: str) -> RecentCall:
        if sample_id not in contents:
            raise SampleNotCaptured
        return RecentCall(function_id, contents[sample_id], b"", 0.0, "label_x", 0.5, None)

    return Pictures(storage, recent_call)


def test_the_image_of_a_recent_call_is_the_file_that_was_sent(pictures: Pictures, function: str) -> None:
    assert pictures.original(function, "sample_image") == (CALLED, "image/png")


def test_its_preview_is_a_small_jpeg(pictures: Pictures, function: str) -> None:
    with Image.open(io.BytesIO(pictures.preview(function, "sample_image", 160))) as shown:
        assert (shown.format, shown.size) == ("JPEG", (160, 160))


@pytest.mark.parametrize("sample_id", ["sample_text", "sample_nobody_sent"])
def test_without_an_image_there_is_nothing_to_look_at(
    pictures: Pictures, function: str, sample_id: str
) -> None:
    with pytest.raises(SampleNotFound) as told:
        pictures.original(function, sample_id)
    assert not isinstance(told.value, SampleNotCaptured)  # who asks for a file has no feedback to give


def test_a_preview_has_one_of_a_few_sizes(pictures: Pictures, function: str) -> None:
    with pytest.raises(BadInput, match="160, 480, 1280"):
        pictures.preview(function, "sample_image", 161)
