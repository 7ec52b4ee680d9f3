import pytest

from noria.errors import ProjectNotFound
from noria.storage import open_storage


def test_a_created_project_is_found(desk):
    project = desk.storage.projects.create("Support", desk.now)
    assert desk.storage.projects.get(project.id) == project
    assert project in desk.storage.projects.all()


def test_an_unknown_project_is_not_found(storage):
    with pytest.raises(ProjectNotFound):
        storage.projects.get("project_nobody")


def test_projects_come_in_creation_order(desk):
    made = [desk.storage.projects.create(name, desk.now) for name in "zya"]
    assert desk.storage.projects.all()[-3:] == made


def test_the_default_project_is_made_once(desk):
    first = desk.storage.projects.default(desk.now)
    assert desk.storage.projects.default(desk.now) == first


def test_two_installations_opened_at_once_share_the_default_project(storage_url, desk):
    one, two = open_storage(storage_url), open_storage(storage_url)
    assert one.projects.default(desk.now) == two.projects.default(desk.now)
    one.close()
    two.close()
