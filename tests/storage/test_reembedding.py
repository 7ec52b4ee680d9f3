"""Vectors of two encoders in one database: nobody reads another's, and one transaction changes which are current."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from noria.errors import EncoderChanged, VersionOfOtherEncoder
from noria.records.function import Modality
from noria.records.version import GateOutcome
from noria.storage import Trained, Vector, open_storage
from noria.storage.tables import embeddings, live_log

TEXT = Modality.TEXT


@pytest.fixture
def storage(storage_url, tmp_path):
    """A database of this test's own: what is current concerns all functions."""
    storage = open_storage(storage_url, str(tmp_path / "blobs"))
    yield storage
    storage.close()


@pytest.fixture
def desk(storage, make_desk):
    desk = make_desk(storage)
    storage.encoders.bind(TEXT, "tiny")
    return desk


def begun(desk, identity="other"):
    return desk.storage.reembedding.begin({TEXT: identity}, desk.now)[TEXT]


def embed(desk, number, vector=b"new "):
    """Everything that the encoder lacks; how many that were."""
    rows = desk.storage.reembedding.lacking(number, TEXT, 0, 1000)
    found = [Vector(row.seq, row.function_id, 0, vector + row.data.encode().ljust(4)) for row in rows]
    desk.storage.reembedding.put(number, found, desk.now)
    return len(found)


def trained(desk, expected_live, **more):
    return Trained(desk.version(encoder="other", **more), b"new head", b"folds", 0, expected_live)


def switch(desk, number, versions=None, upto=0):
    return desk.storage.reembedding.switch({TEXT: number}, versions or {}, upto, desk.now)


def vector(storage, desk, sample_id):
    return storage.samples.embeddings(desk.function_id, [sample_id]).get(sample_id)


def test_each_reads_its_own(desk):
    sample, captured = desk.add("one", "a").id, desk.capture("two")
    old = vector(desk.storage, desk, sample)
    number = begun(desk)
    assert embed(desk, number) == 2
    assert embed(desk, number) == 0
    after = desk.storage.embedding_with({TEXT: number})
    for id, text in ((sample, b"one "), (captured, b"two ")):
        seq = desk.sample(id).seq
        assert vector(after, desk, id) == b"new " + text
        assert after.vectors.at([seq]) == [(seq, b"new " + text)]
    assert vector(desk.storage, desk, sample) == old
    assert [v for _, v in after.samples.unpredicted(desk.function_id, 9)] == [b"new one "]


def test_a_process_stays_with_the_encoder_it_began_with(desk, storage_url):
    number = begun(desk)
    assert switch(desk, number) == []
    late = desk.add("late", "a").id  # by a process that has not heard of the switch
    assert vector(desk.storage, desk, late) is not None
    fresh = open_storage(storage_url)
    assert vector(fresh, desk, late) is None
    assert [row.id for row in fresh.reembedding.lacking(number, TEXT, 0, 9)] == [late]
    assert fresh.encoders.bind(TEXT, "other") == "other"
    with pytest.raises(EncoderChanged, match="tiny"):
        fresh.encoders.bind(TEXT, "tiny")
    assert [encoder.identity for encoder in desk.storage.encoders.replaced()] == ["other"]
    assert fresh.encoders.replaced() == []
    fresh.close()


def test_a_switch_makes_the_new_versions_live_at_once(desk):
    before = desk.publish()
    number = begun(desk)
    one = trained(desk, before.id, outcome=GateOutcome.KEPT_BACK, reason="Kept back: worse.")
    assert switch(desk, number, {desk.function_id: one}) == []
    versions = desk.storage.versions
    live, old = versions.all(desk.function_id)
    assert (live.number, live.encoder, live.outcome) == (2, "other", GateOutcome.PROMOTED)
    assert desk.storage.functions.get(desk.function_id).live_version_id == live.id
    assert versions.live_history(desk.function_id)[-1].by == "re-embedding"
    assert versions.last_live(desk.function_id, "tiny") == old.id
    with pytest.raises(VersionOfOtherEncoder):
        versions.set_live(desk.function_id, old.id, "ann", "back", desk.now)
    with pytest.raises(VersionOfOtherEncoder):
        versions.pin(desk.function_id, old.id, "ann", "stay", desk.now)
    with pytest.raises(EncoderChanged):  # by a worker that has not heard of it
        versions.publish(desk.version(), b"", b"", 0, live.id)
    with pytest.raises(EncoderChanged):
        desk.storage.functions.finish_without_model(desk.function_id, 1)


def test_nothing_changes_where_another_version_went_live_meanwhile(desk, make_desk):
    other = make_desk(desk.storage)
    before, untouched = desk.publish(), other.publish()
    number = begun(desk)
    one = trained(desk, before.id)
    desk.publish(expected_live=before.id)
    assert switch(desk, number, {desk.function_id: one}) == sorted([desk.function_id, other.function_id])
    assert desk.storage.encoders.current()[TEXT].identity == "tiny"
    assert desk.storage.functions.get(other.function_id).live_version_id == untouched.id
    with desk.storage.database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(live_log)) == 3


def test_a_function_that_can_not_be_trained_any_more_has_no_live_version(desk):
    desk.publish()
    assert switch(desk, begun(desk), {desk.function_id: None}) == []
    assert desk.storage.functions.get(desk.function_id).live_version_id is None


def test_going_back_uses_the_vectors_that_are_there(desk):
    desk.add("one", "a")
    number = begun(desk)
    embed(desk, number)
    assert switch(desk, number) == []
    back = begun(desk, "tiny")
    assert (desk.storage.encoders.own()[TEXT], embed(desk, back)) == (back, 0)
    assert desk.storage.reembedding.standing([back]) == (1, 1)


def test_a_sample_that_is_gone_gets_no_vector(desk):
    sample = desk.add("one", "a")
    number = begun(desk)
    desk.storage.samples.delete(desk.function_id, sample.id, desk.now)
    found = [Vector(sample.seq, desk.function_id, 0, b"late")]
    assert desk.storage.reembedding.put(number, found, desk.now) == []
    assert desk.storage.reembedding.standing([number]) == (0, 1)


def test_deleted_and_copied_samples_take_all_vectors_with_them(desk):
    sample = desk.add("one", "a")
    number = begun(desk)
    embed(desk, number)
    changes = desk.storage.bulk_changes
    copy = changes.step(changes.begin_copy(desk.function_id, "copy", "ann", desk.now), 10, desk.now)
    (copied,) = desk.storage.vectors.places(copy.function_id)
    after = desk.storage.embedding_with({TEXT: number})
    assert after.vectors.at([copied]) == [(copied, b"new one ")]
    desk.storage.samples.delete(desk.function_id, sample.id, desk.now)
    with desk.storage.database.read() as connection:
        assert set(connection.scalars(sa.select(embeddings.c.sample_seq))) == {copied}


def test_vectors_of_a_replaced_encoder_go_after_a_day(desk):
    desk.add("one", "a")
    number = begun(desk)
    embed(desk, number)
    assert switch(desk, number) == []
    drop, later = desk.storage.reembedding.drop_unused, desk.now + timedelta(days=2)
    assert drop(desk.now, 0, 10) is None
    place = drop(later, 0, 10)
    assert place is not None
    assert drop(later, place, 10) == 0
    assert drop(later, 0, 10) is None
    with desk.storage.database.read() as connection:
        assert list(connection.scalars(sa.select(embeddings.c.encoder_id))) == [number]
    assert begun(desk, "tiny") > number  # never the same number again


def test_cells_of_another_encoder_are_not_shown(desk, storage_url):
    cells = desk.storage.cells
    cells.make(desk.function_id, 2, "tiny", 9, b"arrays", desk.now)
    assert cells.of(desk.function_id) is not None
    assert switch(desk, begun(desk)) == []
    fresh = open_storage(storage_url)
    assert (fresh.cells.of(desk.function_id), fresh.cells.first(desk.function_id)) == (None, None)
    assert fresh.cells.make(desk.function_id, 2, "other", 9, b"arrays", desk.now).first == 2
    fresh.close()


def test_it_is_a_job_that_people_can_follow(desk):
    desk.add("one", "a")
    assert desk.storage.jobs.latest(9) == []
    number = begun(desk)
    (job,) = desk.storage.jobs.latest(9)
    assert (job.kind, job.function_id, job.name, job.done, job.total) == ("re-embedding", None, "other", 0, 1)
    embed(desk, number)
    assert switch(desk, number) == []
    (job,) = desk.storage.jobs.latest(9)
    assert (job.under_way, job.share, job.error) == (False, 1.0, "")
