"""The database keeps the counts of samples itself: they agree with the samples after whatever is done to these."""

from collections import Counter
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from taught import Taught

from noria.records.sample import AnnotationSource, NewSample, Origin
from noria.serving.intake import text_content
from noria.storage.tables import sample_counts, samples

KINDS = (
    samples.c.function_id,
    samples.c.staged,
    sa.func.coalesce(samples.c.annotation_label_id, ""),
    samples.c.annotated_at.is_not(None),
    samples.c.prediction_label_id.is_not(None),
    samples.c.prediction_version_id.is_not(None),
)


def kept(storage) -> Counter:
    query = sa.select(sample_counts).where(sample_counts.c.n != 0)
    with storage.samples._db.read() as connection:
        return Counter({tuple(key): n for *key, n in connection.execute(query)})


def counted(storage) -> Counter:
    with storage.samples._db.read() as connection:
        return Counter(tuple(row) for row in connection.execute(sa.select(*KINDS)))


@pytest.fixture
def pets(storage) -> Taught:
    return Taught.new(storage).with_pets()


def test_counts_follow_samples_through_everything(storage, pets: Taught) -> None:
    at = datetime.now(UTC)
    other = Taught.new(storage)
    first, second, third = (pets.teach(f"text {i}", None).id for i in range(3))
    other.teach("text 1", "cat")
    assert kept(storage) == counted(storage)
    pets.annotate(first, "dog")
    storage.annotations.set(pets.id, first, pets.labels["cat"], by="ada", source=AnnotationSource.GRID, at=at)
    storage.samples.set_predictions(
        pets.id, [(second, pets.labels["cat"], 0.7), (third, pets.labels["dog"], 0.6)], None
    )
    assert kept(storage) == counted(storage)
    storage.samples.delete(pets.id, third, at)
    storage.annotations.remove(pets.id, first, "ada", at)
    storage.labels.delete(pets.id, pets.labels["dog"], at)
    assert kept(storage) == counted(storage)
    assert storage.samples.counts(pets.id).annotated == 4
    storage.functions.delete(pets.id)
    assert kept(storage) == counted(storage)
    assert {pets.id, other.id} & {key[0] for key in kept(storage)} == {other.id}


def test_a_refused_batch_is_not_counted(storage, pets: Taught) -> None:
    before = kept(storage)
    twice = [
        NewSample(id, pets.id, text_content("one"), Origin.API, bytes(256)) for id in ("sample_a", "sample_a")
    ]
    with pytest.raises(sa.exc.IntegrityError), storage.samples._db.write() as connection:
        connection.execute(samples.insert(), [_row(new) for new in twice])
    assert kept(storage) == before == counted(storage)


def _row(new: NewSample) -> dict[str, object]:
    return {
        "id": new.id, "function_id": new.function_id, "data": "one", "digest": new.digest, "origin": "Api",
        "created_at": datetime.now(UTC), "staged": False, "brought": True,
    }  # fmt: skip
