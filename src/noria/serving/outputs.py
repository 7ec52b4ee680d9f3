"""What a function is for decides what it can be asked."""

from noria.errors import NotASearch, OnlySearches
from noria.records.function import Function


def must_classify(function: Function) -> None:
    """Raises OnlySearches."""
    if function.searches:
        raise OnlySearches


def must_search(function: Function) -> None:
    """Raises NotASearch."""
    if not function.searches:
        raise NotASearch
