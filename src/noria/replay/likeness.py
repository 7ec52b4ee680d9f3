"""How like each call of a replay is to what is annotated or waits to be, as a server knows it."""

import numpy as np

from noria.capture.call import Likest
from noria.learning.arrays import FloatArray
from noria.learning.neighbours import NeighbourIndex


class Likeness:
    """Of a round: begun with what is there, then told of each capture."""

    def __init__(
        self, centre: FloatArray, labelled: FloatArray, labels: list[str], waiting: FloatArray
    ) -> None:
        """centre: (n_dimensions,), of the live head.   labelled, waiting: embeddings, (n, n_dimensions) each."""
        self._index = NeighbourIndex(centre)
        self._labels: list[str | None] = [*labels, *[None] * len(waiting)]
        self._index.add(list(range(len(self._labels))), np.concatenate([labelled, waiting]))

    def likest(self, embedding: FloatArray) -> Likest | None:
        found = self._index.nearest(embedding)
        return found and Likest(found.similarity, self._labels[found.id])

    def captured(self, embedding: FloatArray) -> None:
        self._index.add([len(self._labels)], embedding[None])
        self._labels.append(None)
