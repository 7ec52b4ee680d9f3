"""A trace of system calls as strace writes it: `strace -f -yy -s 20000`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

STRACE = (
    "strace",
    "-f",
    "-yy",
    "-s",
    "20000",
    "-e",
    "trace=write,writev,pwrite64,sendto,sendmsg,fsync,fdatasync",
)

_BEGUN = re.compile(r"(\d+) +(\w+)\((.*)")
_RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>")
_TARGET = re.compile(r"\d+<([^>]*(?:->[^>]*)?)")


@dataclass(frozen=True, slots=True)
class SystemCall:
    thread: int
    name: str
    target: str  # the file's path, or TCP:[…] for a connection
    content: str  # as strace escapes it
    begun: int  # line of the trace
    ended: int  # line of the trace; a call that did not end is left out

    @property
    def answers(self) -> bool:
        return self.target.startswith("TCP")

    @property
    def writes_database(self) -> bool:
        return self.name == "pwrite64" and self.target.endswith((".db", ".db-wal"))

    @property
    def syncs_database(self) -> bool:
        return self.name in {"fsync", "fdatasync"} and self.target.endswith((".db", ".db-wal"))


def read(trace: Path) -> list[SystemCall]:
    """The calls that ended, in the order in which they began."""
    calls: list[SystemCall] = []
    open_calls: dict[int, tuple[int, str, str]] = {}
    for line, text in enumerate(trace.read_text(errors="replace").splitlines()):
        if begun := _BEGUN.match(text):
            thread, name, rest = int(begun[1]), begun[2], begun[3]
            if rest.endswith("<unfinished ...>"):
                open_calls[thread] = (line, name, rest)
            else:
                calls.append(_call(thread, name, rest, line, line))
        elif (resumed := _RESUMED.match(text)) and int(resumed[1]) in open_calls:
            line_begun, name, rest = open_calls.pop(int(resumed[1]))
            calls.append(_call(int(resumed[1]), name, rest, line_begun, line))
    return sorted(calls, key=lambda call: call.begun)


def first_answer(calls: Sequence[SystemCall], word: str, after: int = -1) -> SystemCall:
    """The first thing sent to a client after that line that holds the word."""
    return next(call for call in calls if call.answers and call.begun > after and word in call.content)


def commit(
    calls: Sequence[SystemCall], words: Sequence[str], after: int, before: int
) -> tuple[SystemCall, ...]:
    """The writes of one thread from one that holds all the words to its next sync, and that sync, between two lines.

    Empty where no such writes were synced in time.
    """
    between = [call for call in calls if call.begun > after and call.ended < before]
    for i, call in enumerate(between):
        if call.writes_database and all(word in call.content for word in words):
            mine = [
                c for c in between[i:] if c.thread == call.thread and (c.writes_database or c.syncs_database)
            ]
            synced = next((n for n, c in enumerate(mine) if c.syncs_database), None)
            if synced is not None:
                return tuple(mine[: synced + 1])
    return ()


def _call(thread: int, name: str, rest: str, begun: int, ended: int) -> SystemCall:
    target = _TARGET.match(rest)
    return SystemCall(thread, name, target[1] if target else "", rest, begun, ended)
