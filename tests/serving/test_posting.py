"""Messages go to the public internet, or where the operator allows, and are never led on."""

import ipaddress

import pytest
from listener import Listener

from noria.errors import BadInput
from noria.serving.posting import Poster, check_url

PLACE = "127.0.0.78"


def test_a_message_arrives_with_its_headers() -> None:
    with Listener(PLACE) as listener:
        assert Poster(private=True).post(listener.url, b"{}", {"webhook-id": "message_1"}) == (
            True,
            "answered 200",
        )
        ((headers, body),) = listener.heard
    assert (headers["webhook-id"], headers["content-type"], body) == ("message_1", "application/json", b"{}")


def test_this_machine_is_shut_unless_allowed() -> None:
    with Listener(PLACE) as listener:
        taken, answer = Poster().post(listener.url, b"{}", {})
        assert not taken
        assert "public internet" in answer
        assert listener.heard == []


@pytest.mark.parametrize("status", [302, 307, 404, 500])
def test_anything_but_success_is_a_failure_and_a_redirect_is_not_followed(status: int) -> None:
    with Listener(PLACE, status) as listener:
        assert Poster(private=True).post(listener.url, b"{}", {}) == (False, f"answered {status}")
        assert len(listener.heard) == 1


def test_nobody_there_is_told_in_words() -> None:
    taken, answer = Poster(private=True).post(f"http://{PLACE}:9/", b"{}", {})
    assert not taken
    assert "refused" in answer


@pytest.mark.parametrize("ip", ["10.0.0.1", "192.168.1.5", "127.0.0.1", "fd00::1", "::1", "::ffff:10.0.0.1"])
def test_neighbours_are_open_only_where_allowed(ip: str) -> None:
    address = ipaddress.ip_address(ip)
    assert not Poster().allows(address)
    assert Poster(private=True).allows(address)


@pytest.mark.parametrize(
    "ip",
    ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255"],
)
def test_addresses_of_the_link_stay_shut(ip: str) -> None:
    assert not Poster(private=True).allows(ipaddress.ip_address(ip))


@pytest.mark.parametrize(
    "url",
    ["", "example.com", "ftp://example.com", "https://", "https://a:b@example.com", "https://example.com:99999",
     "https://example.com/a b", "https://exämple.com/", f"https://example.com/{'a' * 2000}", "https://[::1"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        check_url(url)
