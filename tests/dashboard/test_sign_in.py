"""Signing in and out."""

from collections.abc import Callable

import httpx
from playwright.sync_api import Page, expect
from running_server import RunningServer


def sign_in_as(page: Page, client_id: str, secret: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("Client id").fill(client_id)
    page.get_by_label("Client secret").fill(secret)
    page.get_by_role("button", name="Sign in").click()


def test_a_link_signs_a_person_in_once(stranger: Page, new_link: Callable[[], str]) -> None:
    link = new_link()
    stranger.goto(link)
    expect(stranger.get_by_role("heading", name="Functions")).to_be_visible()
    stranger.get_by_role("button", name="Sign out").click()
    stranger.goto(link)
    expect(stranger.get_by_role("alert")).to_contain_text("used before")
    stranger.goto("/functions")
    expect(stranger.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_client_signs_in_with_its_secret(stranger: Page, server: RunningServer) -> None:
    sign_in_as(stranger, server.client_id, server.client_secret)
    expect(stranger.get_by_role("heading", name="Functions")).to_be_visible()


def test_a_wrong_secret_is_refused(stranger: Page, server: RunningServer) -> None:
    sign_in_as(stranger, server.client_id, "wrong")
    expect(stranger.get_by_role("alert")).to_contain_text("don't belong together")
    expect(stranger.get_by_label("Client id")).to_have_value(server.client_id)


def test_a_client_that_may_only_invoke_does_not_become_an_admin(stranger: Page, page: Page, pets) -> None:
    page.goto(f"{pets.url}/integrate")
    page.get_by_label("Name").first.fill("caller")
    page.get_by_role("button", name="Make a client").click()
    sign_in_as(
        stranger,
        page.get_by_label("Client id").input_value(),
        page.get_by_label("Client secret").input_value(),
    )
    expect(stranger.get_by_role("alert")).to_contain_text("may only invoke")


def test_a_page_asked_for_before_signing_in_comes_after_it(
    stranger: Page, server: RunningServer, pets
) -> None:
    stranger.goto(f"{pets.url}/metrics?order=name")
    stranger.get_by_label("Client id").fill(server.client_id)
    stranger.get_by_label("Client secret").fill(server.client_secret)
    stranger.get_by_role("button", name="Sign in").click()
    assert stranger.url == f"{server.url}{pets.url}/metrics?order=name"


def test_signing_in_never_leads_to_another_host(server: RunningServer, new_link: Callable[[], str]) -> None:
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example"):
        link = httpx.get(new_link(), params={"next": elsewhere}, trust_env=False)
        assert link.headers["location"] == "/functions"


def test_a_script_of_a_signed_out_page_is_told_so(server: RunningServer, pets) -> None:
    answer = httpx.get(
        f"{server.url}{pets.url}/capture/items", headers={"Accept": "application/json"}, trust_env=False
    )
    assert answer.status_code == 401
    assert "Sign in" in answer.json()["message"]


def test_a_form_without_the_token_of_its_page_is_refused(page: Page, pets) -> None:
    answer = page.context.request.post(f"{pets.url}/labels", form={"names": "planted"})
    assert answer.status == 403
    assert "planted" not in page.context.request.get(f"{pets.url}/samples").text()
