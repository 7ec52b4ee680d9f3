"""A function's samples as records, for a file."""

from collections.abc import Callable, Iterator

from noria.formats import Outline, Record
from noria.records.function import Modality
from noria.records.sample import Sample
from noria.storage import SampleFilter, Storage

_PAGE = 500  # samples; files of images are read one by one


def outline_of(storage: Storage, function_id: str) -> Outline:
    """Raises FunctionNotFound."""
    function = storage.functions.get(function_id)
    with_metadata, with_sample_sets = storage.samples.extras(function_id)
    names = tuple(label.name for label in storage.labels.all(function_id))
    return Outline(
        of_images=function.input is Modality.IMAGE, labels=names,
        with_metadata=with_metadata, with_sample_sets=with_sample_sets,
    )  # fmt: skip


def records_of(storage: Storage, function_id: str, seen: Callable[[int], None]) -> Iterator[Record]:
    """Oldest first, but for captured ones that nobody has looked at. Raises FunctionNotFound, FileLost.

    seen: told of how many there were so far; may raise to end it.
    """
    names = {label.id: label.name for label in storage.labels.all(function_id)}
    cursor: str | None = None
    done = 0
    while True:
        page = storage.samples.list(function_id, SampleFilter(ascending=True), _PAGE, cursor)
        if any(s.annotation and s.annotation.label_id not in names for s in page.samples):
            names = {label.id: label.name for label in storage.labels.all(function_id)}
        for sample in page.samples:
            yield _record(storage, sample, names)
            done += 1
            seen(done)
        cursor = page.next_cursor
        if cursor is None:
            return


def _record(storage: Storage, sample: Sample, names: dict[str, str]) -> Record:
    data: str | bytes = sample.data
    if sample.media_type is not None:
        data = storage.blobs.get(sample.function_id, sample.id)
    label = names.get(sample.annotation.label_id) if sample.annotation else None
    return Record(
        data, label, sample.external_id, sample.metadata or None, sample.sample_sets, sample.media_type
    )
