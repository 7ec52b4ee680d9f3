"""Why an object store can't be used, in words that say what to do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from noria.errors import FilesUnusable

_CREDENTIALS = {  # by scheme: what they are given in
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_SERVICE_ACCOUNT, the path of a key file",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
_ENDPOINT = {"s3": "AWS_ENDPOINT_URL and AWS_REGION", "az": "AZURE_STORAGE_ENDPOINT"}
_NOBODY = (
    "169.254.169.254",
    "must be specified",
    "MissingAccount",
)  # it looks for those of a machine in a cloud
_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound", "bucket does not exist")
_QUERY = re.compile(r"\?[^\s)]*")
_ANSWER = re.compile(r"<Code>(.*?)</Code>(?:.*?<Message>(.*?)</Message>)?", re.DOTALL)
_SAID = 300  # characters of what a store said


class Odd(BaseError):
    """A store that does something else than it was asked for."""


@contextmanager
def in_words(address: str, named_by: str = "NORIA_BLOBS") -> Iterator[None]:
    """Raises FilesUnusable. named_by: what the address was given in."""
    try:
        yield
    except (BaseError, OSError, ValueError) as problem:
        raise FilesUnusable(
            f"The store of files {address} can't be used ({said(problem)}). {_advice(address, problem, named_by)}"
        ) from None


def names_no_bucket(problem: Exception) -> bool:
    return any(words in str(problem) for words in _NO_BUCKET)


def said(problem: Exception) -> str:
    """What it says of itself, without what may be secret in the address that was asked.

    >>> said(ValueError("Error performing PUT https://a.b/c?sig=secret in 2ms - HTTP error: sending\\n\\nDebug source: …"))
    'Error performing PUT https://a.b/c in 2ms - HTTP error: sending'
    """
    words = str(problem).split("Debug source", 1)[0].strip()
    if answer := _ANSWER.search(words):
        words = ": ".join(filter(None, answer.groups()))
    return " ".join(_QUERY.sub("", words).split()).rstrip(".")[:_SAID]


def _advice(address: str, problem: Exception, named_by: str) -> str:
    parts = urlsplit(address)
    credentials = _CREDENTIALS.get(parts.scheme, "its variables")
    if isinstance(problem, Odd):
        return "Take another store."
    if any(words in str(problem) for words in _NOBODY):
        return f"There are no credentials for it. Give them in {credentials}."
    if isinstance(problem, PermissionDeniedError | UnauthenticatedError):
        return f"Are {credentials} right, and may they write, read, list and delete in {parts.netloc}?"
    if isinstance(problem, FileNotFoundError):
        return f"Make {parts.netloc} there, or correct {named_by}."
    where = _ENDPOINT.get(parts.scheme)
    return f"Is there a network, and is {named_by} right?" + (f" So are {where}?" if where else "")
