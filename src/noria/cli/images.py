"""Images of a folder or a ZIP archive, with a folder for each label, on their way to a server."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx

from noria.errors import BadInput
from noria.serving.archive import Archive, Picture

_AT_ONCE = 8  # requests on their way, and images in memory

Source = tuple[str, str | None, Callable[[], bytes]]
"""Name, label, and how to read it."""


def is_of_images(path: Path) -> bool:
    return path.is_dir() or path.suffix.lower() == ".zip"


def read_images(path: Path) -> list[Source]:
    """Every file below the folder or in the archive. Raises BadInput."""
    if path.is_dir():
        files = sorted(f for f in path.rglob("*") if f.is_file() and not _hidden(f.relative_to(path)))
        if not files:
            raise BadInput(f"There is no file in {path}. Name a folder with a folder for each label.")
        return [
            (str(f.relative_to(path)), f.parent.name if f.parent != path else None, f.read_bytes)
            for f in files
        ]
    archive = Archive(path.open("rb"))
    return [(picture.name, picture.label, _reader(archive, picture)) for picture in archive]


def send_images(
    server: httpx.Client, function: str, images: list[Source]
) -> Iterator[tuple[str, httpx.Response | BadInput]]:
    """Each image's name with what the server answered, or why it could not be read."""

    def send(image: Source) -> tuple[str, httpx.Response | BadInput]:
        name, label, read = image
        try:
            content = read()
        except BadInput as problem:
            return name, problem
        form = {"labelName": label} if label else {}
        files = {"data": (Path(name).name, content)}
        return name, server.post(f"/v1/functions/{function}/samples", data=form, files=files)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        under_way: deque[Future[tuple[str, httpx.Response | BadInput]]] = deque()
        for image in images:
            under_way.append(pool.submit(send, image))
            if len(under_way) == 2 * _AT_ONCE:  # a slow one holds up its neighbours' report, not their way
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _reader(archive: Archive, picture: Picture) -> Callable[[], bytes]:
    return lambda: archive.read(picture)


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
