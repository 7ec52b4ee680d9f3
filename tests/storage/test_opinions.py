"""What a second person says, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from noria.errors import BadInput, DisagreementNotFound, LabelNotFound
from noria.records.opinion import Met, OpinionKind, Said
from noria.records.sample import AnnotationSource
from noria.storage import CaptureOutcome, open_storage

LONG_AGO = datetime.fromisoformat("2020-01-01T00:00:00+00:00")


@dataclass
class Team:
    """A desk at which several people answer."""

    desk: object

    def __getattr__(self, name):
        return getattr(self.desk, name)

    @property
    def opinions(self):
        return self.desk.storage.opinions

    def first(self, text="meow", label="a", by="ann", **met):
        """A captured item that somebody has answered; its id."""
        sample_id = self.capture(text)
        self.answers(sample_id, label, by, **{"overlaps": True, **met})
        return sample_id

    def answers(self, sample_id, label, by="ann", **met):
        return self.storage.annotations.set(
            self.function_id, sample_id, self.labels[label], by, AnnotationSource.QUEUE, self.now, Met(**met)
        )

    def second(self, sample_id, label, by="bob"):
        return self.opinions.give(self.function_id, sample_id, by, Said.LABEL, self.labels[label], self.now)

    def settles(self, sample_id, label, by="eve"):
        return self.storage.annotations.set(
            self.function_id, sample_id, self.labels[label], by, AnnotationSource.ADJUDICATION, self.now
        )

    def offered(self, person="bob"):
        at = self.now
        return [s.id for s in self.opinions.waiting(self.function_id, person, person, LONG_AGO, at, 10)]

    def lease(self, sample_id, person):
        until = self.now + timedelta(minutes=2)
        return self.opinions.lease(self.function_id, [sample_id], person, person, until, self.now)

    def disputed(self):
        return [each.sample_id for each in self.opinions.disputes(self.function_id, 10)]

    def sure(self, person):
        return [(s.id, label) for s, label in self.opinions.sure(self.function_id, person)]


@pytest.fixture
def team(desk):
    return Team(desk)


def test_an_overlapping_item_waits_for_somebody_else(team):
    sample_id = team.first()
    assert team.offered("bob") == [sample_id]
    assert team.offered("ann") == []
    assert team.sample(sample_id).annotation.label_id == team.a


def test_an_item_that_does_not_overlap_waits_for_nobody(team):
    team.first(overlaps=False)
    assert team.offered("bob") == []


def test_who_asks_for_a_second_opinion_gets_one(team):
    sample_id = team.first(overlaps=False, asks=True)
    assert team.offered("bob") == [sample_id]
    team.second(sample_id, "a")
    assert team.opinions.given(team.function_id, OpinionKind.SECOND)[0].by_hand


def test_a_second_opinion_leaves_the_annotation_and_its_captures_alone(team):
    sample_id = team.first()
    before = team.sample(sample_id).annotation
    log = team.storage.annotations.history(team.function_id, sample_id)
    team.second(sample_id, "b")
    assert team.sample(sample_id).annotation == before
    assert team.storage.annotations.history(team.function_id, sample_id) == log
    assert team.outcomes(sample_id) == [CaptureOutcome.ANNOTATED]


def test_nobody_is_asked_about_an_item_a_third_time(team):
    sample_id = team.first()
    team.second(sample_id, "a")
    assert team.offered("bob") == team.offered("cem") == []
    team.answers(sample_id, "a", overlaps=True)  # the first answer, sent twice
    assert team.offered("cem") == []


def test_two_people_never_hold_the_same_second_opinion(team):
    sample_id = team.first()
    assert team.lease(sample_id, "bob") == [sample_id]
    assert team.lease(sample_id, "cem") == []
    assert team.offered("cem") == []
    assert team.lease(sample_id, "bob") == [sample_id]


def test_the_first_person_never_holds_the_second(team):
    sample_id = team.first()
    assert team.lease(sample_id, "ann") == []
    assert team.second(sample_id, "b", by="ann") is None


def test_of_many_answers_at_once_one_is_the_second_opinion(team, shared_url):
    sample_id = team.first()
    others = [open_storage(shared_url) for _ in range(2)]
    names = [f"person {i}" for i in range(8)]

    def give(i):
        of = others[i % 2].opinions
        return of.give(team.function_id, sample_id, names[i], Said.LABEL, team.b, team.now)

    with ThreadPoolExecutor(8) as pool:
        given = [opinion for opinion in pool.map(give, range(8)) if opinion]
    for other in others:
        other.close()
    assert len(given) == 1
    assert len(team.opinions.given(team.function_id, OpinionKind.SECOND)) == 1


def test_who_says_the_same_agrees(team):
    sample_id = team.first()
    assert team.second(sample_id, "a").agrees
    assert team.disputed() == []


@pytest.mark.parametrize("said", [Said.UNSURE, Said.SKIPPED])
def test_another_label_or_none_waits_to_be_settled(team, said):
    other, unsure = team.first("meow"), team.first("woof")
    team.second(other, "b")
    team.opinions.give(team.function_id, unsure, "bob", said, None, team.now)
    assert team.disputed() == [other, unsure]
    assert team.opinions.count_disputes(team.function_id) == 2
    assert team.opinions.dispute(team.function_id, unsure).said is said


def test_settling_sets_the_annotation_and_judges_the_captures_anew(team):
    sample_id = team.first()
    team.second(sample_id, "b")
    team.settles(sample_id, "b")
    assert team.disputed() == []
    assert team.sample(sample_id).annotation.label_id == team.b
    assert team.storage.annotations.history(team.function_id)[0].source is AnnotationSource.ADJUDICATION
    [judged] = team.storage.captures.judged(team.function_id)
    assert judged.true_label_id == team.b
    with pytest.raises(DisagreementNotFound):
        team.opinions.dispute(team.function_id, sample_id)


def test_what_is_settled_keeps_its_turn_in_the_queue(team):
    sample_id = team.capture("meow", key=0.2)
    team.answers(sample_id, "a", overlaps=True)
    team.second(sample_id, "b")
    before = team.storage.queue.settlements(team.function_id)
    team.settles(sample_id, "b")
    assert team.storage.queue.settlements(team.function_id) == before


def test_a_first_answer_sent_twice_settles_nothing(team):
    sample_id = team.first()
    team.second(sample_id, "b")
    team.answers(sample_id, "a", overlaps=True)
    assert team.disputed() == [sample_id]


def test_a_second_opinion_sent_twice_is_one(team):
    sample_id = team.first()
    assert team.second(sample_id, "b") is not None
    assert team.second(sample_id, "b") is not None
    assert len(team.opinions.given(team.function_id, OpinionKind.SECOND)) == 1


def test_a_second_opinion_is_taken_back_and_asked_again(team):
    sample_id = team.first()
    team.second(sample_id, "b")
    assert team.opinions.take_back(team.function_id, sample_id, "bob", team.now)
    assert team.disputed() == []
    assert team.offered("bob") == [sample_id]
    assert not team.opinions.take_back(team.function_id, sample_id, "bob", team.now)
    assert team.sample(sample_id).annotation.label_id == team.a


def test_what_was_settled_is_not_taken_back(team):
    sample_id = team.first()
    team.second(sample_id, "b")
    team.settles(sample_id, "a")
    with pytest.raises(BadInput, match="settled"):
        team.opinions.take_back(team.function_id, sample_id, "bob", team.now)


def test_a_first_answer_that_is_taken_back_takes_its_question_along(team):
    sample_id = team.first()
    team.unannotate(sample_id)
    assert team.offered("bob") == []
    assert team.opinions.met(team.function_id, ()) == []


def test_a_label_that_there_is_not_is_refused(team):
    with pytest.raises(LabelNotFound):
        team.opinions.give(team.function_id, team.first(), "bob", Said.LABEL, "label_none", team.now)


def test_a_merge_of_the_two_labels_ends_their_disagreement(team):
    sample_id = team.first()
    team.second(sample_id, "b")
    team.storage.merges.merge(team.function_id, team.b, team.a, "eve", team.now)
    assert team.disputed() == []
    assert team.opinions.given(team.function_id, OpinionKind.SECOND)[0].agrees
    assert team.sample(sample_id).annotation.label_id == team.a


def test_a_deleted_label_takes_its_opinions_along(team):
    sample_id, other = team.first(), team.first("woof", label="b")
    team.second(sample_id, "b")
    team.storage.labels.delete(team.function_id, team.b, team.now)
    assert team.disputed() == []
    assert team.offered("bob") == []
    assert team.sample(other).annotation is None


def test_a_deleted_sample_takes_its_opinions_along(team):
    sample_id = team.first()
    team.storage.samples.delete(team.function_id, sample_id, team.now)
    assert team.offered("bob") == []
    assert team.opinions.met(team.function_id, ()) == []


def test_an_ask_that_is_too_old_is_not_offered(team):
    team.first()
    since = team.now + timedelta(days=1)
    assert team.opinions.waiting(team.function_id, "bob", "bob", since, team.now, 10) == []
    assert team.opinions.count_waiting(team.function_id, since) == 0


def test_no_more_is_asked_but_what_people_asked_for(team):
    team.first()
    by_hand = team.first("woof", overlaps=False, asks=True)
    team.opinions.stop_asking(team.function_id)
    assert team.offered("bob") == [by_hand]


def test_an_answer_is_sure_once_two_agree_or_somebody_has_settled_it(team):
    agreed, settled, apart = team.first("a"), team.first("b"), team.first("c")
    team.second(agreed, "a")
    team.second(settled, "b")
    team.second(apart, "b")
    team.settles(settled, "b")
    assert team.sure("zoe") == [(settled, team.b), (agreed, team.a)]
    assert team.sure("ann") == team.sure("bob") == []
    assert team.sure("eve") == [(agreed, team.a)]


def test_an_answer_to_a_known_item_changes_nothing_and_is_asked_once(team):
    sample_id = team.first()
    team.second(sample_id, "a")
    team.opinions.serve_known(team.function_id, "zoe", [(sample_id, team.a)])
    given = team.second(sample_id, "b", by="zoe")
    assert (given.kind, given.agrees) == (OpinionKind.KNOWN, False)
    assert team.second(sample_id, "a", by="zoe").label_id == team.b, "the first word counts"
    assert team.sample(sample_id).annotation.label_id == team.a
    assert team.disputed() == []
    assert team.sure("zoe") == []


def test_a_known_item_is_answered_anew_once_it_was_taken_back(team):
    sample_id = team.first()
    team.second(sample_id, "a")
    team.opinions.serve_known(team.function_id, "zoe", [(sample_id, team.a)])
    team.second(sample_id, "b", by="zoe")
    assert team.opinions.take_back(team.function_id, sample_id, "zoe", team.now)
    assert team.opinions.given(team.function_id, OpinionKind.KNOWN) == []
    assert team.second(sample_id, "a", by="zoe").agrees


def test_how_items_were_met_is_counted_by_band(team):
    met = {"overlaps": False, "suggested_label_id": team.a}
    team.first("one", blind=True, confidence=0.3, **met)
    team.first("two", label="b", blind=True, confidence=0.4, **met)
    team.first("three", blind=False, confidence=0.9, **met)
    team.first("four", overlaps=False)  # nobody knows how
    found = team.opinions.met(team.function_id, (0.5, 0.8))
    assert sorted((m.by, m.blind, m.band, m.n, m.agreed) for m in found) == [
        ("ann", False, 2, 1, 1),
        ("ann", True, 0, 2, 1),
    ]
