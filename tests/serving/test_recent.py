"""The window over recent calls is bounded in number, size and age."""

from noria.serving.intake import text_content
from noria.serving.recent import RecentCall, RecentCalls


def call(data: str = "text", at: float = 100.0) -> RecentCall:
    return RecentCall("function", text_content(data), b"", at, "label", 0.5, None)


def test_the_oldest_call_goes_first() -> None:
    recent = RecentCalls(max_calls=2)
    for name in ("a", "b", "c"):
        recent.add(name, call())
    assert recent.get("a", since=0) is None
    assert recent.get("b", since=0) is not None
    assert recent.get("c", since=0) is not None


def test_long_texts_push_out_more_of_the_old_ones() -> None:
    recent = RecentCalls(max_bytes=10_000)
    for name in ("a", "b", "c"):
        recent.add(name, call("x" * 1000))
    recent.add("long", call("x" * 8000))
    assert [name for name in ("a", "b", "c", "long") if recent.get(name, since=0)] == ["c", "long"]


def test_a_text_larger_than_the_window_is_not_kept() -> None:
    recent = RecentCalls(max_bytes=1000)
    recent.add("long", call("x" * 2000))
    recent.add("short", call())
    assert recent.get("long", since=0) is None
    assert recent.get("short", since=0) is not None


def test_a_call_before_the_time_asked_for_is_not_given() -> None:
    recent = RecentCalls()
    recent.add("a", call(at=100.0))
    assert recent.get("a", since=100.0) is not None
    assert recent.get("a", since=100.1) is None


def test_what_is_older_than_its_function_gives_for_feedback_is_let_go() -> None:
    recent = RecentCalls()
    recent.add("old", call(at=100.0))
    recent.add("young", call(at=190.0))
    recent.forget({"function": 60.0}, now=200.0)
    assert [name for name in ("old", "young") if recent.get(name, since=0)] == ["young"]
    recent.forget({}, now=200.0)  # the function is not served here any more
    assert recent.get("young", since=0) is None
