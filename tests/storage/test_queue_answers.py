import pytest

from noria.errors import AnswerNotFound
from noria.records.queue_answer import Answered, NewQueueAnswer


@pytest.fixture
def keep(desk):
    def kept(key, by="ada", **more):
        new = NewQueueAnswer(
            desk.function_id, by, key, desk.now, Answered.LABEL, (desk.a,), ("sample_1",), **more
        )
        desk.storage.queue_answers.keep(new)
        return new

    return kept


def keys(desk, by="ada"):
    return [answer.given.key for answer in desk.storage.queue_answers.last(desk.function_id, by, 10)]


def test_answers_are_listed_newest_first_as_they_were_given(desk, keep):
    keep("1")
    new = keep("2", grouped=True)
    first, second = desk.storage.queue_answers.last(desk.function_id, "ada", 10)
    assert (first.given, second.given.key) == (new, "1")
    assert [a.id for a in desk.storage.queue_answers.last(desk.function_id, "ada", 1)] == [first.id]


def test_an_answer_that_comes_twice_is_one(desk, keep):
    keep("1")
    keep("1")
    assert keys(desk) == ["1"]


def test_nobody_sees_or_gets_what_somebody_else_gave(desk, other_desk, keep):
    keep("1", by="bob")
    (his,) = desk.storage.queue_answers.last(desk.function_id, "bob", 10)
    assert keys(desk) == []
    for function_id, by in ((desk.function_id, "ada"), (other_desk.function_id, "bob")):
        with pytest.raises(AnswerNotFound):
            desk.storage.queue_answers.get(function_id, by, his.id)


def test_what_is_taken_back_is_listed_no_longer_but_kept(desk, keep):
    keep("1")
    answer = desk.storage.queue_answers.by_key(desk.function_id, "ada", "1")
    desk.storage.queue_answers.take_back(desk.function_id, answer.id, desk.now)
    assert keys(desk) == []
    assert desk.storage.queue_answers.by_key(desk.function_id, "ada", "1").taken_back_at is not None


def test_a_changed_answer_keeps_its_place(desk, keep):
    keep("1")
    keep("2")
    first = desk.storage.queue_answers.by_key(desk.function_id, "ada", "1")
    desk.storage.queue_answers.change(desk.function_id, first.id, desk.b)
    assert keys(desk) == ["2", "1"]
    assert desk.storage.queue_answers.by_key(desk.function_id, "ada", "1").given.label_ids == (desk.b,)
