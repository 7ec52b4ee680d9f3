import random
from collections.abc import Callable

import numpy as np
import pytest
from taught import ENCODERS, Taught

from noria.encoders import EncoderSet, FloatArray, ImageEncoder
from noria.encoders.features import features
from noria.encoders.hashing import HashingEncoder
from noria.encoders.images import PixelEncoder
from noria.learning.counting import COUNTED_FROM
from noria.learning.heads import head_from_bytes
from noria.learning.words import embedding_in
from noria.records.function import Modality
from noria.storage import Storage
from noria.work.predict import bring_predictions_up
from noria.work.train import Trainer


class KnowsPets(PixelEncoder):
    """Was trained to tell pets apart."""

    classes = ("cat", "dog")

    def pictured(self, shares: FloatArray) -> FloatArray:
        return np.asarray(np.eye(2, self.n_dimensions, dtype=np.float32)[shares.argmax(axis=1)])


COMMON = ["the", "of", "and", "to", "in", "is", "that", "it", "for", "on"]


def test_words_of_texts_are_heard_where_they_tell_more_than_the_embedding(storage: Storage) -> None:
    pets, drawn = Taught.new(storage), random.Random(5)
    for i in range(2 * COUNTED_FROM + 20):
        label, word = (("cat", "purr"), ("dog", "woof"))[i % 2]
        said = [*drawn.sample(COMMON, 6), word, f"number{i}"]
        pets.teach(" ".join(drawn.sample(said, len(said))), label)
    version = Trainer(storage, ENCODERS).run(storage.functions.get(pets.id))
    assert version is not None
    head = head_from_bytes(storage.versions.head(version.id))
    asked = features(HashingEncoder(), "it is for the purr of that")
    deaf = embedding_in(asked)
    cat = head.label_ids.index(pets.labels["cat"])
    assert version.scores["words"] == 1
    assert head.probabilities_of_one(asked)[cat] > head.probabilities_of_one(deaf)[cat]
    unjudged = pets.teach("to purr or not", None)
    bring_predictions_up(storage, pets.id)
    assert storage.samples.get(pets.id, unjudged.id).prediction.label_id == pets.labels["cat"]


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
