"""`noria bulk-invoke`: a file answered without a server."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from noria.cli.progress import progress
from noria.cli.serve import check_data_folder
from noria.encoders import EncoderSet
from noria.errors import BadInput, VersionNotFound
from noria.formats import arrow, widened
from noria.records.field import FieldType
from noria.records.function import Modality
from noria.records.ids import canonical
from noria.serving.bulk_invoking import (
    Answering,
    Carrier,
    Folder,
    InputTable,
    Parts,
    answer_all,
    dask_cluster,
    folder_of,
    followed,
    process_pool,
)  # fmt: skip
from noria.serving.bulk_invoking.answering import facts_of
from noria.serving.invoking import must_answer
from noria.serving.live import LiveFunctions
from noria.serving.outputs import must_have_labels
from noria.settings import Settings, cores
from noria.storage import Storage, open_storage
from noria.work.same_encoder import same_encoder

_ENDINGS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


def bulk_invoke(
    function: str, input: str, output: str, *, column: str | None = None, version: str | None = None,
    label_count: int | None = None, processes: int | None = None, dask: str | None = None, anew: bool = False,
    data: Path | None = None,
) -> None:  # fmt: skip
    """Answer every row of a file, with no server: nothing is captured, and no figure is touched.

    Answers are those of POST /invoke. The output has the rows and columns of the input, in their order, and beside them
    label, confidence, version and error; for a tags function labels and confidences, which are lists. A row that can't be
    read says why under error; the exit status is 0 all the same. A run that was ended goes on where it was when the same
    command is given again.

    Args:
        function: Its id.
        input: CSV with a header, JSONL or Parquet: a path, or an address such as s3://bucket/in.parquet.
        output: The file to write: .csv, .jsonl or .parquet by its ending; a path or an address.
        column: The column with the text, or with the image: bytes, a data URI, or a path that begins where the input lies.
            Found by its name otherwise. Of a table function, each column that is called like a field is that field.
        version: The version to ask, by its number or id; the live one otherwise.
        label_count: Add label_confidences, a list of so many labels with their confidences, the likeliest first.
        processes: How many work at once, each with an encoder of its own; one for each core that it may use otherwise.
        dask: Let the workers of a Dask cluster answer: the address of its scheduler, such as tcp://scheduler:8786.
        anew: Begin anew: parts of a run that was ended are removed, and the output is replaced.
        data: The data folder; ./data unless NORIA_DATA says otherwise.
    """
    if label_count is not None and label_count < 1:
        raise BadInput("--label-count is at least 1.")
    if processes is not None and processes < 1:
        raise BadInput("--processes is at least 1.")
    if processes is not None and dask is not None:
        raise BadInput(
            "--processes is for this machine. With --dask, the cluster says how many workers there are."
        )
    into, name = folder_of(output)
    format = _format_of(output, into, name, anew)
    settings = Settings.from_environment(data=data)
    check_data_folder(settings)
    place = folder_of(input)
    with (
        closing(open_storage(settings.database_url, settings.blobs_url)) as storage,
        _opened(*place, input) as (stream, facts),
    ):
        encoders = EncoderSet.of(settings).checked(same_encoder(storage))
        answering = _answering(
            storage, encoders, canonical("function", function), version, label_count, place
        )
        table = InputTable.open(stream, answering.input)
        columns = table.columns_for(answering, column)
        names = table.names_of(list(answering.columns))
        asked = {**facts_of(answering), "input": facts, "columns": repr(columns)}
        aside = f"{name}.parts"
        with Parts.held(into, aside, asked, anew) as parts:
            try:
                with (
                    _carrier(answering, settings, encoders, processes, dask) as carrier,
                    progress("answering", table.rows, "rows") as shown,
                    followed(storage, answering.function.id, answering.input, table.rows) as told,
                ):
                    answer_all(table, columns, parts, carrier, shown, told)
            except KeyboardInterrupt:
                print(
                    f"Stopped. Run the same command again to go on from {into.address(aside)}",
                    file=sys.stderr,
                )
                raise
            errors = _Errors()
            values = (
                {names[name]: value for name, value in row.items()} for row in errors.counted(parts.values())
            )
            said = {names[name]: kind for name, kind in answering.columns.items()}
            with into.draft(name, aside) as out:
                widened.write(table.reader, widened.Widened(table.own, said), values, out, format)
            parts.remove()
    print(f"{errors.rows:,} rows in {output}, answered by {_name(answering)}; {errors.count:,} with an error")
    if errors.first:
        print(f"The first error: {errors.first}", file=sys.stderr)
    renamed = [f"{name} is in {other}" for name, other in names.items() if name != other]
    if renamed:
        print(f"The file had columns of these names: {', '.join(renamed)}")


@contextmanager
def _opened(folder: Folder, name: str, address: str) -> Iterator[tuple[BinaryIO, Mapping[str, object]]]:
    """A file's content and its facts. Raises BadInput where there is none."""
    facts = folder.facts(name)
    if facts is None:
        raise BadInput(f"There is no file {address}.")
    with folder.open(name) as stream:
        yield stream, facts


class _Errors:
    """Counts rows as they go by."""

    def __init__(self) -> None:
        self.rows = self.count = 0
        self.first: str | None = None

    def counted(self, values: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for each in values:
            self.rows += 1
            if each["error"] is not None:
                self.count += 1
                self.first = self.first or each["error"]
            yield each


def _answering(
    storage: Storage,
    encoders: EncoderSet,
    function_id: str,
    model: str | None,
    label_count: int | None,
    input: tuple[Folder, str],
) -> Answering:
    """With every encoder that it takes loaded.

    Raises FunctionNotFound, VersionNotFound, OnlySearches, NotTrained, EncoderMissing, EncoderChanged.
    """
    live = LiveFunctions(storage, encoders).refresh(function_id)
    must_have_labels(live.function)
    asked = live.model
    if model is not None:
        asked = LiveFunctions(storage, encoders).version(
            function_id, _version_id(storage, function_id, model)
        )
    must_answer(asked, live.function)
    images = any(field.type is FieldType.IMAGE and not field.deleted for field in live.fields)
    if live.function.input is Modality.IMAGE or images:
        encoders[Modality.IMAGE]  # told here if it is missing or another, and not by each process
    return Answering(live.function, live.fields, asked, *input, label_count)


def _carrier(
    answering: Answering, settings: Settings, encoders: EncoderSet, processes: int | None, dask: str | None
) -> AbstractContextManager[Carrier]:
    if dask is None:
        return process_pool(answering, settings, processes or cores())
    return dask_cluster(
        dask, answering, settings, encoders.loaded(), lambda said: print(said, file=sys.stderr)
    )


def _version_id(storage: Storage, function_id: str, asked: str) -> str:
    """Of a number or an id. Raises VersionNotFound."""
    if not asked.isdecimal():
        return canonical("model", asked)
    for version in storage.versions.all(function_id):
        if version.number == int(asked):
            return version.id
    raise VersionNotFound(number=asked)


def _format_of(output: str, into: Folder, name: str, anew: bool) -> str:
    """By its ending. Raises BadInput where it can't be written."""
    try:
        format = _ENDINGS[Path(name).suffix.lower()]
    except KeyError:
        raise BadInput(f"{output} should end in .csv, .jsonl or .parquet.") from None
    if format == "parquet":
        arrow.library()  # now, and not after hours of work
    if not into.is_there():
        raise BadInput(f"There is no folder {Path(output).parent} to write to.")
    if not anew and into.facts(name) is not None:
        raise BadInput(
            f"There is something called {output} already. Name another, or replace it with --anew."
        )
    return format


def _name(answering: Answering) -> str:
    model = answering.model
    return "the labels' names, as no version is live" if model.zero_shot else f"version {model.number}"
