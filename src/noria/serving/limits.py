"""What is taken from callers and how much of it: each check gives back the clean value or says what to mend."""

import re
from collections.abc import Mapping

from noria.errors import BadInput, TooLarge

MAX_TEXT = 100_000  # characters of a sample; encoders read the first few hundred words
MAX_NAME = 200  # characters of a function's, label's or project's name
MAX_DESCRIPTION = 10_000  # characters of a label's description
MAX_NOTE = 1000  # characters of a note on a sample
MAX_LABELS = 1000  # of one function
MAX_FIELDS = 256  # of one table function, deleted ones among them …
MAX_TEXT_FIELDS = 100  # … and so many of them texts
MAX_BUDGET = 10_000_000  # captures a day
MAX_EXTERNAL_ID = 500  # characters
MAX_INPUTS = 1000  # of one request
MAX_METADATA = 50  # entries
MAX_METADATA_KEY = 200  # characters
MAX_METADATA_VALUE = 1000  # characters
MAX_SAMPLE_SETS = 50  # of one sample
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SET_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


def checked_text(data: object) -> str:
    """The text in a request's `data`. Raises BadInput, TooLarge."""
    if data is None:
        raise BadInput("There is no text. Send it as a JSON string under the name data.")
    if not isinstance(data, str):
        raise BadInput(f"data must be a JSON string for a text function, not {json_kind(data)}.")
    if not data.strip():
        raise BadInput("The text is empty. Send at least one word under the name data.")
    return storable(data, "The text", MAX_TEXT)


def checked_name(name: object, what: str) -> str:
    """A name without blanks around it. Raises BadInput, TooLarge."""
    if not isinstance(name, str) or not name.strip():
        raise BadInput(f"A {what} needs a name. Send one that is not empty.")
    stripped = storable(name.strip(), f"The {what}'s name", MAX_NAME)
    if _CONTROL.search(stripped):
        raise BadInput(f"A {what}'s name can't hold control characters. Remove them.")
    return stripped


def checked_description(description: object) -> str | None:
    """Raises BadInput, TooLarge."""
    if description is None:
        return None
    if not isinstance(description, str):
        raise BadInput("description must be a string. Leave it out if there is none.")
    return storable(description, "The description", MAX_DESCRIPTION)


def checked_note(note: str) -> str | None:
    """None where nothing is said. Raises BadInput, TooLarge."""
    return storable(note.strip(), "The note", MAX_NOTE) or None


def checked_metadata(metadata: object) -> dict[str, str] | None:
    """Raises BadInput for anything but a small object of strings, TooLarge."""
    if metadata is None:
        return None
    if not isinstance(metadata, Mapping):
        raise BadInput("metadata must be an object of strings.")
    if len(metadata) > MAX_METADATA:
        raise TooLarge(f"metadata has {len(metadata)} entries; at most {MAX_METADATA} are taken.")
    if not all(isinstance(part, str) for entry in metadata.items() for part in entry):
        raise BadInput("Each value in metadata must be a string. Put numbers in quotes.")
    for key, value in metadata.items():
        storable(key, "A name in metadata", MAX_METADATA_KEY)
        storable(value, "A value in metadata", MAX_METADATA_VALUE)
    return dict(metadata)


def checked_external_id(external_id: object) -> str | None:
    """None for an empty one too. Raises BadInput, TooLarge."""
    if external_id is None or external_id == "":
        return None
    if not isinstance(external_id, str):
        raise BadInput("externalId must be a string.")
    return storable(external_id, "externalId", MAX_EXTERNAL_ID)


def checked_sample_set(id: object) -> str:
    """Raises BadInput for anything but a short id."""
    if not isinstance(id, str) or not _SET_ID.fullmatch(id.strip()):
        raise BadInput(
            "A sampleSetId is up to 100 letters, digits, - and _. Send another.", given=str(id)[:100]
        )
    return id


def storable(text: str, what: str, limit: int) -> str:
    """The text, if a database can hold it. Raises BadInput, TooLarge."""
    if len(text) > limit:
        raise TooLarge(f"{what} has {len(text):,} characters; at most {limit:,} are taken. Shorten it.")
    if "\x00" in text:
        raise BadInput(f"{what} holds a NUL character. Remove it and send it again.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadInput(f"{what} holds half of a surrogate pair. Send it as proper UTF-8.") from None
    return text


def json_kind(value: object) -> str:
    """What a value is called in a message."""
    kinds = {
        bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list",
        dict: "an object", bytes: "a file", type(None): "nothing",
    }  # fmt: skip
    return kinds.get(type(value), type(value).__name__)
