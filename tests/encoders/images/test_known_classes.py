import io
import zipfile
from collections.abc import Callable
from importlib import resources

import numpy as np

from noria.encoders import ImageEncoder, PicturedLabels, create
from noria.encoders.encoder import KnowsClasses
from noria.encoders.images.known_classes import class_names, typical_features
from noria.learning.zero_shot import zero_shot_head


def test_every_class_has_a_name() -> None:
    assert len(class_names()) == 1000  # two of missiles, cranes and maillots each
    assert all(class_names())


def test_all_classes_alike_are_typical_of_none(state: dict[str, np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    weights = state | {"_fc.weight": rng.normal(size=(10, len(state["_bn1.bias"]))).astype(np.float32)}
    even = typical_features(weights, np.full((1, 10), 0.1, dtype=np.float32))[0]
    one = typical_features(weights, np.eye(10, dtype=np.float32)[:1])[0]
    assert (even >= 0).all()
    assert np.linalg.norm(one - even) > 0.1 * np.linalg.norm(even)


def test_what_the_names_look_like_tells_photos_apart(load: Callable[[str], ImageEncoder]) -> None:
    """The photos are of waste; a guess would be right in one of six."""
    encoder = load("efficientnet-lite0")
    assert isinstance(encoder, KnowsClasses)
    labels = ("cardboard", "glass", "metal", "paper", "plastic", "trash")
    rows, readable = PicturedLabels(create("bge-small-en-v1.5"), encoder).of(labels)
    assert readable.all()
    photos, truth = _photos(labels, each=8)
    embeddings = encoder.embed(photos)
    said = zero_shot_head(labels, rows, embeddings.mean(axis=0)).probabilities(embeddings).argmax(axis=1)
    assert (said == truth).mean() > 0.35


def test_names_that_are_like_no_class_mean_nothing(load: Callable[[str], ImageEncoder]) -> None:
    encoder = load("efficientnet-lite0")
    assert isinstance(encoder, KnowsClasses)
    names = PicturedLabels(create("bge-small-en-v1.5"), encoder)
    assert names.of(["cardboard", "glass", "trash"])[1].all()
    for said in (["defect", "normal"], ["approved", "rejected", "on hold"], ["class_3", "class_4"]):
        rows, readable = names.of(said)
        assert rows.shape == (len(said), encoder.n_dimensions)
        assert not readable.any()


def _photos(labels: tuple[str, ...], each: int) -> tuple[list[bytes], np.ndarray]:
    archive = zipfile.ZipFile(io.BytesIO(resources.files("noria.demo").joinpath("trashnet.zip").read_bytes()))
    files = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
    chosen = [[name for name in files if f"/{label}/" in name][:each] for label in labels]
    truth = np.repeat(np.arange(len(labels)), [len(some) for some in chosen])
    return [archive.read(name) for some in chosen for name in some], truth
