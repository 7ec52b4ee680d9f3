"""Two server processes on one database, as behind a load balancer; on one host, or on two that share no folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
from running_server import RunningServer

CATS = ["meow purr whiskers", "kitten meow milk", "purring cat on a sofa", "whiskers and paws meow"]
DOGS = ["woof bark fetch", "puppy barks loud", "dog fetches a stick", "bark bark woof"]


@dataclass
class Pair:
    one: RunningServer
    other: RunningServer
    here: httpx.Client
    there: httpx.Client

    @classmethod
    def start(cls, new_address: Callable[[], str], data: Path, environment: dict[str, str]) -> "Pair":
        apart = "NORIA_DATABASE" in environment and "NORIA_BLOBS" in environment
        folders = (data / "one", data / "other") if apart else (data, data)
        one = RunningServer(new_address(), folders[0], environment).start()
        other = RunningServer(new_address(), folders[1], environment, client_secret=one.client_secret).start()
        return cls(one, other, one.http(), other.http())

    def stop(self) -> None:
        for client, server in ((self.here, self.one), (self.there, self.other)):
            client.close()
            server.stop()


@dataclass
class Pets:
    """A function of the labels cat and dog that both servers know."""

    pair: Pair
    id: str
    labels: dict[str, str]

    @classmethod
    def new(cls, pair: Pair) -> "Pets":
        body = {"name": "pets", "input": "Text", "output": "Classification"}
        id = pair.here.post("/v1/functions", json=body).json()["id"]
        labels = {}
        for name in ("cat", "dog", "fish"):
            labels[name] = pair.here.post(f"/v1/functions/{id}/labels", json={"name": name}).json()["id"]
        return cls(pair, id, labels)

    @property
    def path(self) -> str:
        return f"/v1/functions/{self.id}"

    def teach(self, http: httpx.Client, text: str, label: str) -> None:
        body = {"data": text, "annotation": {"labelName": label}}
        assert http.post(f"{self.path}/samples", json=body).status_code == 200

    def taught(self) -> "Pets":
        """Four samples of each label, every second one through the other server."""
        for label, texts in (("cat", CATS), ("dog", DOGS)):
            for number, text in enumerate(texts):
                self.teach(self.pair.there if number % 2 else self.pair.here, text, label)
        return self

    def ask(self, http: httpx.Client, text: str, **query: object) -> dict[str, object]:
        answer = http.post(f"{self.path}/invoke", json={"data": text}, params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def models(self) -> list[dict[str, object]]:
        return list(self.pair.here.get(f"{self.path}/models").json())

    def busy(self) -> bool:
        return bool(self.pair.here.get(f"/v0.9/functions/{self.id}/metrics").json()["isTraining"])
