"""Files into a running server and out of it: import and export."""

import json
import os
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Literal

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from noria.cli.remote import ServerRefused, call, connected, message
from noria.errors import BadInput, NoriaError

_LOOK_S = 0.3
_CHUNK = 1_000_000  # bytes
# Of all files of a folder that is packed: the same folder is the same file.
_AT_ONE_TIME = (1980, 1, 1, 0, 0, 0)
_FORMATS = {
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet",
    ".json": "label-studio",
}  # fmt: skip
_UNDER_WAY = ("checking", "running")


class TransferFailed(NoriaError):
    """The import or export could not be finished."""

    code = "transfer_failed"


def import_(
    function: str, file: Path, *, text: str | None = None, label: str | None = None, external_id: str | None = None,
    format: str | None = None, encoding: str | None = None, new_labels: Literal["create", "refuse"] = "create",
    field: list[str] | None = None, leave_out: list[str] | None = None,
    unknown: Literal["refuse", "add", "leave-out"] = "refuse", new_fields: Literal["create", "refuse"] = "create",
    tag: list[str] | None = None,
    url: str | None = None, data: Path | None = None,
) -> None:  # fmt: skip
    """Add the samples of a file, or the images of a folder or ZIP; what is there already is not added twice.

    The file is looked through before anything is added. The import goes on when this command is ended; run it again with
    the same file to go on watching. A search function has no labels: those of the file are passed over. Of a table each
    column is a field; a function that has none yet gets them, of the types that their cells have.

    Args:
        function: Its id.
        file: CSV with a header, JSONL, Parquet, Label Studio's JSON, a Hugging Face data set as a folder or ZIP; or
            images: a folder or a ZIP with a folder for each label.
        text: The column with the text, or with the image; found by its name otherwise.
        label: The column with the label, or with the list of tags; found by its name otherwise, "" for none.
        external_id: The column with your own id of the row; external_id otherwise.
        format: csv, jsonl, parquet, images, hf or label-studio, where the file itself does not tell.
        encoding: Of the text, where it is not UTF-8 and has no mark: windows-1252.
        new_labels: create: labels that the function has not are made; refuse: nothing is added then.
        field: Of a table, the type of a column's field: zip=Text; Number, Text or Image. Repeat it for others.
        leave_out: Of a table, a column that is not taken. Repeat it for others.
        unknown: Of a table, columns that the function has no field for: refuse the file, add them as fields, or leave-out.
        new_fields: create: fields that are new are made; refuse: nothing is added then.
        tag: For a tags function, a column that is one tag: 1 present, 0 absent, empty no opinion. Repeat it for others.
        url: The server; http://localhost:5000 unless NORIA_HOST and NORIA_PORT say otherwise.
        data: The server's data folder, which gives this command its right to call.
    """
    given = {"data": text, "label": label, "externalId": external_id, "format": format, "encoding": encoding}
    if types := _types(field or [], leave_out or []):
        given["fields"] = json.dumps(types, ensure_ascii=False)
    if unknown != "refuse":
        given["unknownColumns"] = "leaveOut" if unknown == "leave-out" else unknown
    if tag:
        given["tagColumns"] = json.dumps(tag, ensure_ascii=False)
    with connected(url, data) as server, bar_of() as bar:
        base = f"/v1/functions/{function}/imports"
        with _as_file(file) as (stream, name):
            query = {"name": name} | {key: value for key, value in given.items() if value is not None}
            made = _send(server, base, query, stream, bar)
        here = f"{base}/{made['id']}"
        found = (
            _followed(server, here, "looking through the file", bar) if made["state"] == "checking" else made
        )
        if found["state"] == "checked":
            found = _start(server, here, found, {"newLabels": new_labels, "newFields": new_fields}, bar)
        if found["state"] in _UNDER_WAY:
            found = _followed(server, here, "importing", bar)
    _report(found)


def export(
    function: str, file: Path, *, format: str | None = None, url: str | None = None, data: Path | None = None
) -> None:
    """Write all samples to a file, oldest first; it can be imported again as it was.

    In CSV, a cell that a spreadsheet would take for a formula gets a leading quote.

    Args:
        function: Its id.
        file: Where to write; for hf a folder, or a name that ends in .zip.
        format: csv, jsonl, parquet, images, hf or label-studio; by the name of the file otherwise.
        url: The server; http://localhost:5000 unless NORIA_HOST and NORIA_PORT say otherwise.
        data: The server's data folder, which gives this command its right to call.
    """
    with connected(url, data) as server, bar_of() as bar:
        of_images = call(server, "GET", f"/v1/functions/{function}")["input"] == "Image"
        chosen = format or _format_of(file, of_images)
        if not file.parent.is_dir():
            raise BadInput(f"There is no folder {file.parent} to write to.")
        unpack = chosen == "hf" and file.suffix.lower() != ".zip"
        if unpack and file.exists():
            raise BadInput(f"There is something called {file} already. Name a folder that is new.")
        base = f"/v1/functions/{function}/exports"
        made = call(server, "POST", base, json={"format": chosen})
        done = _followed(server, f"{base}/{made['id']}", "exporting", bar)
        if done["state"] != "done":
            raise TransferFailed(done.get("error") or "The export was stopped.")
        part = file.with_name(f"{file.name}.part")
        try:
            _receive(server, f"{base}/{made['id']}/file", part, done["size"], bar)
            _unpack(part, file) if unpack else part.replace(file)
        finally:
            part.unlink(missing_ok=True)
        call(server, "DELETE", f"{base}/{made['id']}")
    print(f"{done['position']} samples in {file}")


def _start(
    server: httpx.Client, here: str, found: dict[str, Any], consent: dict[str, str], bar: Progress
) -> Any:
    """Tell what is to come, and let it begin."""
    if "error" in found:
        call(server, "DELETE", here)
        undecided = any(each["use"] == "unknown" for each in found.get("fields", ()))
        how = " Say it with --leave-out, --field or --unknown." if undecided else ""
        raise BadInput(f"{found['name']}: {found['error']}{how}")
    columns = ", ".join(f"{part} from “{column}”" for part, column in found["columns"].items() if column)
    if tags := found.get("tagColumns"):
        columns += f"{', ' if columns else ''}a tag from each of {', '.join(tags)}"
    bar.console.print(
        f"{found['name']}: {_number(found['total'], 'row')}" + (f", {columns}" if columns else ""),
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip
    if new := found["newLabels"]:
        more = f" and {len(new) - 20:,} more" if len(new) > 20 else ""
        names = ", ".join(new[:20])
        bar.console.print(
            f"{len(new)} new label{'' if len(new) == 1 else 's'}: {names}{more}",
            markup=False,
            highlight=False,
        )
    for line in _of_fields(found):
        bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
    try:
        return call(server, "POST", f"{here}/start", json=consent)
    except ServerRefused:
        call(server, "DELETE", here)
        raise


def _of_fields(found: dict[str, Any]) -> Iterator[str]:
    """What becomes of a table's columns."""
    columns = found.get("fields", ())
    if new := [each for each in columns if each["use"] == "new"]:
        names = ", ".join(f"{each['column'].strip()} ({each['type']})" for each in new)
        yield f"{_number(len(new), 'new field')}: {names}"
    if out := [each["column"] for each in columns if each["use"] == "leftOut"]:
        yield f"Left out: {', '.join(out)}"
    if missing := found.get("missingFields"):
        yield f"Missing in the file: {', '.join(missing)}"


def _types(fields: list[str], leave_out: list[str]) -> dict[str, str]:
    """Types by column, "" for those to leave out. Raises BadInput."""
    types = {}
    for each in fields:
        column, equals, type = each.rpartition("=")
        if not equals:
            raise BadInput(f"--field {each} names no type. Write it as {each}=Text.")
        types[column] = type
    return types | dict.fromkeys(leave_out, "")


def _report(done: dict[str, Any]) -> None:
    """Raises TransferFailed for an import that did not come to its end."""
    print(f"{done['added']} added, {done['duplicates']} were there already, {done['refused']} refused")
    if done["relabelled"]:
        print(f"{done['relabelled']} of those there already got the file's label or tags")
    for problem in done["problems"]:
        print(problem, file=sys.stderr)
    if (more := done["refused"] - len(done["problems"])) > 0:
        print(f"… and {more:,} more", file=sys.stderr)
    if done["state"] != "done":
        raise TransferFailed(
            f"{done.get('error') or 'The import was stopped.'} {done['position']} of {done.get('total')} rows were done."
        )


def _send(server: httpx.Client, base: str, query: dict[str, str], stream: IO[bytes], bar: Progress) -> Any:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    task = bar.add_task("sending", total=size)

    def chunks() -> Iterator[bytes]:
        while chunk := stream.read(_CHUNK):
            yield chunk
            bar.advance(task, len(chunk))

    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
    made = call(server, "POST", base, params=query, content=chunks(), headers=headers)
    bar.remove_task(task)
    return made


def _followed(server: httpx.Client, here: str, words: str, bar: Progress) -> Any:
    """What it is once it is no longer under way."""
    task = bar.add_task(words, total=None)
    try:
        while (now := call(server, "GET", here))["state"] in _UNDER_WAY:
            _show(bar, task, now)
            time.sleep(_LOOK_S)
        _show(bar, task, now)
    except httpx.TransportError:
        raise TransferFailed(
            "The server can't be reached any more. What was begun goes on when it is back; run this again."
        ) from None
    bar.remove_task(task)
    return now


def _number(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _show(bar: Progress, task: TaskID, now: dict[str, Any]) -> None:
    bar.update(task, completed=now["position"], total=now.get("total"))


def _receive(server: httpx.Client, path: str, file: Path, size: int, bar: Progress) -> None:
    task = bar.add_task("receiving", total=size)
    with server.stream("GET", path) as answer, file.open("wb") as out:
        if answer.status_code != 200:
            answer.read()
            raise ServerRefused(message(answer))
        for chunk in answer.iter_bytes(_CHUNK):
            out.write(chunk)
            bar.advance(task, len(chunk))
    bar.remove_task(task)


def _unpack(archive: Path, folder: Path) -> None:
    """A data set as a folder, which appears when it is whole."""
    unfinished = folder.with_name(f"{folder.name}.unpacking")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(unfinished)  # which keeps to the folder, whatever the names
    unfinished.rename(folder)


def _format_of(file: Path, of_images: bool) -> str:
    ending = file.suffix.lower()
    if ending == ".zip":
        return "images" if of_images else "hf"
    if ending not in _FORMATS:
        raise BadInput(f"The name {file.name} tells no format. Say it with --format.")
    return _FORMATS[ending]


@contextmanager
def _as_file(path: Path) -> Iterator[tuple[IO[bytes], str]]:
    """The file, or the folder packed into one. Raises BadInput."""
    if path.is_dir():
        with TemporaryFile() as stream:
            _pack(path, stream)
            yield stream, f"{path.resolve().name}.zip"
        return
    if not path.is_file():
        raise BadInput(f"There is no file {path}.")
    with path.open("rb") as stream:
        yield stream, path.name


def _pack(folder: Path, stream: IO[bytes]) -> None:
    files = sorted(f for f in folder.rglob("*") if f.is_file() and not _hidden(f.relative_to(folder)))
    if not files:
        raise BadInput(f"There is no file in {folder}. Name a folder with a folder for each label.")
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _AT_ONE_TIME)
            with file.open("rb") as content, archive.open(entry, "w", force_zip64=True) as out:
                while chunk := content.read(_CHUNK):
                    out.write(chunk)


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def bar_of() -> Progress:
    """On a terminal; elsewhere it says nothing by itself."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
