from datetime import UTC, datetime
from pathlib import Path

from noria.app import Noria
from noria.records.function import Modality, Output
from noria.server.dashboard.services import answers_by_names
from noria.settings import Settings


def test_that_names_answer_for_texts_and_not_for_rows_is_known_at_once(tmp_path: Path) -> None:
    """Also while all that works figures out is busy, or as here gone."""
    noria = Noria(Settings(data=tmp_path, encoder="hashing", worker=False))
    noria.kept.close()
    at = datetime.now(UTC)
    project, functions = noria.storage.projects.default(at), noria.storage.functions
    text, rows = (
        functions.create(project.id, input, input, Output.CLASSIFICATION, at)
        for input in (Modality.TEXT, Modality.TABULAR)
    )
    assert answers_by_names(noria, text)
    assert not answers_by_names(noria, rows)
    noria.close()
