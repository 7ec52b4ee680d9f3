import pytest

from noria.errors import DuplicateLabel, LabelNotFound
from noria.storage import CaptureOutcome


def get(desk):
    return desk.storage.functions.get(desk.function_id)


def test_a_label_is_found_by_id_and_by_name(desk):
    label = desk.storage.labels.add(desk.function_id, "d", "about d", {"k": "v"}, desk.now)
    assert desk.storage.labels.get(desk.function_id, label.id) == label
    assert desk.storage.labels.by_name(desk.function_id, "d") == label


def test_labels_come_in_creation_order(desk):
    desk.storage.labels.add(desk.function_id, "A first by name", None, None, desk.now)
    assert [label.name for label in desk.storage.labels.all(desk.function_id)][:3] == ["a", "b", "c"]


def test_a_label_of_another_function_is_not_found(desk, other_desk):
    with pytest.raises(LabelNotFound):
        desk.storage.labels.get(desk.function_id, other_desk.a)
    with pytest.raises(LabelNotFound):
        desk.storage.labels.delete(desk.function_id, other_desk.a, desk.now)


def test_a_name_is_taken_once_in_a_function(desk):
    with pytest.raises(DuplicateLabel) as error:
        desk.storage.labels.add(desk.function_id, "a", None, None, desk.now)
    assert error.value.existing_id == desk.a


def test_renaming_to_a_taken_name_is_refused_and_to_the_own_one_is_not(desk):
    with pytest.raises(DuplicateLabel):
        desk.storage.labels.update(desk.function_id, desk.a, "b", None, None, desk.now)
    assert desk.storage.labels.update(desk.function_id, desk.a, "a", "new words", None, desk.now).name == "a"


def test_an_added_label_is_seen_by_servers_but_asks_for_no_training(desk):
    before = get(desk)
    desk.storage.labels.add(desk.function_id, "d", None, None, desk.now)
    assert (get(desk).changed_seq, get(desk).wanted_seq) == (before.changed_seq + 1, before.wanted_seq)


def test_a_renamed_label_asks_for_training(desk):
    before = get(desk)
    label = desk.storage.labels.update(desk.function_id, desk.a, "alpha", "first", {"k": "v"}, desk.now)
    assert label == desk.storage.labels.get(desk.function_id, desk.a)
    assert (label.name, label.description, label.metadata) == ("alpha", "first", {"k": "v"})
    assert get(desk).wanted_seq == before.wanted_seq + 1


def test_counts_hold_every_label(desk):
    desk.add("one", "a")
    desk.add("two", "a")
    desk.add("three", "b")
    desk.add("none")
    assert desk.storage.labels.counts(desk.function_id) == {
        desk.a: 2,
        desk.b: 1,
        desk.labels["c"]: 0,
    }


def test_a_deleted_label_is_gone_from_every_sample_at_once(desk):
    annotated, kept = desk.add("one", "a"), desk.add("two", "b")
    desk.storage.samples.set_predictions(
        desk.function_id, [(annotated.id, desk.b, 0.5), (kept.id, desk.a, 0.5)], None
    )
    desk.storage.labels.delete(desk.function_id, desk.a, desk.now)
    with pytest.raises(LabelNotFound):
        desk.storage.labels.get(desk.function_id, desk.a)
    assert desk.sample(annotated.id).annotation is None
    assert desk.sample(annotated.id).prediction.label_id == desk.b
    assert desk.sample(kept.id).annotation.label_id == desk.b
    assert desk.sample(kept.id).prediction is None


def test_a_deleted_label_takes_its_judgements_along(desk):
    judged, other = desk.capture("one"), desk.capture("two")
    desk.annotate(judged, "a")
    desk.annotate(other, "b")
    desk.storage.labels.delete(desk.function_id, desk.a, desk.now)
    assert desk.outcomes(judged) == [CaptureOutcome.DELETED]
    assert desk.outcomes(other) == [CaptureOutcome.ANNOTATED]
    assert desk.storage.captures.judged(desk.function_id)[0].true_label_id is None


def test_a_sample_whose_label_was_deleted_can_be_annotated_again_and_counts_again(desk):
    id = desk.capture("one")
    desk.annotate(id, "a")
    desk.storage.labels.delete(desk.function_id, desk.a, desk.now)
    desk.annotate(id, "b")
    assert desk.outcomes(id) == [CaptureOutcome.ANNOTATED]


def test_a_deleted_label_asks_for_training_and_leaves_the_known_answers(desk):
    desk.add("one", "a")
    _, last = desk.storage.samples.known_answers_since(desk.function_id, 0)
    before = get(desk)
    desk.storage.labels.delete(desk.function_id, desk.a, desk.now)
    rows, _ = desk.storage.samples.known_answers_since(desk.function_id, last)
    assert [label_id for _, label_id in rows] == [None]
    assert get(desk).wanted_seq == before.wanted_seq + 1
    assert get(desk).changed_seq > before.changed_seq


def test_what_names_a_label_is_counted_before_it_goes(desk, other_desk):
    desk.capture("waits")
    desk.annotate(desk.capture("judged"), "a")
    desk.add("brought", "a")
    other_desk.add("elsewhere", "a")
    used = desk.storage.labels.uses(desk.function_id, desk.a)
    assert (used.samples, used.waiting, used.judged, used.feedback, used.rules) == (2, 1, 1, 0, ())


def test_what_waits_is_counted_by_the_label_it_was_answered_with(desk, other_desk):
    for text in ("one", "two"):
        desk.capture(text)
    desk.annotate(desk.capture("three"), "b")
    other_desk.capture("elsewhere")
    assert desk.storage.labels.waiting(desk.function_id) == {desk.a: 2}
