"""Labelling by several people: second opinions and known items among the others, and what figures make of them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from serving.parts import HUGE, Serving

from noria.errors import DisagreementNotFound
from noria.estimate.accuracy import Figure, TooFew
from noria.records.opinion import OpinionKind
from noria.serving.figures import Figures
from noria.serving.labelling import Labelling, Served, Settled
from noria.serving.team import Team


@dataclass
class Desk:
    """A function with captured calls that wait, and people who answer them."""

    serving: Serving
    labelling: Labelling
    team: Team

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    @property
    def id(self) -> str:
        return self.serving.function.id

    def sets(self, **settings: float) -> None:
        self.serving.set_capture(replace(HUGE, **settings))

    def calls(self, n: int) -> None:
        for i in range(n):
            self.serving.ask(f"bark {i}")
        self.serving.settled()

    def items(self, person: str, count: int = 50) -> list[Served]:
        return self.labelling.next(self.id, by=f"{person} seat", count=count, person=person)

    def answers(self, item: Served, label: str, person: str, **how: bool) -> Settled:
        label_id = self.serving.storage.labels.by_name(self.id, label).id
        return self.labelling.answer(self.id, item.sample_id, label_id, person, blind=item.blind, **how)

    def answers_all(self, label: str, person: str) -> list[Served]:
        items = self.items(person)
        for item in items:
            self.answers(item, label, person)
        return items

    def label_of(self, item: Served) -> str | None:
        annotation = self.serving.storage.samples.get(self.id, item.sample_id).annotation
        return annotation and self.serving.storage.labels.get(self.id, annotation.label_id).name

    def settles(self, item: Served, label: str, person: str = "eve") -> None:
        label_id = self.serving.storage.labels.by_name(self.id, label).id
        self.team.settle(self.id, item.sample_id, label_id, person)


@pytest.fixture
def desk(serving: Serving) -> Desk:
    storage = serving.storage
    return Desk(serving, Labelling(storage, serving.live), Team(storage))


def test_the_share_of_answered_items_goes_to_another_person_blind(desk: Desk) -> None:
    desk.sets(overlap=0.5)
    desk.calls(40)
    first = desk.answers_all("dog", "ann")
    assert desk.items("ann") == []
    second = desk.items("bob")
    assert {item.sample_id for item in second} < {item.sample_id for item in first}
    assert 8 <= len(second) <= 32
    assert all(item.blind and not item.suggestions and not item.reasons for item in second)
    assert desk.items("cem") == [], "two people never get the same one"


def test_who_labels_alone_notices_nothing(desk: Desk) -> None:
    desk.calls(12)
    plain = [item.sample_id for item in desk.items("ann")]
    desk.sets(overlap=0.5, known_share=0.2)
    assert sorted(item.sample_id for item in desk.items("ann")) == sorted(plain)
    desk.answers_all("dog", "ann")
    assert desk.items("ann") == []
    assert desk.labelling.state(desk.id).open == 0


def test_without_an_overlap_only_what_somebody_asked_about_comes_twice(desk: Desk) -> None:
    desk.sets()
    desk.calls(6)
    asked, *others = desk.items("ann")
    desk.answers(asked, "dog", "ann", second=True)
    for item in others:
        desk.answers(item, "dog", "ann")
    assert [item.sample_id for item in desk.items("bob")] == [asked.sample_id]


def test_what_the_share_picked_waits_no_longer_once_it_is_off(desk: Desk) -> None:
    desk.sets(overlap=0.5)
    desk.calls(20)
    desk.answers_all("dog", "ann")
    desk.serving.storage.opinions.stop_asking(desk.id)
    assert desk.items("bob") == []


def test_a_program_at_the_queue_gets_no_second_opinions(desk: Desk) -> None:
    """Its answers are annotations, which would take the first one's place."""
    desk.sets(overlap=0.5)
    desk.calls(20)
    desk.answers_all("dog", "ann")
    assert desk.labelling.next(desk.id, by="program", count=50) == []


def test_a_second_opinion_is_no_second_label_in_live_accuracy(desk: Desk) -> None:
    desk.sets(overlap=0.5)
    desk.calls(40)
    desk.answers_all("dog", "ann")
    figures = Figures(desk.serving.storage)
    before = figures.live(desk.id).estimate
    assert desk.answers_all("cat", "bob")
    assert figures.live(desk.id).estimate == before


def test_what_is_settled_corrects_live_accuracy_and_training(desk: Desk) -> None:
    desk.sets(overlap=0.5)
    desk.calls(40)
    desk.answers_all("dog", "ann")
    figures = Figures(desk.serving.storage)
    before = figures.live(desk.id).estimate
    wanted = desk.serving.storage.functions.get(desk.id).wanted_seq
    item, other, *_ = desk.answers_all("cat", "bob")
    desk.settles(item, "cat")
    after = figures.live(desk.id).estimate
    assert desk.label_of(item) == "cat"
    assert (before.accuracy.counted, before.until) == (after.accuracy.counted, after.until)
    [capture] = desk.serving.storage.captures.of_sample(desk.id, item.sample_id)
    cat = desk.serving.storage.labels.by_name(desk.id, "cat").id
    change = 1 / 40 if capture.label_id == cat else -1 / 40
    assert after.accuracy.value == pytest.approx(before.accuracy.value + change)
    assert desk.serving.storage.functions.get(desk.id).wanted_seq == wanted + 1
    assert desk.label_of(other) == "dog", "what is not settled stays as it was"
    with pytest.raises(DisagreementNotFound):
        desk.settles(item, "dog")


def test_one_of_the_two_may_settle(desk: Desk) -> None:
    desk.sets(overlap=0.5)
    desk.calls(12)
    desk.answers_all("dog", "ann")
    item = desk.answers_all("cat", "bob")[0]
    desk.settles(item, "dog", "bob")
    assert item.sample_id not in {each.sample.id for each in desk.team.disagreements(desk.id)}


@pytest.mark.parametrize("kind", ["unsure", "skipped"])
def test_a_second_person_who_names_no_label_disagrees(desk: Desk, kind: str) -> None:
    desk.sets(overlap=0.5)
    desk.calls(12)
    desk.answers_all("dog", "ann")
    item = desk.items("bob")[0]
    desk.labelling.skip(desk.id, item.sample_id, "bob", kind=kind)
    [found] = desk.team.disagreements(desk.id)
    assert (found.sample.id, found.opinion.said) == (item.sample_id, kind)
    assert desk.label_of(item) == "dog"
    assert desk.team.figures(desk.id).unsure == 1


def test_undo_takes_back_what_this_person_said_and_nothing_else(desk: Desk) -> None:
    desk.sets(overlap=0.5)
    desk.calls(12)
    desk.answers_all("dog", "ann")
    item = desk.items("bob")[0]
    desk.answers(item, "cat", "bob")
    for _ in range(2):  # the page may send it twice
        desk.labelling.undo(desk.id, item.sample_id, "bob")
        assert desk.label_of(item) == "dog"
    assert item.sample_id in {each.sample_id for each in desk.items("bob")}


def test_known_items_come_to_who_did_not_answer_them_and_change_nothing(desk: Desk) -> None:
    desk.sets(overlap=0.5, known_share=0.2)
    desk.calls(60)
    mine = desk.items("ann", 40)
    for item in mine:
        desk.answers(item, "dog", "ann")
    agreed = {item.sample_id for item in desk.items("bob") if item.sample_id in {i.sample_id for i in mine}}
    for item in desk.items("bob"):
        if item.sample_id in agreed:
            desk.answers(item, "dog", "bob")
    desk.serving.storage.queue.release("bob seat")
    served = desk.items("zoe", 50)
    known = [item for item in served if item.sample_id in agreed]
    assert known
    assert all(item.blind for item in known)
    wrong = desk.answers(known[0], "cat", "zoe")
    assert (wrong.known_name, wrong.known == wrong.label_id) == ("dog", False)
    assert desk.label_of(known[0]) == "dog"
    assert desk.answers(known[0], "dog", "zoe").known_name == "dog"
    [given] = desk.serving.storage.opinions.given(desk.id, OpinionKind.KNOWN)
    assert not given.agrees, "sent once more, the first word counts"
    assert known[0].sample_id not in {item.sample_id for item in desk.items("zoe", 50)}


def test_the_figures_of_a_team(desk: Desk) -> None:
    desk.sets(overlap=0.5)
    desk.calls(90)
    for _ in range(2):
        desk.answers_all("dog", "ann")
    second = [item for _ in range(2) for item in desk.answers_all("dog", "bob")]
    figures = desk.team.figures(desk.id)
    assert isinstance(figures.agreement, Figure)
    assert (figures.agreement.value, figures.agreement.counted) == (1.0, len(second))
    people = {each.name: each for each in figures.people}
    assert people["ann"].labels == 90
    assert people["bob"].labels == people["bob"].seconds_given == len(second)
    assert isinstance(people["bob"].known, TooFew)
    assert figures.blind.counted + figures.shown.counted == 90
    assert figures.shown.counted > figures.blind.counted > 0


def test_what_somebody_asked_about_by_hand_is_no_part_of_the_agreement(desk: Desk) -> None:
    desk.sets()
    desk.calls(4)
    item = desk.items("ann")[0]
    desk.answers(item, "dog", "ann", second=True)
    desk.labelling.next(desk.id, by="bob", person="bob")
    desk.answers(item, "cat", "bob")
    figures = desk.team.figures(desk.id)
    assert figures.agreement == TooFew(20, 0.0, 0)
    assert [each.n for each in figures.confused] == [1]


def test_no_more_is_held_than_is_served(desk: Desk) -> None:
    """Who holds items that are on nobody's page keeps them from others."""
    desk.sets(overlap=0.5)
    desk.calls(30)
    for item in desk.items("ann", 20):
        desk.answers(item, "dog", "ann")
    mine = desk.items("bob", 9)
    assert len(mine) == 9
    assert len([item for item in mine if desk.label_of(item)]) == 3, "every third is a second opinion"
    assert desk.serving.storage.queue.others(desk.id, "cem seat", desk.now).items == 6
    others = desk.items("cem", 50)
    assert others
    assert not {item.sample_id for item in mine} & {item.sample_id for item in others}
