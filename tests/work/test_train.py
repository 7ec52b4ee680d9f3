from collections.abc import Callable

import numpy as np
import pytest
from taught import Taught

from noria.encoders import EncoderSet, FloatArray, ImageEncoder
from noria.encoders.hashing import HashingEncoder
from noria.encoders.images import PixelEncoder
from noria.records.function import Modality
from noria.storage import Storage
from noria.work.train import Trainer


class KnowsPets(PixelEncoder):
    """Was trained to tell pets apart."""

    classes = ("cat", "dog")

    def pictured(self, shares: FloatArray) -> FloatArray:
        return np.asarray(np.eye(2, self.n_dimensions, dtype=np.float32)[shares.argmax(axis=1)])


@pytest.mark.parametrize(("encoder", "n_names"), [(KnowsPets, 2), (PixelEncoder, 0)])
def test_label_names_of_images_are_examples_where_the_encoder_knows_classes(
    storage: Storage, encoder: Callable[[], ImageEncoder], n_names: int
) -> None:
    pets = Taught.new(storage, input="Image")
    vectors = np.eye(PixelEncoder.n_dimensions, dtype=np.float32)
    for place, label in enumerate(("cat", "cat", "dog", "dog")):
        pets.teach(f"picture {place}", label, vectors[2 + place].tobytes())
    encoders = EncoderSet({Modality.TEXT: HashingEncoder, Modality.IMAGE: encoder})
    version = Trainer(storage, encoders).run(storage.functions.get(pets.id))
    assert version is not None
    assert version.scores["n_names"] == n_names
