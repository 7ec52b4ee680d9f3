"""Answers held against the stored versions that they name, computed anew."""

from collections.abc import Iterable, Mapping
from typing import Any

from noria.encoders.features import features
from noria.encoders.hashing import HashingEncoder
from noria.learning.arrays import padded
from noria.learning.head import Head
from noria.storage import Storage

EXACT = 1e-5


def check_answers(answers: Iterable[tuple[str, Mapping[str, Any]]], storage: Storage) -> None:
    """Label and confidence of each (text, answer), from the head of its `modelId`; no label may have been deleted."""
    given = list(answers)
    texts = list(dict.fromkeys(text for text, _ in given))
    rows = padded([features(HashingEncoder(), text) for text in texts])
    place = {text: i for i, text in enumerate(texts)}
    heads = {v: Head.from_bytes(storage.versions.head(v)) for v in {answer["modelId"] for _, answer in given}}
    expected = {version: head.probabilities(rows) for version, head in heads.items()}
    for text, answer in given:
        version = answer["modelId"]
        p = expected[version][place[text]]
        answered = heads[version].label_ids.index(answer["labelId"])
        assert p[answered] >= p.max() - EXACT, f"{answer} names another label than the version does"
        assert abs(p[answered] - answer["confidence"]) <= EXACT, (
            f"{answer} has another confidence: {p[answered]}"
        )
