"""People: invited by a link, each seeing and doing what their role allows, and all of it in the audit log."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
from playwright.sync_api import Page, expect
from running_server import RunningServer, wait_for

from .conftest import Pets
from .test_accessibility import findings

_TOKEN = re.compile(r'<meta name="csrf" content="([^"]+)"')
_LINK = re.compile(r"<pre[^>]*>(http\S+/sign-in/\S+)</pre>")


class Someone:
    """A signed-in person at a browser without scripts."""

    def __init__(self, client: httpx.Client, link: str) -> None:
        self.client = client
        self.get(link)

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path, follow_redirects=True)

    def post(self, path: str, **form: str) -> httpx.Response:
        token = _TOKEN.search(self.get("/functions").text)
        data = {**form, "_csrf_token": token[1] if token else ""}
        return self.client.post(path, data=data, follow_redirects=True)

    def invites(self, name: str, role: str, function_id: str = "") -> str:
        made = self.post("/people", name=name, role=role, function_id=function_id)
        assert made.status_code == 200
        found = _LINK.search(made.text)
        assert found, made.text
        return found[1]

    def lists(self, name: str) -> bool:
        """Whether a function is on some page of the list."""
        path: str | None = "/functions"
        while path:
            shown = self.get(path).text
            if name in shown:
                return True
            further = re.search(r'href="(/functions\?after=[^"]+)"', shown)
            path = further[1] if further else None
        return False

    def sees(self, path: str) -> bool:
        answer = self.get(path)
        assert answer.status_code in (200, 403, 401)
        return answer.status_code == 200 and "sign-in" not in str(answer.url)


@pytest.fixture
def sign_in(server: RunningServer) -> Iterator[Callable[[str], Someone]]:
    with ExitStack() as opened:

        def new(link: str) -> Someone:
            client = opened.enter_context(httpx.Client(base_url=server.url, trust_env=False, timeout=30))
            return Someone(client, link)

        yield new


@pytest.fixture
def ada(sign_in: Callable[[str], Someone], new_link: Callable[[], str]) -> Someone:
    """An admin."""
    return sign_in(new_link())


@pytest.fixture
def invited(ada: Someone, sign_in: Callable[[str], Someone], request: pytest.FixtureRequest):
    """Makes somebody of a role and signs them in; gives them and their name."""

    def new(role: str, function_id: str = "") -> tuple[Someone, str]:
        name = f"{role} of {request.node.name}"
        return sign_in(ada.invites(name, role, function_id)), name

    return new


def test_a_viewer_looks_and_changes_nothing(invited, pets: Pets) -> None:
    pets.taught()
    viewer, _ = invited("viewer")
    for page in ("samples", "metrics", "invoke", "integrate"):
        assert viewer.sees(f"{pets.url}/{page}")
    assert not viewer.sees(f"{pets.url}/capture")
    assert viewer.get(pets.url).url.path == f"{pets.url}/samples"
    assert viewer.post(f"{pets.url}/labels", names="bird").status_code == 403
    assert viewer.post(f"{pets.url}/samples", data="meow").status_code == 403
    assert not viewer.sees("/people")
    shown = "".join(viewer.get(f"{pets.url}/{page}").text for page in ("samples", "metrics", "integrate"))
    offered = set(re.findall(r'method="post"[^>]* action="([^"]+)"', shown))
    assert offered == {"/language", "/sign-out"}


def test_an_annotator_labels_and_leaves_settings_alone(invited, pets: Pets) -> None:
    annotator, _ = invited("annotator")
    assert annotator.sees(f"{pets.url}/capture")
    assert annotator.post(f"{pets.url}/samples", data="meow").status_code == 200
    assert pets.samples(searchText="meow")
    assert "Capture settings" not in annotator.get(f"{pets.url}/capture").text
    assert annotator.post(f"{pets.url}/capture/settings", budget_per_day="5").status_code == 403
    assert annotator.post("/functions/new", name="mine", labels="a\nb").status_code == 403


def test_an_editor_changes_functions_and_not_people(invited, pets: Pets) -> None:
    editor, _ = invited("editor")
    assert editor.post(f"{pets.url}/labels", names="bird").status_code == 200
    assert "bird" in editor.get(f"{pets.url}/samples").text
    assert editor.post("/people", name="Mallory", role="admin").status_code == 403
    assert editor.post(f"{pets.url}/settings/delete", name="pets").status_code == 403
    assert editor.post(f"{pets.url}/integrate/clients", name="x", scope="admin").status_code == 403


def test_a_role_in_one_function_ends_there(invited, new_function: Callable[..., Pets]) -> None:
    mine, theirs = new_function("mine-only"), new_function("not-for-guests")
    guest, _ = invited("annotator", mine.id)
    assert guest.lists("mine-only")
    assert not guest.lists("not-for-guests")
    assert guest.sees(f"{mine.url}/capture")
    assert not guest.sees(f"{theirs.url}/samples")
    assert not guest.sees("/functions/new")


def test_samples_are_moved_only_between_functions_that_are_both_ones_own_to_edit(
    ada: Someone, invited, new_function
) -> None:
    mine, theirs = new_function("where I edit"), new_function("where I label")
    mine.teach("meow", "cat")
    editor, name = invited("editor", mine.id)
    [sample] = mine.samples()
    form = {"sample_ids": str(sample["id"]), "into": theirs.id, "sure": "yes"}
    assert theirs.id not in editor.get(f"{mine.url}/samples").text
    answer = editor.post(f"{mine.url}/samples/move", **form)
    assert answer.status_code == 403, answer.text[:3000]
    assert len(mine.samples()) == 1
    ada.post("/people/role", name=name, role="editor", function_id=theirs.id)
    assert theirs.id in editor.get(f"{mine.url}/samples").text
    assert editor.post(f"{mine.url}/samples/move", **form).status_code == 200
    assert (mine.samples(), len(theirs.samples())) == ([], 1)


def test_a_narrower_role_in_one_function_hides_it(ada: Someone, invited, new_function) -> None:
    secret = new_function("hidden-away")
    annotator, name = invited("annotator")
    assert annotator.lists("hidden-away")
    ada.post("/people/role", name=name, role="none", function_id=secret.id)
    wait_for(lambda: not annotator.sees(f"{secret.url}/samples"), 5, "the role")
    assert not annotator.lists("hidden-away")


def test_who_is_removed_is_signed_out_within_a_second(ada: Someone, invited) -> None:
    viewer, name = invited("viewer")
    assert viewer.sees("/functions")
    ada.post("/people/remove", name=name)
    wait_for(lambda: not viewer.sees("/functions"), 5, "the end of the session")


def test_a_link_for_somebody_who_is_there_keeps_their_role(ada: Someone, invited, sign_in) -> None:
    _, name = invited("viewer")
    link = _LINK.search(ada.post("/people/link", name=name).text)
    assert link
    again = sign_in(link[1])
    assert again.sees("/functions")
    assert not again.sees("/people")


def test_two_people_never_share_a_name(ada: Someone, invited) -> None:
    _, name = invited("viewer")
    assert "somebody called" in ada.post("/people", name=name, role="admin").text
    done = ada.client.get("/audit/file").text
    assert done.count(name) == 1, "what was refused is not written down"


def test_changes_are_written_down_with_who_made_them(ada: Someone, invited, pets: Pets) -> None:
    editor, name = invited("editor")
    editor.post(f"{pets.url}/capture/settings", enabled="on", budget_per_day="7")
    editor.post(f"{pets.url}/settings/name", name="animals")
    pets.teach("meow", "cat")
    pets.http.put(f"{pets.api}/capture", json={"budgetPerDay": 8})
    found = pets.http.get("/v1/audit", params={"functionId": pets.id}).json()
    assert [entry["action"] for entry in found][:4] == [
        "PutCapture", "Label", "RenameFunction", "CaptureSettings"
    ]  # fmt: skip
    assert [entry["by"] for entry in found][2:4] == [name, name]
    assert found[3]["facts"]["budgetPerDay"] == 7
    table = csv.DictReader(io.StringIO(ada.get(f"/audit/file?function={pets.id}").text))
    assert [line["action"] for line in table] == [entry["action"] for entry in found]
    page = ada.get(f"/audit?by={name}").text
    assert "Rename function" in page
    assert "animals" in page


def test_what_was_refused_or_changed_nothing_is_not_written_down(invited, pets: Pets) -> None:
    viewer, name = invited("viewer")
    viewer.post(f"{pets.url}/labels", names="bird")
    pets.http.post(f"{pets.api}/capture/preview", json={"budgetPerDay": 5})
    pets.http.post(f"{pets.api}/invoke", json={"data": "meow"})
    assert pets.http.get("/v1/audit", params={"by": name}).json() == []
    actions = [e["action"] for e in pets.http.get("/v1/audit", params={"functionId": pets.id}).json()]
    assert set(actions) <= {"PostFunction", "PostLabel"}


def test_the_log_keeps_what_a_setting_knows_and_no_secret(pets: Pets) -> None:
    planted = {"name": "bird", "request": 1, "functionId": [2], "other": "\u0000"}
    assert pets.http.post(f"{pets.api}/labels", json=planted).status_code == 200
    hook = {"url": "https://example.com/noria", "secret": "whsec_" + "c2VjcmV0" * 4}
    assert pets.http.post(f"{pets.api}/webhooks", json=hook).status_code == 200
    added, labelled = pets.http.get("/v1/audit", params={"functionId": pets.id}).json()[:2]
    assert (added["action"], added["facts"]) == ("PostWebhook", {"url": hook["url"]})
    assert (labelled["action"], labelled["facts"]) == ("PostLabel", {"name": "bird"})


def test_pages_of_people_and_audit_read_well(page: Page, pets: Pets) -> None:
    page.goto("/functions")
    page.get_by_role("link", name="People").click()
    page.get_by_label("Name", exact=True).fill("Grace of the pages")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_role("status")).to_contain_text("/sign-in/")
    expect(page.get_by_role("heading", name="Grace of the pages")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("link", name="Audit log").click()
    expect(page.get_by_role("region", name="Entries")).to_contain_text("Grace of the pages")
    assert findings(page) == []
