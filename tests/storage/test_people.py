from uuid import uuid4

import pytest

from noria.errors import BadInput, FunctionNotFound, PersonNotFound
from noria.records.person import Role


@pytest.fixture
def name() -> str:
    """Nobody of the other tests, which share the database."""
    return f"Ann {uuid4().hex}"


@pytest.fixture
def ann(desk, name):
    desk.storage.people.add(name, Role.ANNOTATOR, desk.now)
    return name


def known(desk, name):
    return next((person for person in desk.storage.people.all() if person.name == name), None)


def test_a_name_is_one_person_whose_role_stays(desk, ann):
    assert not desk.storage.people.add(ann, Role.ADMIN, desk.now)
    assert known(desk, ann).role is Role.ANNOTATOR


def test_a_role_changes_and_may_differ_in_a_function(desk, ann):
    desk.storage.people.set_role(ann, Role.EDITOR)
    desk.storage.people.set_function_role(desk.function_id, ann, Role.NOBODY)
    assert known(desk, ann).role is Role.EDITOR
    assert known(desk, ann).roles == {desk.function_id: Role.NOBODY}
    desk.storage.people.set_function_role(desk.function_id, ann, None)
    assert known(desk, ann).roles == {}


def test_somebody_is_seen(desk, ann):
    assert known(desk, ann).seen_at is None
    at = desk.now
    desk.storage.people.seen(ann, at)
    assert known(desk, ann).seen_at == at


def test_who_is_removed_leaves_no_role_behind(desk, ann):
    desk.storage.people.set_function_role(desk.function_id, ann, Role.VIEWER)
    desk.storage.people.remove(ann)
    assert known(desk, ann) is None
    desk.storage.people.add(ann, Role.VIEWER, desk.now)
    assert known(desk, ann).roles == {}


def test_nobody_and_nothing_are_refused(desk, ann, name):
    people = desk.storage.people
    for refused in (
        lambda: people.set_role("nobody", Role.ADMIN),
        lambda: people.remove("nobody"),
        lambda: people.set_function_role(desk.function_id, "nobody", Role.ADMIN),
    ):
        with pytest.raises(PersonNotFound):
            refused()
    with pytest.raises(FunctionNotFound):
        people.set_function_role("function_0", ann, Role.ADMIN)


def test_one_admin_remains(desk, name):
    people = desk.storage.people
    before = [person.name for person in people.all() if person.role is Role.ADMIN]
    people.add(name, Role.ADMIN, desk.now)
    for other in before:
        people.set_role(other, Role.EDITOR)
    with pytest.raises(BadInput, match="only admin"):
        people.set_role(name, Role.EDITOR)
    with pytest.raises(BadInput, match="only admin"):
        people.remove(name)
    assert known(desk, name).role is Role.ADMIN
    people.add(f"{name} II", Role.ADMIN, desk.now)
    people.remove(name)
