from dataclasses import replace

import pytest

from noria.errors import FunctionAmbiguous, FunctionNotFound, ProjectNotFound
from noria.records.field import FieldType
from noria.records.function import CaptureSettings
from noria.records.ids import new_id
from noria.records.opinion import Met
from noria.records.person import Role
from noria.records.queue_answer import Answered, NewQueueAnswer
from noria.records.redaction import OwnPattern, Redaction
from noria.records.sample import AnnotationSource
from noria.records.tags import Tag, TagsAnswer, TagsPrediction
from noria.records.webhook import AlertEvent, Delivery, Webhook
from noria.storage import (
    BulkChange,
    BulkKind,
    CaptureBatch,
    CellRow,
    DecisionRow,
    KnownRow,
    SampleFilter,
    SumsRow,
    TrafficRow,
)
from noria.storage.tables import functions, metadata


@pytest.fixture
def project(desk):
    return desk.storage.projects.create("Support", desk.now)


def get(desk):
    return desk.storage.functions.get(desk.function_id)


def test_a_created_function_is_found_with_its_settings(desk, project):
    settings = CaptureSettings(budget_per_day=7, shares={"Random": 1.0})
    made = desk.storage.functions.create(project.id, "f", "Text", "Classification", desk.now, settings)
    assert desk.storage.functions.get(made.id) == made
    assert made.capture == settings


def test_what_is_hidden_is_kept_and_goes_with_a_copy(desk):
    hidden = Redaction(("email", "ip"), (OwnPattern("customer", "C-[0-9]+"),))
    assert get(desk).redaction == Redaction()
    assert desk.storage.functions.update(desk.function_id, redaction=hidden, at=desk.now).redaction == hidden
    copy = desk.storage.bulk_changes.begin_copy(desk.function_id, "copy", "ada", desk.now)
    assert desk.storage.functions.get(copy.function_id).redaction == hidden
    desk.storage.functions.update(desk.function_id, redaction=Redaction(), at=desk.now)
    assert not get(desk).redaction.on


def test_a_function_needs_a_project(desk):
    with pytest.raises(ProjectNotFound):
        desk.storage.functions.create("project_none", "f", "Text", "Classification", desk.now)


def test_functions_are_found_by_a_part_of_their_name_in_any_case(desk, project):
    for name in ("Über uns", "Refunds", "über 100 %"):
        desk.storage.functions.create(project.id, name, "Text", "Classification", desk.now)
    found = desk.storage.functions.page(None, 10, project_id=project.id, named="ÜBER")
    assert [function.name for function in found] == ["Über uns", "über 100 %"]
    assert desk.storage.functions.page(None, 10, project_id=project.id, named="100 _") == []


@pytest.mark.parametrize(
    "act",
    [
        lambda s, at: s.functions.get("function_none"),
        lambda s, at: s.functions.update("function_none", name="x", at=at),
        lambda s, at: s.functions.delete("function_none"),
        lambda s, at: s.functions.want_training("function_none", at),
        lambda s, at: s.functions.finish_without_model("function_none", 1),
        lambda s, at: s.labels.all("function_none"),
        lambda s, at: s.labels.counts("function_none"),
        lambda s, at: s.samples.counts("function_none"),
        lambda s, at: s.captures.totals("function_none"),
        lambda s, at: s.queue.size("function_none"),
        lambda s, at: s.queue.next_turn("function_none", "ann"),
        lambda s, at: s.versions.all("function_none"),
        lambda s, at: s.training.samples("function_none"),
        lambda s, at: s.runs.begin("function_none", at),
        lambda s, at: s.policy_state.save("function_none", {}, at),
    ],
)
def test_an_unknown_function_is_not_found(desk, act):
    with pytest.raises(FunctionNotFound):
        act(desk.storage, desk.now)


def test_a_slug_finds_the_one_function_whose_name_makes_it(desk, project):
    make = desk.storage.functions.create
    made = [
        make(project.id, name, "Text", "Classification", desk.now).id for name in ("Toxic Language", "Toxic")
    ]
    assert desk.storage.functions.id_of_slug("toxic-language") == made[0]
    assert desk.storage.functions.id_of_slug("toxic") == made[1]
    make(project.id, "toxic?", "Text", "Classification", desk.now)
    with pytest.raises(FunctionAmbiguous, match=made[1]):
        desk.storage.functions.id_of_slug("toxic")
    for unknown in ("", "language", "toxic-", "tox%"):
        with pytest.raises(FunctionNotFound):
            desk.storage.functions.id_of_slug(unknown)


def test_pages_follow_creation_and_can_be_kept_to_a_project(desk, project):
    make = desk.storage.functions.create
    made = [make(project.id, name, "Text", "Classification", desk.now).id for name in "zyx"]
    page = desk.storage.functions.page(None, 2, project.id)
    assert [f.id for f in page] == made[:2]
    assert [f.id for f in desk.storage.functions.page(page[-1].id, 2, project.id)] == made[2:]


def test_an_update_changes_what_is_given_and_nothing_else(desk):
    before = get(desk)
    after = desk.storage.functions.update(desk.function_id, decision_threshold=0.9, at=desk.now)
    assert (after.decision_threshold, after.name, after.capture) == (0.9, before.name, before.capture)
    assert after == get(desk)


def test_an_update_is_seen_by_the_poll(desk, other_desk):
    before = desk.storage.functions.changed()
    desk.storage.functions.update(desk.function_id, name="new", at=desk.now)
    after = desk.storage.functions.changed()
    assert after[desk.function_id] == before[desk.function_id] + 1
    assert after[other_desk.function_id] == before[other_desk.function_id]


def test_settings_that_this_version_does_not_know_are_passed_over(desk):
    with desk.storage.database.write() as connection:
        connection.execute(
            functions.update()
            .where(functions.c.id == desk.function_id)
            .values(capture={"budget_per_day": 3.0, "from_the_future": 1})
        )
    assert get(desk).capture == CaptureSettings(budget_per_day=3.0)


def test_wanted_training_waits_until_it_is_covered(desk):
    first, second = desk.now, desk.now
    desk.storage.functions.want_training(desk.function_id, first)
    desk.storage.functions.want_training(desk.function_id, second)
    function = get(desk)
    assert function.needs_training
    assert (function.wanted_seq, function.wanted_since, function.wanted_last) == (2, first, second)
    assert function in desk.storage.functions.waiting()

    desk.storage.functions.finish_without_model(desk.function_id, 2)
    assert get(desk).wanted_since is None
    assert desk.function_id not in [f.id for f in desk.storage.functions.waiting()]


def test_a_change_during_a_run_keeps_the_function_waiting(desk):
    desk.storage.functions.want_training(desk.function_id, desk.now)
    during = desk.now
    desk.storage.functions.want_training(desk.function_id, during)
    desk.storage.functions.finish_without_model(desk.function_id, 1)
    function = get(desk)
    assert function.needs_training
    assert function.wanted_since == during


def test_what_was_covered_never_goes_back(desk):
    for _ in range(3):
        desk.storage.functions.want_training(desk.function_id, desk.now)
    desk.storage.functions.finish_without_model(desk.function_id, 3)
    desk.storage.functions.finish_without_model(desk.function_id, 1)
    assert get(desk).done_seq == 3


def test_the_next_change_after_a_run_starts_a_new_wait(desk):
    desk.storage.functions.want_training(desk.function_id, desk.now)
    desk.storage.functions.finish_without_model(desk.function_id, 1)
    again = desk.now
    desk.storage.functions.want_training(desk.function_id, again)
    assert get(desk).wanted_since == again


def fill(desk):
    """A row in every table that rows of a function stand in."""
    storage, id = desk.storage, desk.function_id
    sample = desk.add("one", "a", sample_sets=("sampleset_x",))
    captured = desk.capture("two")
    storage.queue.lease(id, [captured], "ann", desk.now.replace(year=2030), desk.now)
    storage.queue.evict(id, 0, desk.now)
    storage.queue.next_turn(id, "ann")
    storage.feedback.add(id, sample.id, desk.a, "caller", desk.now)
    storage.policy_state.save(id, {"tau": 1}, desk.now)
    storage.captures.commit(
        CaptureBatch(
            sums=[SumsRow(id, 1, None, desk.a, 1, 0.5, 0.25, 0.5)],
            traffic=[TrafficRow(id, 1, None, 1)],
            known=[KnownRow(id, 1, None, desk.a, desk.b, 1)],
            cells=[CellRow(id, 1, 3, 1)],
            decisions=[DecisionRow(id, desk.now, 0.5, 1.0, 0.1, False)],
        )
    )
    for number in (1, 2):  # the second is a copy of the first
        drawn = (desk.drawn("journal"),)
        storage.captures.bring_in([CaptureBatch(captures=drawn, writer=id, number=number)])
    storage.runs.begin(id, desk.now)
    storage.bulk_runs.begin(id, "in.csv", 9, desk.now)
    storage.fields.add(id, "age", FieldType.NUMBER, desk.now)
    desk.publish()
    storage.cells.make(id, 4, "tiny@1", 200, b"arrays", desk.now)
    storage.dismissals.add(id, [sample.id], "ann", desk.now)
    storage.queue_answers.keep(NewQueueAnswer(id, "ann", "1", desk.now, Answered.SKIPPED, (), (sample.id,)))
    storage.kept_labels.keep(id, sample.id, desk.a, desk.b, "ann", desk.now)
    watch(desk)
    opine(desk)
    tag(desk)
    desk.transfer()
    storage.people.add("ann", Role.VIEWER, desk.now)
    storage.people.set_function_role(id, "ann", Role.ANNOTATOR)
    new = storage.labels.add(id, "d", None, None, desk.now)
    storage.merges.merge(id, new.id, desk.labels["c"], "ann", desk.now)
    at = desk.now
    storage.bulk_changes.begin(
        BulkChange("", id, BulkKind.DELETE, SampleFilter(), "ann", AnnotationSource.API, at)
    )


def opine(desk):
    """An answer that waits for a second opinion."""
    sample, at = desk.add("doubt"), desk.now
    desk.storage.annotations.set(
        desk.function_id, sample.id, desk.a, "ann", AnnotationSource.QUEUE, at, Met(asks=True)
    )


def tag(desk):
    """What a tags function has of a sample and of a captured call."""
    tags, sample = desk.storage.tags, desk.add("three", None)
    tags.set(desk.function_id, sample.id, [Tag(desk.a)], "ann", AnnotationSource.API, desk.now)
    tags.set_predictions(desk.function_id, [(sample.id, TagsPrediction({desk.a: 0.9}, "model_1"))])
    tags.set_threshold(desk.function_id, desk.a, 0.3)
    desk.commit(replace(desk.drawn("four"), tags=TagsAnswer({desk.a: 0.9}, (desk.a,))))


def watch(desk):
    """A webhook with an alarm that is raised and its message."""
    webhook = Webhook(
        new_id("webhook"),
        desk.function_id,
        "https://example.com",
        "whsec_",
        (AlertEvent.DRIFT,),
        None,
        desk.now,
    )
    desk.storage.webhooks.add(webhook)

    def message(raised):
        return Delivery(
            new_id("message"),
            webhook.id,
            desk.function_id,
            "drift.raised",
            "{}",
            desk.now,
            0,
            desk.now,
            None,
            "",
        )

    assert desk.storage.webhooks.step(webhook, AlertEvent.DRIFT, 1, lambda raised, calm: (True, 0), message)


def rows_of(desk):
    with desk.storage.database.read() as connection:
        return {
            table.name: len(
                connection.execute(table.select().where(table.c.function_id == desk.function_id)).all()
            )
            for table in metadata.sorted_tables
            if "function_id" in table.c
        }


def test_deleting_a_function_leaves_nothing_of_it_and_all_of_others(desk, other_desk):
    fill(desk)
    fill(other_desk)
    others = rows_of(other_desk)
    assert all(others.values()), others
    desk.storage.functions.delete(desk.function_id)
    with pytest.raises(FunctionNotFound):
        get(desk)
    assert set(rows_of(desk).values()) == {0}
    assert rows_of(other_desk) == others
    assert other_desk.storage.samples.embeddings(
        other_desk.function_id, [s.id for s in other_desk.storage.training.samples(other_desk.function_id)]
    )
