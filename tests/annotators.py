"""People who label at the same time, each in a session of their own, by the requests that their pages make."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from running_server import RunningServer

from noria.serving.sign_ins import SignIns
from noria.storage import open_storage

BATCH = 13  # items that a page fetches ahead
LOW = 6


@dataclass
class Annotator:
    """One person: fetches items as the page does, looks at each for a while, and labels it."""

    name: str
    server: RunningServer
    function_id: str
    look_s: float = 0.0  # at an item, on average
    url: str = ""  # where people reach the server, if that is elsewhere
    transport: httpx.BaseTransport | None = None
    given: dict[str, str] = field(default_factory=dict)  # label id by sample id
    took_s: list[float] = field(default_factory=list)  # of each answer, from its key to the server's word
    idle_s: float = 0.0  # without an item while there were some for others

    def __post_init__(self) -> None:
        url = self.url or self.server.url
        storage = open_storage(self.server.database_url)
        try:
            link = SignIns(storage, url).link(self.name)
        finally:
            storage.close()
        self.http = httpx.Client(
            base_url=url, timeout=60, trust_env=False, follow_redirects=True, transport=self.transport
        )
        page = self.http.get(link)
        token = page.text.split('name="csrf" content="')[1].split('"')[0]
        self.http.headers.update({"X-CSRFToken": token, "Accept": "application/json"})

    def work(
        self, label_of: Callable[[dict[str, Any]], str], until: threading.Event, stay: bool = False
    ) -> None:
        """Label until nothing is left for anybody, or the event is set. stay: until that alone."""
        rng, items = random.Random(self.name), []
        while not until.is_set():
            if len(items) <= LOW:
                known = {item["sampleId"] for item in items}
                fetched = (
                    self.http.get(f"{self._url}/items", params={"count": BATCH}).raise_for_status().json()
                )
                items += [
                    i
                    for i in fetched["items"]
                    if i["sampleId"] not in known and i["sampleId"] not in self.given
                ]
                if not items:
                    if not fetched["elsewhere"] and not stay:
                        return
                    pause_s = 0.5 if stay else 0.05
                    time.sleep(pause_s)
                    self.idle_s += pause_s
                    continue
            item = items.pop(0)
            time.sleep(rng.expovariate(1 / self.look_s) if self.look_s else 0)
            self._answer(item, label_of(item))

    def _answer(self, item: dict[str, Any], label_id: str) -> None:
        began = time.perf_counter()
        alike = [other["sampleId"] for other in item["alike"]]
        body = {"sampleId": item["sampleId"], "action": "label", "labelId": label_id, "alike": alike}
        self.http.post(f"{self._url}/answers", json=body).raise_for_status()
        self.took_s.append(time.perf_counter() - began)
        self.given |= dict.fromkeys([item["sampleId"], *alike], label_id)

    @property
    def _url(self) -> str:
        return f"/functions/{self.function_id}/capture"


def work_together(people: list[Annotator], label_ids: list[str], seconds: float = 600.0) -> float:
    """All at once, until nothing is left; how many seconds that took."""
    stop, began = threading.Event(), time.monotonic()
    rng = random.Random(len(people))
    threads = [
        threading.Thread(target=one.work, args=(lambda _: rng.choice(label_ids), stop), name=one.name)
        for one in people
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, seconds - (time.monotonic() - began)))
    stop.set()
    for thread in threads:
        thread.join(60)
    return time.monotonic() - began
