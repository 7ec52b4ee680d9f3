"""Server: is everything running, and what is it working on; both renewed while one looks."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, get

from noria import __version__
from noria.encoders import identity
from noria.errors import StorageFull, StorageReadOnly
from noria.records.client import Scope
from noria.records.function import Modality
from noria.server.dashboard import pages
from noria.server.dashboard.languages import Later, t
from noria.server.dashboard.services import names_of, services
from noria.server.dashboard.words import plural, size
from noria.server.prefix import at
from noria.serving.auth import Caller
from noria.storage import OUTAGES, Job, StoredEncoder

if TYPE_CHECKING:
    from noria.app import Noria

_JOBS = 50
_SCARCE = 1_000_000_000  # bytes free, below which the disk is about to be full
_BEHIND = 1000  # captures that wait for the database

WORDS = {
    "training": Later("Training"),
    "import": Later("Import"),
    "export": Later("Export"),
    "delete": Later("Deleting samples"),
    "deleteLabel": Later("Deleting a label and its samples"),
    "relabel": Later("Relabelling samples"),
    "copy": Later("Copying a function"),
    "move": Later("Moving samples"),
    "re-embedding": Later("Re-embedding with another encoder"),
    "bulk-invoke": Later("Answering the rows"),
}
_ENCODERS = {
    Modality.TEXT: Later("Text encoder"),
    Modality.IMAGE: Later("Image encoder"),
    Modality.TABULAR: Later("Table encoder"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that has to run, and what to do where it does not."""

    name: str
    words: str
    trouble: str = ""


@get("/server", opt={"scope": Scope.VIEW, "anywhere": True}, sync_to_thread=True)
def server(request: Request[Any, Any, Any]) -> Response[Any]:
    noria, caller = services(request), request.scope["state"]["caller"]
    try:
        parts = (_jobs(noria, caller), WORDS, facts(noria, caller))
    except OUTAGES:  # this page says so
        parts = ([], WORDS, [_database(noria), _writer(noria)])
    if pages.wants_json(request):
        return Response({"html": pages.macro("server.html", "now", *parts)})
    return pages.page(request, "server_page.html", parts=parts)


def _jobs(noria: "Noria", caller: Caller) -> list[tuple[Job, str, str]]:
    """With the names of their functions, and where they are seen; of the whole installation's, an empty name."""
    jobs = [
        job
        for job in noria.storage.jobs.latest(_JOBS)
        if job.function_id is None or caller.may(Scope.VIEW, job.function_id)
    ]
    names = names_of(noria, {job.function_id for job in jobs if job.function_id}) | {"": ""}
    return [
        (job, names[job.function_id or ""], job_address(job))
        for job in jobs
        if (job.function_id or "") in names
    ]


def facts(noria: "Noria", caller: Caller) -> list[Fact]:
    """What runs, for whoever looks; the places of data for admins."""
    found = [Fact("Noria", t("version {version}", version=__version__)), _worker(noria), _writer(noria)]
    found += [
        Fact(t(_ENCODERS[modality]), identity(encoder))
        for modality, encoder in noria.encoders.loaded().items()
    ]
    if replaced := noria.storage.encoders.replaced():
        found += [_replaced(replaced)]
    if caller.may(Scope.ADMIN):
        found += [_database(noria)]
        found += [_disk(noria)]
    return found


def _replaced(by: Sequence[StoredEncoder]) -> Fact:
    names = ", ".join(
        sorted(encoder.identity or "" for encoder in by if encoder.modality is not Modality.TABULAR)
    )
    return Fact(
        t("Encoders of the installation"),
        names,
        t("This server still answers with the ones before. Restart it with the new setting."),
    )


def _worker(noria: "Noria") -> Fact:
    if noria.runner is None:
        present = noria.storage.workers.present(datetime.now(UTC))
        if present:
            hosts = ", ".join(sorted({worker.host for worker in present}))
            return Fact(
                t("Worker"), t("{workers} on {hosts}", workers=plural(len(present), "worker"), hosts=hosts)
            )
        return Fact(
            t("Worker"),
            t("not running"),
            t("Start one with `noria worker`, or this server without --no-worker."),
        )
    if noria.runner.pid is None:
        return Fact(
            t("Worker"),
            t("not running"),
            t("It is started again within seconds. If not, the server's log says why."),
        )
    return Fact(t("Worker"), t("running: it trains and answers stored samples anew"))


def _writer(noria: "Noria") -> Fact:
    now = noria.outage()
    dropped = (
        t("{dropped} dropped since the start: there was no room.", dropped=plural(now.dropped, "capture"))
        if now.dropped
        else ""
    )
    if now.since or now.held.captures:
        words = t(
            "{kept} in the journal, {size}",
            kept=plural(now.held.captures, "capture"),
            size=size(now.held.bytes),
        )
        if not now.since:
            words = t(
                "{words}; {brought} brought into the database so far", words=words, brought=now.held.brought
            )
        return Fact(t("Captures"), words, dropped)
    waiting = noria.writer.waiting
    words = (
        t("{waiting} on the way to the database", waiting=plural(waiting, "capture"))
        if waiting
        else t("all written")
    )
    trouble = dropped or (
        t("The database is slow, or away. Calls are answered all the same.") if waiting > _BEHIND else ""
    )
    return Fact(t("Captures"), words, trouble)


def _database(noria: "Noria") -> Fact:
    if since := noria.outage().since:
        return Fact(
            t("Database"),
            t("away since {time}", time=f"{since:%Y-%m-%d %H:%M} UTC"),
            t(
                "Functions in memory go on answering; all else is refused. Look after the database: all goes on by itself."
            ),
        )
    words = "SQLite" if noria.storage.database.is_sqlite else "PostgreSQL"
    match noria.storage.refusal:
        case StorageFull():
            return Fact(
                t("Database"),
                words,
                t("The disk is full: nothing can be captured or changed. Make room on it."),
            )
        case StorageReadOnly():
            trouble = t("It is read-only: nothing can be changed. Make it writable, or name the one that is.")
            return Fact(t("Database"), words, trouble)
    return Fact(t("Database"), words)


def _disk(noria: "Noria") -> Fact:
    free = shutil.disk_usage(noria.settings.data).free
    trouble = t("Make room: once the disk is full, nothing can be captured.") if free < _SCARCE else ""
    return Fact(
        t("Disk"), t("{free} free in {data}", free=size(free), data=noria.settings.data.absolute()), trouble
    )


def job_address(job: Job) -> str:
    """The page of one job; of a training, the versions that it makes; empty for one that has none."""
    if job.function_id is None or job.kind == "bulk-invoke":
        return ""
    base = at(f"/functions/{job.function_id}")
    if job.kind == "training":
        return f"{base}/versions"
    return f"{base}/{'samples/import' if job.kind in ('import', 'export') else 'changes'}/{job.id}"
