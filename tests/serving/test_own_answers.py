"""A person's own last answers, and what others did since."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from serving.parts import HUGE, Serving

from noria.errors import AnswerNotFound, BadInput
from noria.records.queue_answer import Answered, NewQueueAnswer
from noria.records.sample import AnnotationSource
from noria.serving.labelling import Labelling, Served
from noria.serving.own_answers import OwnAnswer, OwnAnswers


@dataclass
class Desk:
    serving: Serving
    labelling: Labelling
    own: OwnAnswers

    @property
    def id(self) -> str:
        return self.serving.function.id

    def label(self, name: str) -> str:
        return self.serving.storage.labels.by_name(self.id, name).id

    def items(self, person: str = "ann", count: int = 50) -> list[Served]:
        return self.labelling.next(self.id, by=f"{person} seat", count=count, person=person)

    def answer(self, *sample_ids: str, said: str = "dog", person: str = "ann", grouped: bool = False) -> int:
        """Give and keep it, as Capture does; its id."""
        first, *alike = sample_ids
        kind = Answered(said) if said in ("skipped", "unsure") else Answered.LABEL
        labels = (self.label(said),) if kind is Answered.LABEL else ()
        if labels:
            self.labelling.answer(self.id, first, labels[0], person, alike, blind=False)
        else:
            self.labelling.skip(self.id, first, person, kind=said, alike=alike)
        at = datetime.now(UTC)
        self.own.keep(
            NewQueueAnswer(self.id, person, f"{person} {first} {at}", at, kind, labels, sample_ids, grouped)
        )
        return self.last(person).answer.id

    def last(self, person: str = "ann") -> OwnAnswer:
        return self.own.last(self.id, person, 1)[0]

    def label_of(self, sample_id: str) -> str | None:
        annotation = self.serving.storage.samples.get(self.id, sample_id).annotation
        return annotation and self.serving.storage.labels.get(self.id, annotation.label_id).name

    def sets(self, sample_id: str, label: str, by: str) -> None:
        """Elsewhere than in the queue."""
        set_label, at = self.serving.storage.annotations.set, datetime.now(UTC)
        set_label(self.id, sample_id, self.label(label), by, AnnotationSource.API, at)

    def open(self) -> int:
        return self.serving.storage.queue.size(self.id).open_items


@pytest.fixture
def desk(serving: Serving) -> Desk:
    labelling = Labelling(serving.storage, serving.live)
    serving.set_capture(HUGE)
    for i in range(6):
        serving.ask(f"bark {i}")
    serving.settled()
    return Desk(serving, labelling, OwnAnswers(serving.storage, labelling))


@pytest.fixture
def ids(desk: Desk) -> list[str]:
    return [item.sample_id for item in desk.items()]


def test_answers_are_told_with_what_was_said(desk: Desk, ids: list[str]) -> None:
    desk.answer(ids[0])
    desk.answer(ids[1], said="unsure")
    newest, before = desk.own.last(desk.id, "ann", 10)
    assert (newest.answer.given.said, newest.labels, newest.since) == (Answered.UNSURE, (), None)
    assert (before.labels, before.sample and before.sample.id, before.since) == (("dog",), ids[0], None)
    assert desk.own.last(desk.id, "bob", 10) == []


@pytest.mark.parametrize("said", ["dog", "skipped", "unsure"])
def test_what_is_taken_back_waits_again_for_whoever_did(desk: Desk, ids: list[str], said: str) -> None:
    id = desk.answer(ids[0], said=said)
    waits = desk.open()
    back = desk.own.take_back(desk.id, id, "ann", "ann seat")
    assert (back.count, back.stay, [item.sample_id for item in back.items]) == (1, (), ids[:1])
    assert (desk.open(), desk.label_of(ids[0])) == (waits + 1, None)
    assert ids[0] not in [item.sample_id for item in desk.items("bob")], "nobody else gets it meanwhile"
    assert desk.own.last(desk.id, "ann", 10) == []


def test_taking_back_twice_is_taking_back_once(desk: Desk, ids: list[str]) -> None:
    id = desk.answer(ids[0])
    once = desk.own.take_back(desk.id, id, "ann", "ann seat")
    desk.sets(ids[0], "cat", "bob")
    again = desk.own.take_back(desk.id, id, "ann", "ann seat")
    assert (once.count, again.count, desk.label_of(ids[0])) == (1, 1, "cat")


def test_a_group_comes_back_as_one_but_for_what_others_changed(desk: Desk, ids: list[str]) -> None:
    id = desk.answer(*ids[:4], grouped=True)
    desk.sets(ids[2], "cat", "bob")
    back = desk.own.take_back(desk.id, id, "ann", "ann seat")
    assert (back.count, back.left, [*map(str, back.stay)]) == (
        3,
        (ids[2],),
        ["bob has labelled it cat since."],
    )
    assert {item.sample_id for item in back.items} == {ids[0], ids[1], ids[3]}
    assert desk.label_of(ids[2]) == "cat"


def test_near_copies_come_back_with_the_item_they_came_with(desk: Desk, ids: list[str]) -> None:
    back = desk.own.take_back(desk.id, desk.answer(*ids[:3]), "ann", "ann seat")
    (item,) = back.items
    assert [item.sample_id, *(other.sample_id for other in item.alike)] == ids[:3]


def test_what_happened_since_is_said_and_stays(desk: Desk, ids: list[str]) -> None:
    storage, said = desk.serving.storage, {}
    answers = {what: desk.answer(ids[i]) for i, what in enumerate(["other", "own", "bare", "gone"])}
    answers["skip"] = desk.answer(ids[4], said="skipped")
    desk.sets(ids[0], "cat", "bob")
    desk.sets(ids[1], "cat", "ann")
    storage.annotations.remove(desk.id, ids[2], "bob", datetime.now(UTC))
    storage.samples.delete(desk.id, ids[3], datetime.now(UTC))
    desk.sets(ids[4], "cat", "bob")
    for own in desk.own.last(desk.id, "ann", 10):
        said[own.answer.id] = str(own.since)
    assert [said[answers[what]] for what in ("other", "own", "bare", "gone", "skip")] == [
        "bob has labelled it cat since.",
        "You have labelled it cat since.",
        "Its label was taken away since.",
        "It is deleted since.",
        "bob has labelled it cat since.",
    ]
    for id in answers.values():
        assert desk.own.take_back(desk.id, id, "ann", "ann seat").count == 0
    assert [desk.label_of(ids[i]) for i in (0, 1, 4)] == ["cat"] * 3


def test_after_a_merge_an_answer_is_still_ones_own(desk: Desk, ids: list[str]) -> None:
    id, at = desk.answer(ids[0]), datetime.now(UTC)
    desk.serving.storage.merges.merge(desk.id, desk.label("dog"), desk.label("cat"), "eve", at)
    assert (desk.last().labels, desk.last().since) == (("cat",), None)
    assert desk.own.take_back(desk.id, id, "ann", "ann seat").count == 1


def test_a_second_opinion_is_not_swept_away_by_who_answered_first(desk: Desk, ids: list[str]) -> None:
    desk.serving.set_capture(replace(HUGE, overlap=1.0))
    first = desk.answer(ids[0])
    asked = next(item for item in desk.items("bob") if item.sample_id == ids[0])
    second = desk.answer(asked.sample_id, said="cat", person="bob")
    assert desk.last("bob").since is None
    assert [*map(str, desk.own.take_back(desk.id, first, "ann", "ann seat").stay)] == [
        "Somebody else was asked, too, and has answered since."
    ]
    back = desk.own.take_back(desk.id, second, "bob", "bob seat")
    assert [item.blind for item in back.items] == [True]
    assert desk.label_of(ids[0]) == "dog"


@pytest.mark.parametrize("said", ["dog", "skipped"])
def test_an_answer_is_changed_to_another_label(desk: Desk, ids: list[str], said: str) -> None:
    id = desk.answer(*ids[:2], said=said)
    changed = desk.own.change(desk.id, id, desk.label("cat"), "ann")
    assert (changed.count, changed.stay) == (2, ())
    assert [desk.label_of(one) for one in ids[:2]] == ["cat", "cat"]
    assert (desk.last().labels, desk.last().answer.id) == (("cat",), id)
    assert desk.own.take_back(desk.id, id, "ann", "ann seat").count == 2


def test_a_second_opinion_can_be_changed_and_moves_nothing(desk: Desk, ids: list[str]) -> None:
    desk.serving.set_capture(replace(HUGE, overlap=1.0))
    desk.answer(ids[0])
    desk.items("bob")
    id = desk.answer(ids[0], said="cat", person="bob")
    assert desk.serving.storage.opinions.count_disputes(desk.id) == 1
    assert desk.own.change(desk.id, id, desk.label("dog"), "bob").count == 1
    assert desk.serving.storage.opinions.count_disputes(desk.id) == 0
    assert desk.label_of(ids[0]) == "dog"


def test_nobody_touches_what_somebody_else_gave(desk: Desk, ids: list[str]) -> None:
    id = desk.answer(ids[0])
    for touch in (
        lambda: desk.own.take_back(desk.id, id, "bob", "bob seat"),
        lambda: desk.own.change(desk.id, id, desk.label("cat"), "bob"),
    ):
        with pytest.raises(AnswerNotFound):
            touch()
    assert desk.label_of(ids[0]) == "dog"


def test_what_is_taken_back_is_not_changed_any_more(desk: Desk, ids: list[str]) -> None:
    id = desk.answer(ids[0])
    desk.own.take_back(desk.id, id, "ann", "ann seat")
    with pytest.raises(BadInput):
        desk.own.change(desk.id, id, desk.label("cat"), "ann")
