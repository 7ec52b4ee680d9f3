"""From which probability on each tag is answered: what is set, and what the live version suggests."""

from dataclasses import dataclass

from noria.learning.merged import MergedTagsHead
from noria.learning.tags_head import TagsHead
from noria.learning.tags_scores import DEFAULT_THRESHOLD
from noria.serving.live import LiveFunctions
from noria.serving.outputs import must_give_tags
from noria.storage import Storage


@dataclass(frozen=True, slots=True)
class TagState:
    """One tag with its threshold and its samples."""

    label_id: str
    label_name: str
    threshold: float
    suggested: float | None  # best F1 out of fold; None while the live version doesn't know the tag
    present: int  # annotated samples with the tag
    absent: int  # … and those of which somebody said that they don't have it


def tag_states(storage: Storage, live: LiveFunctions, function_id: str) -> list[TagState]:
    """In the order of the labels' creation. Raises FunctionNotFound, OnlySearches, GivesOneLabel."""
    function = live.peek(function_id) or live.refresh(function_id)
    must_give_tags(function.function)
    head = function.model.head
    suggested: dict[str, float] = {}
    if isinstance(head, TagsHead | MergedTagsHead):
        suggested = {id: round(float(t), 4) for id, t in zip(head.label_ids, head.suggested, strict=True)}
    counts, thresholds = storage.tags.counts(function_id), storage.tags.thresholds(function_id)
    return [
        TagState(
            label.id,
            label.name,
            thresholds.get(label.id, DEFAULT_THRESHOLD),
            suggested.get(label.id),
            counts[label.id].present,
            counts[label.id].absent,
        )
        for label in storage.labels.all(function_id)
        if label.id in counts  # else it was made between the two reads
    ]
