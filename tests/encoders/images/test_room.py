import threading

from noria.encoders.images.room import Room


def enter(room: Room, n_pixels: int, inside: list[int], leave: threading.Event) -> threading.Thread:
    def stay() -> None:
        with room.taken(n_pixels):
            inside.append(n_pixels)
            leave.wait(30)

    thread = threading.Thread(target=stay, daemon=True)
    thread.start()
    return thread


def test_those_that_fit_are_in_at_once() -> None:
    room, inside, leave = Room(10), list[int](), threading.Event()
    threads = [enter(room, 5, inside, leave) for _ in range(2)]
    while len(inside) < 2:  # or the test's own time limit says so
        pass
    leave.set()
    for thread in threads:
        thread.join(30)
    assert inside == [5, 5]


def test_one_too_many_waits_until_another_is_done() -> None:
    room, inside, leave, done = Room(10), list[int](), threading.Event(), threading.Event()
    with room.taken(6):
        waiting = enter(room, 5, inside, leave)
        waiting.join(0.2)
        assert inside == []
    leave.set()
    waiting.join(30)
    assert inside == [5]
    assert not done.is_set()


def test_room_comes_back_after_an_error() -> None:
    room = Room(10)
    for _ in range(3):
        try:
            with room.taken(10):
                raise ValueError
        except ValueError:
            pass
    with room.taken(10):
        pass
