"""Functions without a model answer by their labels' names, where these say something of what comes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from noria.encoders import EncoderSet
from noria.encoders.hashing import HashingEncoder
from noria.encoders.images.pixels import PixelEncoder
from noria.errors import EncoderMissing
from noria.records.function import Modality
from noria.records.label import Label
from noria.serving.zero_shot import ZeroShotHeads
from noria.settings import Settings


def labels(*names: str) -> list[Label]:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return [Label(f"label_{name}", "function_x", name, at) for name in names]


def heads(image=PixelEncoder) -> ZeroShotHeads:  # type: ignore[no-untyped-def]
    return ZeroShotHeads(EncoderSet({Modality.TEXT: HashingEncoder, Modality.IMAGE: image}))


def test_texts_are_answered_by_any_names() -> None:
    assert heads().head(Modality.TEXT, labels("cat", "x7")).label_ids == ("label_cat", "label_x7")


@pytest.mark.parametrize("modality", [Modality.IMAGE, Modality.TABULAR])
def test_names_say_nothing_of_rows_nor_to_an_encoder_without_classes(modality: Modality) -> None:
    assert heads().head(modality, labels("cat", "dog")).label_ids == ()


def test_without_an_image_encoder_there_is_no_answer_and_no_failure() -> None:
    def missing() -> PixelEncoder:
        raise EncoderMissing

    assert heads(missing).head(Modality.IMAGE, labels("cat", "dog")).label_ids == ()


def test_without_labels_there_is_nothing_to_answer_with() -> None:
    assert heads().head(Modality.TEXT, []).label_ids == ()


def test_images_are_answered_by_the_names_of_things(tmp_path: Path) -> None:
    made = ZeroShotHeads(EncoderSet.of(Settings(data=tmp_path)))
    assert made.head(Modality.IMAGE, labels("cardboard", "glass")).label_ids == (
        "label_cardboard",
        "label_glass",
    )
    assert made.head(Modality.IMAGE, labels("approved", "rejected")).label_ids == ()
