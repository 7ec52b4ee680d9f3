from uuid import uuid4

import pytest


def test_a_secret_is_made_once(storage):
    name = uuid4().hex
    assert storage.secrets.get_or_create(name, lambda: b"\0first") == b"\0first"
    assert storage.secrets.get_or_create(name, lambda: pytest.fail("made again")) == b"\0first"


def test_secrets_have_names(storage):
    one, two = (storage.secrets.get_or_create(uuid4().hex, lambda n=n: n) for n in (b"1", b"2"))
    assert (one, two) == (b"1", b"2")
