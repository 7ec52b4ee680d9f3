"""A served function's encoder and head as a BentoML service.

NORIA_DATA=FOLDER NORIA_FUNCTION=ID bentoml serve bentoml_service:Classifier
"""

import os
from pathlib import Path

import bentoml
from pydantic import BaseModel
from served_model import ServedModel


class Answer(BaseModel):
    label: str
    confidence: float


@bentoml.service(workers=int(os.environ.get("WORKERS", "1")), logging={"access": {"enabled": False}})
class Classifier:
    def __init__(self) -> None:
        self._model = ServedModel(Path(os.environ["NORIA_DATA"]), os.environ["NORIA_FUNCTION"])

    @bentoml.api
    def invoke(self, data: str | dict[str, str | float | None]) -> Answer:
        return self._answer(data)

    @bentoml.api
    def invoke_file(self, data: Path) -> Answer:
        return self._answer(data.read_bytes())

    def _answer(self, sample: str | bytes | dict[str, str | float | None]) -> Answer:
        label, confidence = self._model.answer(sample)
        return Answer(label=label, confidence=confidence)
