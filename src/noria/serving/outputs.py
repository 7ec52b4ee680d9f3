"""What a function is for decides what it can be asked."""

from noria.errors import GivesOneLabel, GivesTags, NotASearch, OnlySearches
from noria.records.function import Function


def must_have_labels(function: Function) -> None:
    """Raises OnlySearches."""
    if function.searches:
        raise OnlySearches


def must_classify(function: Function) -> None:
    """Raises OnlySearches, GivesTags."""
    must_have_labels(function)
    if function.tags:
        raise GivesTags


def must_give_tags(function: Function) -> None:
    """Raises OnlySearches, GivesOneLabel."""
    must_have_labels(function)
    if not function.tags:
        raise GivesOneLabel


def must_search(function: Function) -> None:
    """Raises NotASearch."""
    if not function.searches:
        raise NotASearch
