from threading import Event
from typing import Any

from noria.demo.data import DemoRow
from noria.demo.stream import send
from tests.demo.conftest import Listener

ROWS = tuple(DemoRow(text, "x") for text in ("one", "two", "three"))


def test_rows_are_sent_in_order_to_the_invoke_route(listener: Listener) -> None:
    assert send(listener.url, "function_1", "t", ROWS, per_second=1000, stop=Event()) == 3
    assert listener.calls == [("POST", "/v1/functions/function_1/invoke", {"data": row.data}) for row in ROWS]
    assert listener.tokens == {"Bearer t"}


def test_one_connection_is_kept(listener: Listener) -> None:
    send(listener.url, "function_1", "t", ROWS, per_second=1000, stop=Event())
    assert len(listener.connections) == 1


def test_an_overloaded_server_gets_the_same_row_again(listener: Listener) -> None:
    statuses = iter((503, 429, 200, 200, 200))
    listener.answer = lambda *_: (next(statuses), {})
    assert send(listener.url, "function_1", "t", ROWS, per_second=1000, stop=Event()) == 3
    assert [body["data"] for _, _, body in listener.calls] == ["one", "one", "one", "two", "three"]


def test_a_function_whose_first_version_is_on_its_way_is_waited_for(listener: Listener) -> None:
    answers = iter([(400, {"code": "not_trained"}), (200, {}), (200, {}), (200, {})])
    listener.answer = lambda *_: next(answers)
    assert send(listener.url, "function_1", "t", ROWS, per_second=1000, stop=Event()) == 3


def test_any_other_refusal_ends_the_stream(listener: Listener) -> None:
    listener.answer = lambda *_: (400, {"code": "bad_input"})
    assert send(listener.url, "function_1", "t", ROWS, per_second=1000, stop=Event()) == 0


def test_a_picture_goes_as_a_data_uri(listener: Listener) -> None:
    send(listener.url, "function_1", "t", [DemoRow(b"jpeg", "x")], per_second=1000, stop=Event())
    assert listener.calls[0][2] == {"data": "data:image/jpeg;base64,anBlZw=="}


def test_an_absent_server_is_waited_for_until_stopped(loopback_address: str) -> None:
    stop, asked = Event(), 0

    def token() -> str:
        nonlocal asked
        asked += 1
        if asked == 2:
            stop.set()
        return "t"

    assert send(f"http://{loopback_address}:5000", "function_1", token, ROWS, 1000, stop) == 0
    assert asked == 2


def test_a_deleted_function_ends_the_stream(listener: Listener) -> None:
    listener.answer = lambda *_: (404, {"message": "gone"})
    assert send(listener.url, "function_1", "t", ROWS, per_second=1000, stop=Event()) == 0
    assert len(listener.calls) == 1


def test_stopping_ends_the_stream(listener: Listener) -> None:
    stop = Event()

    def answer(*_: Any) -> tuple[int, Any]:
        stop.set()
        return 200, {}

    listener.answer = answer
    assert send(listener.url, "function_1", "t", ROWS, per_second=0.001, stop=stop) == 1
