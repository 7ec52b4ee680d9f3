from dataclasses import replace

import pytest

from noria.errors import FunctionNotFound, VersionNotFound
from noria.records.version import GateOutcome
from noria.storage import LiveChange


def live(desk):
    return desk.storage.functions.get(desk.function_id).live_version_id


def test_a_promoted_version_is_numbered_listed_and_live(desk):
    version = desk.version()
    assert desk.storage.versions.publish(version, b"head", b"folds", 0, None)
    assert live(desk) == version.id
    assert desk.storage.versions.get(desk.function_id, version.id) == replace(version, number=1)
    assert desk.storage.versions.head(version.id) == b"head"
    assert desk.storage.versions.out_of_fold(version.id) == b"folds"


def test_a_version_kept_back_is_listed_and_not_live(desk):
    first = desk.publish()
    version = desk.version(GateOutcome.KEPT_BACK, reason="worse")
    assert not desk.storage.versions.publish(version, b"", b"", 0, first.id)
    assert live(desk) == first.id
    newest, oldest = desk.storage.versions.all(desk.function_id)
    assert newest == replace(version, number=2)
    assert oldest.id == first.id


def test_a_version_compared_with_one_that_is_live_no_more_is_kept_back_and_says_so(desk):
    first = desk.publish()
    overtaken = desk.version()
    assert not desk.storage.versions.publish(overtaken, b"", b"", 0, None)
    assert live(desk) == first.id
    listed = desk.storage.versions.get(desk.function_id, overtaken.id)
    assert listed.outcome is GateOutcome.KEPT_BACK
    assert "Another version went live" in listed.reason


def test_publishing_covers_what_was_trained_on(desk):
    for _ in range(3):
        desk.storage.functions.want_training(desk.function_id, desk.now)
    before = desk.storage.functions.get(desk.function_id)
    desk.publish(covered=2)
    after = desk.storage.functions.get(desk.function_id)
    assert (after.done_seq, after.needs_training) == (2, True)
    assert after.changed_seq == before.changed_seq + 1


def test_a_version_kept_back_covers_too(desk):
    desk.storage.functions.want_training(desk.function_id, desk.now)
    desk.publish(covered=1, outcome=GateOutcome.KEPT_BACK)
    assert not desk.storage.functions.get(desk.function_id).needs_training


def test_rolling_back_is_live_at_once_and_in_the_history(desk):
    first = desk.publish()
    second = desk.publish(first.id, reason="better")
    before = desk.storage.functions.get(desk.function_id)
    at = desk.now
    desk.storage.versions.set_live(desk.function_id, first.id, "Ann", "the second one shouts", at)
    assert live(desk) == first.id
    assert desk.storage.functions.get(desk.function_id).changed_seq == before.changed_seq + 1
    assert desk.storage.versions.live_history(desk.function_id) == [
        LiveChange(first.created_at, first.id, "gate", "first version"),
        LiveChange(second.created_at, second.id, "gate", "better"),
        LiveChange(at, first.id, "Ann", "the second one shouts"),
    ]


def test_a_version_of_another_function_is_not_found(desk, other_desk):
    version = other_desk.publish()
    with pytest.raises(VersionNotFound):
        desk.storage.versions.get(desk.function_id, version.id)
    with pytest.raises(VersionNotFound):
        desk.storage.versions.set_live(desk.function_id, version.id, "Ann", "", desk.now)
    assert live(desk) is None


def test_unknown_versions_and_functions_are_not_found(desk):
    with pytest.raises(VersionNotFound):
        desk.storage.versions.head("model_none")
    with pytest.raises(VersionNotFound):
        desk.storage.versions.out_of_fold("model_none")
    with pytest.raises(FunctionNotFound):
        desk.storage.versions.publish(desk.version(function_id="function_none"), b"", b"", 0, None)
