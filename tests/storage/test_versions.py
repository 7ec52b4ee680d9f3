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


def test_a_pinned_version_stays_live_and_later_ones_wait_for_the_pin(desk):
    first = desk.publish()
    desk.storage.versions.pin(desk.function_id, first.id, "Ann", "it is the audited one", desk.now)
    desk.publish(first.id)
    worse = desk.publish(first.id, outcome=GateOutcome.KEPT_BACK)
    third = desk.publish(first.id, reason="Promoted: better.")
    assert live(desk) == first.id
    listed = desk.storage.versions.get(desk.function_id, third.id)
    assert listed.outcome is GateOutcome.WAITING
    assert listed.reason.startswith("Waits")
    assert listed.reason.endswith("promoted: better.")
    assert desk.storage.versions.get(desk.function_id, worse.id).outcome is GateOutcome.KEPT_BACK
    assert desk.storage.versions.waiting(desk.function_id).id == third.id


def test_what_waited_goes_live_without_the_pin_and_so_does_what_follows(desk):
    first = desk.publish()
    desk.storage.versions.pin(desk.function_id, first.id, "Ann", "", desk.now)
    second = desk.publish(first.id)
    assert desk.storage.versions.unpin(desk.function_id, "Ann", desk.now) == second.id
    third = desk.publish(second.id)
    assert live(desk) == third.id
    assert desk.storage.functions.get(desk.function_id).pinned_version_id is None
    assert desk.storage.versions.waiting(desk.function_id) is None


def test_another_version_chosen_by_hand_is_pinned_in_its_turn(desk):
    first = desk.publish()
    second = desk.publish(first.id)
    desk.storage.versions.pin(desk.function_id, second.id, "Ann", "", desk.now)
    desk.publish(second.id)
    desk.storage.versions.set_live(desk.function_id, first.id, "Bea", "", desk.now)
    assert desk.storage.functions.get(desk.function_id).pinned_version_id == first.id
    assert desk.storage.versions.waiting(desk.function_id) is None  # it was compared with the second
    assert desk.storage.versions.unpin(desk.function_id, "Ann", desk.now) == first.id


def test_a_version_overtaken_by_the_pin_is_kept_back_for_good(desk):
    first = desk.publish()
    second = desk.publish(first.id)
    desk.storage.versions.pin(desk.function_id, first.id, "Ann", "", desk.now)
    late = desk.publish(second.id)
    assert desk.storage.versions.get(desk.function_id, late.id).outcome is GateOutcome.KEPT_BACK
