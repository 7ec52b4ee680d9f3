from collections.abc import Mapping
from threading import Event
from typing import Any

from noria.demo.annotators import annotate
from noria.demo.data import Demo, DemoRow, row_content
from noria.records.function import Modality
from tests.demo.conftest import Listener

TRUE_LABELS = {"my card was refused": "Declined card payment", "where is my cash": "Pending cash withdrawal"}


def demo_of(true_labels: Mapping[str, str] | Mapping[bytes, str], modality: Modality) -> Demo:
    stream = tuple(DemoRow(content, label) for content, label in true_labels.items())
    return Demo((), (), stream, (), "pets", modality, 1.0, 1.0)


TEXTS = demo_of(TRUE_LABELS, Modality.TEXT)


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
    return annotate(listener.url, "function_1", "t", TEXTS, per_minute=1e6, stop=queue.stop)


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
    assert annotate(listener.url, "function_1", "t", TEXTS, per_minute=1e6, stop=Event()) == 0


def test_a_picture_is_looked_at_where_the_queue_says_it_is(listener: Listener) -> None:
    given, stop = {}, Event()

    def answer(method: str, path: str, body: Any) -> tuple[int, Any]:
        if path.startswith("/files/"):
            return (200, "glass") if path == "/files/1" else (404, {"message": "somebody deleted it"})
        if method == "PUT":
            given[path] = body["labelName"]
            stop.set()
        return 200, {
            "items": [{"sampleId": f"sample_{n}", "data": f"{listener.url}/files/{n}"} for n in (1, 2)]
        }

    listener.answer = answer
    pictures = demo_of({b'"glass"': "Glass"}, Modality.IMAGE)
    assert annotate(listener.url, "function_1", "t", pictures, per_minute=1e6, stop=stop) == 1
    assert given == {"/v1/functions/function_1/samples/sample_1/annotation": "Glass"}


def test_a_row_is_known_by_the_names_of_its_fields(listener: Listener) -> None:
    given, stop = {}, Event()

    def answer(method: str, path: str, body: Any) -> tuple[int, Any]:
        if path.endswith("/fields"):
            return 200, [{"id": "field_1", "name": "age"}, {"id": "field_2", "name": "job"}]
        if method == "PUT":
            given[path] = body["labelName"]
            stop.set()
        rows = {"sample_1": {"field_1": 41, "field_2": "clerk"}, "sample_2": {"field_1": 7}}
        return 200, {"items": [{"sampleId": id, "data": data} for id, data in rows.items()]}

    listener.answer = answer
    stream = (DemoRow(row_content({"job": "clerk", "age": 41}), "Stays"),)
    fields = (("age", "Number"), ("job", "Text"))
    rows = Demo((), (), stream, (), "churn", Modality.TABULAR, 1.0, 1.0, fields)
    assert annotate(listener.url, "function_1", "t", rows, per_minute=1e6, stop=stop) == 1
    assert given == {"/v1/functions/function_1/samples/sample_1/annotation": "Stays"}
