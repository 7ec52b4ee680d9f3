import pytest

from noria.errors import ClientNotFound
from noria.records.client import Client, Scope
from noria.records.ids import new_id


@pytest.fixture
def client(desk):
    return desk.storage.clients.add(Client(new_id("client"), "CI", Scope.ANNOTATE, b"\0\xff" * 16, desk.now))


def test_a_client_comes_back_as_it_was_added(desk, client):
    assert desk.storage.clients.get(client.id) == client
    assert client in desk.storage.clients.all()


def test_a_client_added_again_has_its_new_secret(desk, client):
    again = Client(client.id, "CI", Scope.ADMIN, b"new", desk.now)
    desk.storage.clients.add(again)
    assert desk.storage.clients.get(client.id) == again


def test_a_revoked_client_is_listed_with_the_first_time_it_was_revoked(desk, client):
    at = desk.now
    desk.storage.clients.revoke(client.id, at)
    desk.storage.clients.revoke(client.id, desk.now)
    assert desk.storage.clients.get(client.id).revoked_at == at


def test_unknown_clients_are_not_found(desk):
    with pytest.raises(ClientNotFound):
        desk.storage.clients.get("client_none")
    with pytest.raises(ClientNotFound):
        desk.storage.clients.revoke("client_none", desk.now)
