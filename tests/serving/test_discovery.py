"""Groups are found among what was captured, named in one go, or dismissed."""

import pytest
from serving.parts import Serving
from taught import ENCODERS

from noria.encoders.pool import EncoderPool
from noria.errors import BadInput, FunctionNotFound
from noria.serving import discovery as module
from noria.serving.discovery import Discovery
from noria.serving.intake import Intake
from noria.serving.teaching import Teacher

PARROTS = [
    f"polly the parrot wants a cracker {end}"
    for end in ("now", "today", "again", "please", "and squawks", "always")
]
MORE = [f"polly the parrot wants a cracker {end}" for end in ("soon", "or two", "for lunch", "at once")]


@pytest.fixture
def discovery(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> Discovery:
    """One that looks each time it is asked."""
    monkeypatch.setattr(module, "_REST", 0.0)
    monkeypatch.setattr(module, "_LEAST_REST_S", 0.0)
    pool = EncoderPool(ENCODERS, 1, 8)
    teacher = Teacher(serving.storage, serving.live, Intake(None), pool, serving.invoker)
    return Discovery(serving.storage, teacher)


def captured(serving: Serving, texts: list[str]) -> None:
    serving.capture_everything()
    for text in texts:
        serving.ask(text)


def found(serving: Serving, discovery: Discovery) -> list[set[str]]:
    return [{sample.data for sample in group.samples} for group in discovery.groups(serving.function.id)]


def ids(serving: Serving, discovery: Discovery) -> list[str]:
    (group,) = discovery.groups(serving.function.id)
    return [sample.id for sample in group.samples]


def test_a_new_kind_of_call_is_one_group(serving: Serving, discovery: Discovery) -> None:
    captured(serving, [*PARROTS, "meow purr", "bark woof"])
    assert found(serving, discovery) == [set(PARROTS)]


def test_a_new_name_makes_a_label_and_settles_the_members(serving: Serving, discovery: Discovery) -> None:
    captured(serving, PARROTS)
    first, *rest = ids(serving, discovery)
    named = discovery.name(serving.function.id, rest, " parrot ", "ada")
    assert (named.label.name, named.is_new, named.count) == ("parrot", True, len(PARROTS) - 1)
    assert serving.storage.queue.size(serving.function.id).open_items == 1
    assert serving.storage.samples.get(serving.function.id, first).annotation is None
    assert found(serving, discovery) == []


@pytest.mark.parametrize("typed", ["cat", " Cat "])
def test_the_name_of_a_label_gives_that_label(serving: Serving, discovery: Discovery, typed: str) -> None:
    captured(serving, PARROTS)
    named = discovery.name(serving.function.id, ids(serving, discovery), typed, "ada")
    assert (named.label.id, named.is_new) == (serving.function.labels["cat"], False)


def test_who_may_not_make_labels_names_a_group_with_one_that_is_there(
    serving: Serving, discovery: Discovery
) -> None:
    captured(serving, PARROTS)
    members = ids(serving, discovery)
    with pytest.raises(BadInput, match="No label is called so"):
        discovery.name(serving.function.id, members, "parrot", "ada", may_make=False)
    named = discovery.name(serving.function.id, members, "CAT", "ada", may_make=False)
    assert (named.label.name, named.is_new, set(named.sample_ids)) == ("cat", False, set(members))


def test_a_label_that_somebody_gave_meanwhile_stays(serving: Serving, discovery: Discovery) -> None:
    captured(serving, PARROTS)
    members = ids(serving, discovery)
    serving.function.annotate(members[0], "dog")
    assert discovery.name(serving.function.id, members, "parrot", "ada").count == len(members) - 1
    annotation = serving.storage.samples.get(serving.function.id, members[0]).annotation
    assert annotation is not None
    assert annotation.label_id == serving.function.labels["dog"]


def test_a_dismissed_group_stays_away_until_it_has_grown_by_half(
    serving: Serving, discovery: Discovery
) -> None:
    captured(serving, PARROTS)
    discovery.dismiss(serving.function.id, ids(serving, discovery), "ada")
    assert found(serving, discovery) == []
    captured(serving, MORE[:2])
    assert found(serving, discovery) == []
    captured(serving, MORE[2:])
    assert found(serving, discovery) == [{*PARROTS, *MORE}]
    assert serving.storage.queue.size(serving.function.id).open_items == len(PARROTS + MORE)


def test_members_labelled_one_by_one_leave_a_group_that_is_remembered(
    serving: Serving, discovery: Discovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LEAST_REST_S", 3600.0)
    captured(serving, PARROTS)
    members = ids(serving, discovery)
    serving.function.annotate(members[0], "dog")
    assert ids(serving, discovery) == members[1:]
    serving.function.annotate(members[1], "dog")
    assert found(serving, discovery) == []


def test_what_was_skipped_is_looked_at_too(serving: Serving, discovery: Discovery) -> None:
    captured(serving, PARROTS)
    members = ids(serving, discovery)
    for sample_id in members:
        serving.storage.queue.skip(
            serving.function.id, sample_id, "ada", "unsure", serving.storage.queue.size(serving.function.id).oldest_at
        )  # fmt: skip
    assert set(ids(serving, discovery)) == set(members)


def test_nothing_chosen_is_told(serving: Serving, discovery: Discovery) -> None:
    with pytest.raises(BadInput, match="Choose"):
        discovery.name(serving.function.id, [], "parrot", "ada")
    with pytest.raises(BadInput, match="Choose"):
        discovery.dismiss(serving.function.id, [], "ada")
    with pytest.raises(BadInput, match="name"):
        discovery.name(serving.function.id, ["sample_1"], "  ", "ada")


def test_an_unknown_function_is_told(discovery: Discovery) -> None:
    with pytest.raises(FunctionNotFound):
        discovery.groups("function_none")
