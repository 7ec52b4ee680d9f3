"""A kept-alive connection of a demo's thread, patient with a server that restarts."""

import logging
from collections.abc import Callable, Generator
from threading import Event
from types import TracebackType
from typing import Any, Self

import httpx

from noria.errors import NoriaError, NotTrained

log = logging.getLogger(__name__)

RETRY_AFTER_S = 0.5

Token = str | Callable[[], str]


class Refused(NoriaError):
    """The server will not have this request, and trying again is no use."""

    code = "refused"


class _Bearer(httpx.Auth):
    def __init__(self, token: Token) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._token if isinstance(self._token, str) else self._token()
        request.headers["Authorization"] = f"Bearer {token}"
        yield request


class Connection:
    """Requests to one server until they are answered, or until `stop` is set.

    token: the bearer token, or a function that gives a valid one and is asked before each request.
    """

    def __init__(self, base_url: str, token: Token, stop: Event) -> None:
        # The environment's proxies are for the world outside, not for the server next door.
        self._http = httpx.Client(base_url=base_url, auth=_Bearer(token), timeout=30, trust_env=False)
        self._stop = stop

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def call(self, method: str, path: str, **content: Any) -> Any:
        """The answer's JSON; None when stopped meanwhile. Raises Refused for an answer that will not change."""
        answer = self._answer(method, path, **content)
        if answer is None:
            return None
        return answer.json() if answer.content else {}

    def file(self, address: str) -> bytes | None:
        """The file at an address that the server gave; None when stopped meanwhile. Raises Refused."""
        answer = self._answer("GET", address)
        return None if answer is None else answer.content

    def _answer(self, method: str, path: str, **content: Any) -> httpx.Response | None:
        while not self._stop.is_set():
            try:
                answer = self._http.request(method, path, **content)
            except httpx.TransportError as failure:
                log.debug("%s %s: %s", method, path, failure)
            else:
                if answer.is_success:
                    return answer
                if not _may_change(answer):
                    raise Refused(
                        request=f"{method} {path}", status=answer.status_code, answer=answer.text[:200]
                    )
            self._stop.wait(RETRY_AFTER_S)
        return None


def _may_change(answer: httpx.Response) -> bool:
    """Whether waiting helps: the server has too much to do, or the function's first version is on its way."""
    if answer.status_code == 429 or answer.status_code >= 500:
        return True
    return answer.status_code == 400 and answer.json().get("code") == NotTrained.code
