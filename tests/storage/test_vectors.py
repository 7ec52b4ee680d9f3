from dataclasses import replace

import numpy as np
import pytest

from noria.errors import FunctionNotFound
from noria.learning import words
from noria.records.sample import Origin
from noria.storage import Standing


def places(desk, **bounds):
    return desk.storage.vectors.places(desk.function_id, **bounds)


def standing(desk, upto):
    return desk.storage.vectors.standing(desk.function_id, upto)


def test_places_are_those_of_one_function_in_order(desk, other_desk):
    seqs = []
    for text in ("one", "two", "three"):
        seqs.append(desk.add(text).seq)
        other_desk.add(text)
    assert places(desk) == seqs
    assert places(desk, after=seqs[0]) == seqs[1:]
    assert places(desk, upto=seqs[1]) == seqs[:2]
    assert places(desk, after=seqs[-1]) == []


def test_a_deleted_sample_has_no_place_and_nobody_gets_it_again(desk):
    first, last = desk.add("one"), desk.add("two")
    desk.storage.samples.delete(desk.function_id, last.id, desk.now)
    assert places(desk) == [first.seq]
    assert desk.add("three").seq > last.seq


def test_embeddings_come_by_place_and_those_that_are_gone_are_left_out(desk):
    one, two = desk.add("one"), desk.add("two")
    desk.storage.samples.delete(desk.function_id, one.id, desk.now)
    assert desk.storage.vectors.at([one.seq, two.seq]) == [(two.seq, b"two\0\0\0\0\0")]


def test_what_follows_the_embedding_of_a_text_is_left_out(desk):
    embedding = np.array([0.6, -0.8], dtype="<f4")
    both = np.concatenate([embedding, words.places("a text of words")]).astype("<f4").tobytes()
    sample = desk.storage.samples.add(replace(desk.new("a text of words"), embedding=both), desk.now)
    assert desk.storage.vectors.at([sample.seq]) == [(sample.seq, embedding.tobytes())]
    assert desk.storage.samples.embeddings(desk.function_id, [sample.id]) == {sample.id: both}


def test_more_embeddings_than_one_statement_takes(desk):
    made = [desk.new(f"text {i}") for i in range(1203)]
    desk.storage.samples.add_many(made, desk.now)
    found = desk.storage.vectors.at(places(desk))
    assert [seq for seq, _ in found] == places(desk)
    assert found[-1][1] == made[-1].embedding


def test_standing_tells_staged_ones_apart(desk):
    one = desk.add("one")
    staged = desk.sample(desk.capture("two"))
    assert standing(desk, staged.seq) == Standing(2, [staged.seq])
    assert standing(desk, one.seq) == Standing(1, [])
    desk.annotate(staged.id, "a")
    assert standing(desk, staged.seq) == Standing(2, [])
    desk.unannotate(staged.id)
    assert standing(desk, staged.seq) == Standing(2, [staged.seq])


def test_samples_come_by_place_but_for_staged_and_foreign_ones(desk, other_desk):
    mine, staged, foreign = desk.add("one"), desk.sample(desk.capture("two")), other_desk.add("one")
    found = desk.storage.vectors.samples(desk.function_id, [mine.seq, staged.seq, foreign.seq, 10**12])
    assert found == {mine.seq: mine}


def test_a_function_that_is_not_there_has_none(desk):
    for ask in (desk.storage.vectors.places, lambda id: desk.storage.vectors.standing(id, 1)):
        with pytest.raises(FunctionNotFound):
            ask("function_none")


def test_the_judged_come_with_their_label_and_the_waiting_without(desk, other_desk):
    plain, judged = desk.add("plain"), desk.add("judged")
    desk.annotate(judged.id, "a")
    waiting, passed = desk.sample(desk.capture("waiting")), desk.sample(desk.capture("passed"))
    desk.storage.queue.skip(desk.function_id, passed.id, "ann", "skipped", desk.now)
    other_desk.annotate(other_desk.add("foreign").id, "a")
    found = desk.storage.vectors.judged_or_waiting(desk.function_id, 9)
    assert found == {judged.seq: desk.labels["a"], waiting.seq: None}
    assert desk.storage.vectors.judged(desk.function_id, 9) == {judged.seq: desk.labels["a"]}
    assert desk.storage.vectors.judged_or_waiting(desk.function_id, 1) == {waiting.seq: None}  # the newest
    assert plain.seq not in found
    assert desk.storage.vectors.judged_or_waiting(desk.function_id, 9, judged.seq) == {waiting.seq: None}


def test_the_newest_are_found_by_when_and_how_they_came(desk, other_desk):
    first = desk.add("one")
    other_desk.add("two")
    between = desk.now
    captured = desk.sample(desk.capture("three"))
    newest = desk.storage.vectors.newest
    assert newest(desk.function_id, 10) == [first.seq, captured.seq]
    assert newest(desk.function_id, 1) == [captured.seq]
    assert newest(desk.function_id, 10, since=between) == [captured.seq]
    assert newest(desk.function_id, 10, until=between) == [first.seq]
    assert newest(desk.function_id, 10, origin=Origin.INVOKE_CAPTURE) == [captured.seq]
