"""A text classifier as a BentoML service with nothing of Noria's: a network, its tokenizer, a head, as files of a folder.

MODEL=FOLDER bentoml serve bentoml_alone:Classifier
"""

import os
from pathlib import Path

import bentoml
import numpy as np
import onnxruntime
from pydantic import BaseModel
from tokenizers import Tokenizer

FOLDER = Path(os.environ["MODEL"])


class Answer(BaseModel):
    label: str
    confidence: float


@bentoml.service(workers=1, logging={"access": {"enabled": False}})
class Classifier:
    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._network = onnxruntime.InferenceSession(FOLDER / "model.onnx", options)
        self._tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
        self._tokenizer.enable_truncation(512)
        self._head = dict(np.load(FOLDER / "head.npz"))
        self._labels = bytes(self._head["label_ids"].item()).decode().split("\n")

    @bentoml.api
    def invoke(self, data: str) -> Answer:
        ids = np.array([self._tokenizer.encode(data).ids])
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        row = self._network.run(None, feed)[0][0, 0]
        row = row / np.linalg.norm(row) - self._head["centre"]
        scores = (row / np.linalg.norm(row)) @ self._head["weights"] + self._head["bias"]
        powers = np.exp((scores - scores.max()) * self._head["sharpness"])
        best = int(powers.argmax())
        return Answer(label=self._labels[best], confidence=float(powers[best] / powers.sum()))
