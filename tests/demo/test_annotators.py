from threading import Event
from typing import Any

from noria.demo.annotators import annotate
from tests.demo.conftest import Listener

TRUE_LABELS = {"my card was refused": "Declined card payment", "where is my cash": "Pending cash withdrawal"}


class Queue:
    """The capture queue of one function; sets `stop` when nothing in it can be labelled any more."""

    def __init__(self, items: dict[str, str], refused: tuple[str, ...] = ()) -> None:
        self.items, self.refused, self.stop = dict(items), refused, Event()
        self.given: dict[str, str] = {}

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if method == "GET":
            assert path.startswith("/v1/functions/function_1/capture/queue?count=")
            if not set(self.items.values()) & set(TRUE_LABELS):
                self.stop.set()
            return 200, {
                "items": [{"sampleId": id, "data": text, "count": 1} for id, text in self.items.items()]
            }
        sample = path.removeprefix("/v1/functions/function_1/samples/").removesuffix("/annotation")
        self.items.pop(sample)
        if sample in self.refused:
            return 404, {"message": "somebody deleted it"}
        self.given[sample] = body["labelName"]
        return 200, {}


def run(listener: Listener, queue: Queue) -> int:
    listener.answer = queue.answer
    return annotate(listener.url, "function_1", "t", TRUE_LABELS, per_minute=1e6, stop=queue.stop)


def test_items_get_their_true_labels(listener: Listener) -> None:
    queue = Queue({"sample_1": "my card was refused", "sample_2": "where is my cash"})
    assert run(listener, queue) == 2
    assert queue.given == {"sample_1": "Declined card payment", "sample_2": "Pending cash withdrawal"}


def test_texts_of_other_callers_are_left_alone(listener: Listener) -> None:
    queue = Queue({"sample_1": "hello", "sample_2": "where is my cash"})
    run(listener, queue)
    assert set(queue.given) == {"sample_2"}
    assert set(queue.items) == {"sample_1"}


def test_a_refused_annotation_does_not_stop_the_others(listener: Listener) -> None:
    queue = Queue({"sample_1": "my card was refused", "sample_2": "where is my cash"}, refused=("sample_1",))
    assert run(listener, queue) == 1
    assert set(queue.given) == {"sample_2"}


def test_a_deleted_function_sends_the_annotators_home(listener: Listener) -> None:
    listener.answer = lambda *_: (404, {"message": "gone"})
    assert annotate(listener.url, "function_1", "t", TRUE_LABELS, per_minute=1e6, stop=Event()) == 0
