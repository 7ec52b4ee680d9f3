"""What a stranger, another site, or a curious caller must not be able to do. Scopes are in test_guard.py."""

import re
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import jwt
import pytest
from running_server import RunningServer, wait_for
from server.conftest import NewClient

from noria.records.client import Scope
from noria.serving.sign_ins import SignIns
from noria.storage import Storage, open_storage

FORM = re.compile(r'name="_csrf_token" value="(\w+)"')
HTML = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def storage(server: RunningServer) -> Iterator[Storage]:
    storage = open_storage(f"sqlite:///{server.data}/noria.db")
    yield storage
    storage.close()


@pytest.fixture
def new_link(server: RunningServer, storage: Storage) -> Callable[[], str]:
    return lambda: SignIns(storage, server.url).link("ada")


@pytest.fixture
def stranger(server: RunningServer) -> Iterator[httpx.Client]:
    """A browser of nobody in particular."""
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as browser:
        yield browser


@pytest.fixture
def browser(stranger: httpx.Client, new_link: Callable[[], str]) -> httpx.Client:
    """A browser of a person who has signed in."""
    stranger.get(new_link())
    return stranger


def token_of(page: httpx.Response) -> dict[str, str]:
    """The hidden field of a page's forms."""
    found = FORM.search(page.text)
    assert found
    return {"_csrf_token": found[1]}


def cookies(answer: httpx.Response) -> dict[str, set[str]]:
    """The attributes of each cookie that is set, in lower case, by the beginning of its name."""
    found = {}
    for line in answer.headers.get_list("set-cookie"):
        name, *attributes = line.split("; ")
        found[name.rpartition("_")[0]] = {attribute.lower() for attribute in attributes}
    return found


def signed_in(browser: httpx.Client) -> bool:
    return browser.get("/functions").status_code == 200


# --- sessions


def test_the_session_is_out_of_reach_for_scripts_and_other_sites(
    stranger: httpx.Client, new_link: Callable[[], str]
) -> None:
    set_ = cookies(stranger.get(new_link()))
    assert {"httponly", "samesite=lax", "path=/"} <= set_["noria_session"]
    assert "samesite=lax" in set_["noria_form"]
    assert not any("domain" in attribute for each in set_.values() for attribute in each)


def test_behind_a_proxy_with_tls_cookies_are_for_tls_only(
    stranger: httpx.Client, new_link: Callable[[], str]
) -> None:
    assert "secure" not in cookies(stranger.get(new_link()))["noria_session"]
    proxied = httpx.get(new_link(), headers={"X-Forwarded-Proto": "https"}, trust_env=False)
    assert all("secure" in attributes for attributes in cookies(proxied).values())


def test_a_stranger_s_word_for_tls_is_not_taken(server: RunningServer, new_link: Callable[[], str]) -> None:
    elsewhere = httpx.HTTPTransport(local_address="127.0.0.77")
    with httpx.Client(transport=elsewhere, headers={"X-Forwarded-Proto": "https"}) as client:
        assert "secure" not in cookies(client.get(new_link()))["noria_session"]


def test_an_answer_for_everybody_carries_nobody_s_cookie(browser: httpx.Client) -> None:
    (style,) = re.findall(r'href="(/static/[^"]+\.css)"', browser.get("/functions").text)
    answer = browser.get(style)
    assert "public" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers


def test_signed_out_is_signed_out(browser: httpx.Client) -> None:
    page = browser.get("/functions")
    assert browser.post("/sign-out", data=token_of(page)).status_code == 303
    assert not signed_in(browser)


def test_the_session_is_not_handed_out_again_with_each_answer(browser: httpx.Client) -> None:
    """An answer that is late must not sign a person in who has signed out since."""
    assert "set-cookie" not in browser.get("/functions").headers


@pytest.mark.parametrize(
    "made_up",
    [
        "null",
        "!!!!",
        "AAAA",
        "YWRkaXRpb25hbF9hdXRoZW50aWNhdGVkX2RhdGE9eyJleHBpcmVzX2F0Ijo5OTk5OTk5OTk5fQ==",  # only an expiry
        "YWRkaXRpb25hbF9hdXRoZW50aWNhdGVkX2RhdGE9bm90anNvbg==",
        "YWRkaXRpb25hbF9hdXRoZW50aWNhdGVkX2RhdGE9W10=",
    ],
)
def test_a_made_up_session_is_nobody_s(browser: httpx.Client, server: RunningServer, made_up: str) -> None:
    (name,) = (name for name in browser.cookies if name.startswith("noria_session"))
    answer = httpx.get(f"{server.url}/functions", cookies={name: made_up}, trust_env=False)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/sign-in")


def test_who_signed_in_by_a_client_is_out_when_it_is_revoked(
    stranger: httpx.Client, new_client: NewClient, storage: Storage
) -> None:
    client, secret = new_client(Scope.ADMIN)
    form = {"client_id": client.id, "client_secret": secret} | token_of(stranger.get("/sign-in"))
    assert stranger.post("/sign-in", data=form).status_code == 303
    assert signed_in(stranger)
    storage.clients.revoke(client.id, datetime.now(UTC))
    wait_for(lambda: not signed_in(stranger), what="the end of the session")
    assert stranger.get("/sign-in").status_code == 200  # and not sent round in a circle


def test_a_sign_in_code_can_not_be_guessed_read_or_used_twice(
    server: RunningServer, stranger: httpx.Client, new_link: Callable[[], str]
) -> None:
    link, other = new_link(), new_link()
    code = link.rpartition("/")[2]
    assert len(code) >= 32  # of 64 characters: 192 bits
    assert code != other.rpartition("/")[2]
    with sqlite3.connect(server.data / "noria.db") as rows:
        kept = rows.execute("select hex(code_sha256) || name from sign_ins").fetchall()
    assert kept
    assert not any(code in row for (row,) in kept)
    assert stranger.get(link).status_code == 303
    stranger.cookies.clear()
    assert stranger.get(link).status_code == 401


# --- forms


def test_a_form_of_another_site_is_refused_whatever_it_knows(browser: httpx.Client) -> None:
    form = token_of(browser.get("/functions/new")) | {"name": "planted"}
    for site in (
        "cross-site",
        "same-site",
    ):  # the latter: another port of this machine, whose pages see our cookies
        assert browser.post("/functions/new", data=form, headers={"Sec-Fetch-Site": site}).status_code == 403
    assert "planted" not in browser.get("/functions").text
    assert (
        browser.post("/functions/new", data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code
        == 303
    )


@pytest.mark.parametrize("address", ["/functions/new", "/sign-out"])
def test_a_form_without_the_token_of_its_page_is_refused(browser: httpx.Client, address: str) -> None:
    answer = browser.post(address, data={"name": "planted"})
    assert answer.status_code == 403
    assert "Reload the page" in answer.text
    assert signed_in(browser)


def test_nobody_is_signed_in_by_a_form_of_another_site(server: RunningServer, stranger: httpx.Client) -> None:
    mine = {"client_id": server.client_id, "client_secret": server.client_secret}
    assert stranger.post("/sign-in", data=mine).status_code == 403
    assert not signed_in(stranger)


def test_a_token_that_the_server_did_not_make_is_refused_even_as_a_cookie(browser: httpx.Client) -> None:
    (name,) = (name for name in browser.cookies if name.startswith("noria_form"))
    planted = "a" * 128
    browser.cookies.set(name, planted, domain=str(browser.base_url.host))
    form = {"name": "planted", "_csrf_token": planted}
    assert browser.post("/functions/new", data=form).status_code == 403


def test_another_server_of_this_machine_does_not_spoil_the_forms(
    browser: httpx.Client, server: RunningServer
) -> None:
    """Cookies don't know ports: another installation, or another program, has its own beside ours."""
    for name in ("csrftoken", "noria_session_00000000", "noria_form_00000000"):
        browser.cookies.set(name, "x" * 128, domain=server.address)
    form = token_of(browser.get("/functions/new")) | {"name": "made here"}
    assert browser.post("/functions/new", data=form).status_code == 303


def test_a_stranger_s_large_form_is_refused_unread(stranger: httpx.Client) -> None:
    form = token_of(stranger.get("/sign-in"))
    file = {"file": ("rows.csv", b"text\n" + b"a" * 10_000_000)}
    refused = stranger.post("/functions/function_x/samples/import", data=form, files=file)
    assert refused.status_code == 401


# --- links


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\r\nX: y",
        "evil.example",
        "/sign-out",
    ],
)
def test_signing_in_leads_to_our_pages_only(
    stranger: httpx.Client, new_link: Callable[[], str], elsewhere: str
) -> None:
    assert stranger.get(new_link(), params={"next": elsewhere}).headers["location"] == "/functions"
    assert stranger.get("/sign-in", params={"next": elsewhere}).headers["location"] == "/functions"


def test_a_made_up_host_is_in_no_link(http: httpx.Client, path: str) -> None:
    evil = {"Host": "evil.example"}
    for text in ("one", "two"):
        http.post(f"{path}/samples", json={"data": text})
    page = http.get(f"{path}/samples", params={"batchSize": 1}, headers=evil)
    assert page.headers["link"].startswith("</v1/")
    stranger = {"Authorization": ""} | evil
    assert http.get("/functions", headers=stranger).headers["location"].startswith("/sign-in")
    assert "evil" not in http.get("/schema", headers=evil).text


@pytest.mark.parametrize("host", ["a'; rm -rf ~", 'a"><script>', "a b"])
def test_a_host_that_is_none_gets_into_no_snippet(
    browser: httpx.Client, function: dict[str, str], host: str
) -> None:
    page = browser.get(f"/functions/{function['id']}/integrate", headers={"Host": host})
    assert host not in page.text


# --- headers


def test_every_answer_says_that_its_type_is_meant(
    http: httpx.Client, browser: httpx.Client, path: str
) -> None:
    for answer in (http.get(path), http.get("/nothing"), http.get("/health"), browser.get("/functions")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "server" not in answer.headers


@pytest.mark.parametrize(
    "address", ["/functions", "/functions/new", "/sign-in", "/sign-in/none", "/functions/none/capture"]
)
def test_pages_are_kept_by_no_cache_shown_in_no_frame_and_run_no_foreign_script(
    browser: httpx.Client, address: str
) -> None:
    headers = browser.get(address).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'self'",
        "img-src": "'self' blob:",  # pictures that are about to be sent
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "object-src": "'none'",
    }


def test_a_token_is_kept_by_no_cache(server: RunningServer) -> None:
    form = {
        "client_id": server.client_id,
        "client_secret": server.client_secret,
        "grant_type": "client_credentials",
    }
    answer = httpx.post(f"{server.url}/connect/token", data=form, trust_env=False)
    assert answer.headers["cache-control"] == "no-store"


def test_the_page_with_a_new_secret_shows_it_once(browser: httpx.Client, function: dict[str, str]) -> None:
    address = f"/functions/{function['id']}/integrate"
    form = token_of(browser.get(address)) | {"name": "shop", "scope": "invoke"}
    made = browser.post(f"{address}/clients", data=form)
    (secret,) = re.findall(r'Client secret <input readonly value="([^"]+)"', made.text)
    assert made.headers["cache-control"] == "no-store"
    assert secret not in browser.get(address).text


# --- tokens


@pytest.fixture
def claims(server: RunningServer, storage: Storage) -> tuple[bytes, dict[str, object], dict[str, object]]:
    """The signing key, the head and the claims of a token that is good."""
    key = storage.secrets.get_or_create("token_key", lambda: b"")
    token = server.token()
    return (
        key,
        dict(jwt.get_unverified_header(token)),
        dict(jwt.decode(token, key, ["HS256"], audience="noria")),
    )


def test_a_token_names_its_key_its_audience_and_its_end(
    claims: tuple[bytes, dict[str, object], dict[str, object]],
) -> None:
    _, head, said = claims
    assert head["alg"] == "HS256"
    assert head["kid"]
    assert said["aud"] == "noria"
    assert said["exp"] - said["iat"] == 3600  # type: ignore[operator]


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ({}, {"aud": "somebody else"}),
        ({}, {"aud": None}),
        ({}, {"exp": int(time.time()) - 10}),
        ({}, {"exp": None}),
        ({}, {"sub": None}),
        ({}, {"scope": None}),
        ({"kid": "00000000"}, {}),
        ({"kid": None}, {}),
    ],
)
def test_a_token_that_lacks_or_changes_a_part_is_refused(
    server: RunningServer,
    claims: tuple[bytes, dict[str, object], dict[str, object]],
    head: dict[str, object],
    said: dict[str, object],
) -> None:
    key, good_head, good = claims
    body = {name: value for name, value in (good | said).items() if value is not None}
    kid = {name: value for name, value in (good_head | head).items() if value is not None and name == "kid"}
    token = jwt.encode(body, key, "HS256", headers=kid)
    assert get(server, token) == (200 if not head and not said else 401)


def test_a_token_signed_by_nobody_or_somebody_else_is_refused(
    server: RunningServer, claims: tuple[bytes, dict[str, object], dict[str, object]]
) -> None:
    key, head, said = claims
    kid = {"kid": head["kid"]}
    assert get(server, jwt.encode(said, key, "HS256", headers=kid)) == 200
    assert get(server, jwt.encode(said, b"another key of thirty-two bytes!", "HS256", headers=kid)) == 401
    assert get(server, jwt.encode(said, None, "none", headers=kid)) == 401
    assert get(server, jwt.encode(said, key * 2, "HS512", headers=kid)) == 401


def get(server: RunningServer, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{server.url}/v1/functions", headers=headers, trust_env=False).status_code


def test_a_session_is_no_token_and_opens_no_api(browser: httpx.Client) -> None:
    assert browser.get("/v1/functions").status_code == 401


# --- what is asked of the machine


def exchange(server: RunningServer, *pieces: bytes) -> bytes:
    with socket.create_connection((server.address, 5000), timeout=30) as line:
        try:
            for piece in pieces:
                line.sendall(piece)
        except OSError:  # hung up on
            pass
        try:
            return line.recv(65_536)
        except ConnectionResetError:
            return b""


def test_a_head_without_end_is_cut_off(server: RunningServer) -> None:
    start = b"GET /health HTTP/1.1\r\nHost: x\r\n"
    assert b" 200 " in exchange(server, start, b"X: " + b"a" * 60_000, b"\r\n\r\n")
    for endless in (b"X: " + b"a" * 4_000_000, b"X: a\r\n" * 700_000):
        assert b" 200 " not in exchange(server, start, *([endless[:65_536]] * 60))


@pytest.mark.parametrize("address", ["/connect/token", "/sign-in"])
def test_a_stranger_can_not_send_much(stranger: httpx.Client, address: str) -> None:
    form = "&".join(f"a{n}=1" for n in range(20_000))
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    answer = stranger.post(address, content=form, headers=headers)
    assert answer.status_code in {400, 413}
    assert "larger than this server accepts" in answer.json()["message"]


def test_a_function_can_not_be_made_with_labels_without_end(browser: httpx.Client) -> None:
    labels = "\n".join(f"label {n}" for n in range(1001))
    form = token_of(browser.get("/functions/new")) | {"name": "many", "labels": labels}
    refused = browser.post("/functions/new", data=form)
    assert refused.status_code == 400
    assert "at most 1000 labels" in refused.text


@pytest.mark.parametrize("sought", ["%", "_", "%%%", "100%", "\\", "'", '"; drop table samples; --'])
def test_what_is_searched_for_is_meant_literally(http: httpx.Client, path: str, sought: str) -> None:
    for text in ("nothing special", "100% sure", f"holds {sought} itself"):
        http.post(f"{path}/samples", json={"data": text})
    found = http.get(f"{path}/samples", params={"searchText": sought}).json()
    assert found
    assert all(sought in sample["data"] for sample in found)


def test_a_search_without_end_is_cut_or_refused(
    http: httpx.Client, browser: httpx.Client, path: str, function: dict[str, str]
) -> None:
    assert http.get(f"{path}/samples", params={"searchText": "%" * 1001}).status_code == 400
    address = f"/functions/{function['id']}/samples"
    assert browser.get(address, params={"q": "%_" * 15_000}).status_code == 200


# --- what is stored


def test_a_text_is_answered_as_data_never_as_a_page(http: httpx.Client, path: str) -> None:
    made = http.post(f"{path}/samples", json={"data": HTML, "externalId": HTML}).json()
    answer = http.get(f"{path}/samples/{made['id']}")
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json()["data"] == HTML
    wrong = http.get(f"{path}/samples", params={"origin": HTML})
    assert wrong.headers["content-type"].startswith("application/json")


def test_neither_secrets_nor_texts_are_in_the_log(
    server: RunningServer, http: httpx.Client, path: str, storage: Storage, new_link: Callable[[], str]
) -> None:
    link = new_link()
    http.post(f"{path}/samples", json={"data": "a confidential sentence"})
    http.post(f"{path}/samples", content=b'{"data": "a confidential sentence')
    httpx.get(f"{link}%0aforged", trust_env=False)
    httpx.get(link, trust_env=False)
    log = (server.data / "server.log").read_text()
    for secret in (server.client_secret, server.token(), link, "confidential", "forged"):
        assert secret not in log
    for name in ("token_key", "session_key"):
        key = storage.secrets.get_or_create(name, lambda: b"")
        assert key.hex() not in log
        assert repr(key) not in log
