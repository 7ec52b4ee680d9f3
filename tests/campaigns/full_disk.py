"""Storage that takes no changes for a while, under load.

python -m campaigns.full_disk ADDRESS FOLDER LEDGERS

FOLDER is on a small file system, which is filled and emptied again; what was measured is printed.
"""

import errno
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from campaigns.books import check_books
from campaigns.campaign import PATIENCE_S, Campaign
from running_server import RunningServer, wait_for

from noria.serving.sign_ins import SignIns

HELD_S = 3.0
_PIECES = (1 << 20, 4096, 1)  # bytes


def run(campaign: Campaign, code: str, shown: str, begin: Callable[[], None], end: Callable[[], None]) -> str:
    """Clients go on all the while.   code: what refused changes say; shown: words of the page Server."""
    campaign.start_clients()
    wait_for(lambda: len(campaign.acknowledged()) > 20, what="some acknowledgements")
    with campaign.storage() as storage:
        link = SignIns(storage, campaign.server.url).link()
    with campaign.server.http() as http, httpx.Client(follow_redirects=True, trust_env=False) as browser:
        browser.get(link).raise_for_status()
        begin()
        wait_for(lambda: http.get("/health").json()["storage"] == code, 30, "the word in /health")
        ready = http.get("/ready")
        assert (ready.status_code, ready.json()["ready"]) == (200, True)
        assert ready.json()["notes"]
        assert "noria_storage_writable 0.0" in http.get("/metrics").text
        wait_for(
            lambda: shown in browser.get(f"{campaign.server.url}/server").text, 10, "the word on the page"
        )
        refused = http.post(f"/v1/functions/{campaign.texts}/samples", json={"data": "x" * 20_000})
        assert (refused.status_code, refused.json().get("code")) == (503, code), refused.text
        assert "Retry-After" in refused.headers
        calls, longest_s, until = 0, 0.0, time.monotonic() + HELD_S
        while time.monotonic() < until:
            began = time.monotonic()
            answer = http.post(f"/v1/functions/{campaign.texts}/invoke", json={"data": f"purr {began}"})
            longest_s = max(longest_s, time.monotonic() - began)
            assert answer.status_code == 200, answer.text
            calls += 1
        end()
        back = time.monotonic()
        wait_for(lambda: http.get("/health").json()["storage"] == "ok", PATIENCE_S, "room")
        back_s = time.monotonic() - back
        before = len(_changes(campaign))
        wait_for(lambda: len(_changes(campaign)) > before, PATIENCE_S, "a change that is taken")
    campaign.stop_clients()
    trained_s = campaign.wait_until_trained()
    campaign.server.stop()
    held = check_books(campaign, others=calls)
    return (
        f"{code}: {held}; longest wait for a call meanwhile {longest_s:.2f} s; noticed {back_s:.1f} s after, "
        f"trained {trained_s:.1f} s after"
    )


def _changes(campaign: Campaign) -> list[object]:
    return [entry for entry in campaign.acknowledged() if entry["kind"] in ("sample", "setting", "captured")]


def fill(folder: Path) -> Path:
    """The file that takes all the room there is, to the last byte."""
    ballast = folder / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for piece in _PIECES:
            try:
                while file.write(bytes(piece)) == piece:
                    pass
            except OSError as problem:
                if problem.errno != errno.ENOSPC:
                    raise
    return ballast


def main(address: str, folder: str, ledgers: str) -> None:
    disk = Path(folder)
    campaign = Campaign.begin(RunningServer(address, disk / "data"), Path(ledgers))
    try:
        begin, end = (lambda: fill(disk)), (disk / "ballast").unlink
        print(run(campaign, "storage_full", "The disk is full", begin, end))
    finally:
        campaign.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
