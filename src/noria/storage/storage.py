"""The storage: one attribute per noun, all on one database."""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from noria.errors import Overloaded
from noria.records.function import Modality
from noria.storage import own_encoders
from noria.storage.annotations import Annotations
from noria.storage.audit import Audit
from noria.storage.blobs import Blobs, open_blobs
from noria.storage.bulk_changes import BulkChanges
from noria.storage.bulk_runs import BulkRuns
from noria.storage.captures import Captures
from noria.storage.cells import CellsOfFunctions
from noria.storage.clients import Clients
from noria.storage.database import Database
from noria.storage.dismissals import Dismissals
from noria.storage.encoders import Encoders
from noria.storage.feedback import FeedbackLane
from noria.storage.fields import Fields
from noria.storage.functions import Functions
from noria.storage.jobs import Jobs
from noria.storage.kept_labels import KeptLabels
from noria.storage.labels import Labels
from noria.storage.merges import Merges
from noria.storage.opinions import Opinions
from noria.storage.own_encoders import OwnEncoders
from noria.storage.people import People
from noria.storage.policy_state import PolicyStates
from noria.storage.projects import Projects
from noria.storage.queue import Queue
from noria.storage.queue_answers import QueueAnswers
from noria.storage.reembedding import Reembedding
from noria.storage.retention import Retention
from noria.storage.runs import Runs
from noria.storage.samples import Samples
from noria.storage.secrets import Secrets
from noria.storage.sign_ins import SignIns
from noria.storage.sittings import Sittings
from noria.storage.tags import Tags
from noria.storage.training import Training
from noria.storage.training_turns import training_turns
from noria.storage.transfers import Transfers
from noria.storage.vectors import Vectors
from noria.storage.versions import Versions
from noria.storage.webhooks import Webhooks
from noria.storage.workers import Workers

_ROOM = 1_000_000  # bytes


class Storage:
    """Every method of every noun is one transaction, durable when it returns, safe from any thread or process."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self.database = database
        self.blobs = blobs
        self.projects = Projects(database)
        self.functions = Functions(database, blobs)
        self.labels = Labels(database)
        self.merges = Merges(database)
        self.fields = Fields(database)
        self.samples = Samples(database, blobs)
        self.retention = Retention(database, blobs)
        self.vectors = Vectors(database)
        self.encoders = Encoders(database)
        self.reembedding = Reembedding(database)
        self.annotations = Annotations(database)
        self.opinions = Opinions(database)
        self.tags = Tags(database)
        self.captures = Captures(database, blobs)
        self.queue = Queue(database)
        self.queue_answers = QueueAnswers(database)
        self.versions = Versions(database)
        self.training = Training(database)
        self.runs = Runs(database)
        self.clients = Clients(database)
        self.secrets = Secrets(database)
        self.sign_ins = SignIns(database)
        self.people = People(database)
        self.audit = Audit(database)
        self.sittings = Sittings(database)
        self.cells = CellsOfFunctions(database)
        self.policy_state = PolicyStates(database)
        self.kept_labels = KeptLabels(database)
        self.feedback = FeedbackLane(database)
        self.dismissals = Dismissals(database)
        self.webhooks = Webhooks(database)
        self.transfers = Transfers(database, blobs)
        self.bulk_changes = BulkChanges(database, blobs)
        self.bulk_runs = BulkRuns(database)
        self.jobs = Jobs(database)
        self.training_turns = training_turns(database)
        self.workers = Workers(database)

    def embedding_with(self, numbers: Mapping[Modality, int]) -> "Storage":
        """The same, reading and writing the vectors of these encoders. Only one of the two is to be closed."""
        with self.database.read() as connection:
            mine = own_encoders.numbers(connection)
        own = OwnEncoders({**mine, **numbers})
        return Storage(Database(self.database.engine, own), self.blobs)

    @property
    def refusal(self) -> Overloaded | None:
        """Why nothing can be added now, as a full disk; None where all is well, or the database is away."""
        return self.database.refusal or self.blobs.refusal

    def look(self) -> None:
        """See whether what was refused is taken again, by writing what nobody needs."""
        if self.blobs.refusal is not None:
            self.blobs.look()
        if self.database.refusal is not None and self._has_room():
            with suppress(SQLAlchemyError):
                self.workers.take_and_forget()
                self.database.refusal = None

    def _has_room(self) -> bool:
        """A disk that has room for a row and not for many is full."""
        return not self.database.is_sqlite or shutil.disk_usage(self.database.folder).free > _ROOM

    def close(self) -> None:
        self.blobs.close()
        self.database.close()


def open_storage(url: str, blobs: str | Path | None = None) -> Storage:
    """Storage at `sqlite:////path/noria.db` or `postgresql://…`, its tables brought up to date.

    blobs: the folder for files of samples, or the address of an object store; else beside the database file if that is one.
    Raises DatabaseUnusable, DatabaseTooNew, FilesUnusable.
    """
    database = Database.open(url)
    try:
        return Storage(database, open_blobs(blobs or database.folder / "blobs"))
    except BaseException:
        database.close()
        raise
