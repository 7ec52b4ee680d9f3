import secrets
from datetime import timedelta

import pytest


@pytest.fixture
def code(desk):
    code = secrets.token_bytes(32)
    desk.storage.sign_ins.add(code, "Ann", desk.now + timedelta(minutes=10))
    return code


def test_a_code_signs_in_once(desk, code):
    assert desk.storage.sign_ins.use(code, desk.now) == "Ann"
    assert desk.storage.sign_ins.use(code, desk.now) is None


def test_a_code_expires(desk, code):
    assert desk.storage.sign_ins.use(code, desk.now + timedelta(minutes=11)) is None
    assert desk.storage.sign_ins.use(code, desk.now) is None


def test_an_unknown_code_signs_nobody_in(desk):
    assert desk.storage.sign_ins.use(secrets.token_bytes(32), desk.now) is None
