"""Answers of one process."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from noria.encoders.images import PixelEncoder
from noria.errors import FilesUnusable
from noria.formats import Record
from noria.learning.head import Head
from noria.records.function import Function, Modality, Output
from noria.serving.bulk_invoking import Answering, folder_of
from noria.serving.bulk_invoking.answering import Answerer
from noria.serving.live import LiveModel


def answerer(input: Path) -> Answerer:
    nothing = np.zeros(0, dtype=np.float32)
    head = Head((), nothing, np.zeros((0, 0), dtype=np.float32), nothing)
    function = Function("f", "p", "images", Modality.IMAGE, Output.CLASSIFICATION, datetime.now(UTC))
    return Answerer(
        Answering(function, (), LiveModel(None, 0, head, {}), *folder_of(str(input))), PixelEncoder()
    )


def test_a_path_without_an_image_is_the_error_of_its_row(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("image\nnone.png\n")
    (row,) = answerer(tmp_path / "in.csv").answers([("Row 1", Record("none.png"))])
    assert row["error"] == "There is no image 'none.png' beside the input file."


def test_a_machine_that_does_not_see_the_input_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(FilesUnusable, match="neither are its images"):
        answerer(tmp_path / "elsewhere" / "in.csv").answers([("Row 1", Record("none.png"))])
