"""Model versions, and which of them is live."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from noria.errors import EncoderChanged, VersionNotFound, VersionOfOtherEncoder
from noria.records.version import GateOutcome, ModelVersion
from noria.storage import changes, encoders
from noria.storage.database import Database
from noria.storage.tables import functions, heads, live_log, versions

BY_GATE = "gate"  # stands in the live history where training promoted the version
WAITS = "Waits for the pin of another version to be taken away. Without it: "  # and then the gate's words
OVERTAKEN = "Another version went live while this one was trained."


@dataclass(frozen=True, slots=True)
class LiveNow:
    """What a function answers with now."""

    function_id: str
    number: int
    created_at: datetime
    train_seconds: float


@dataclass(frozen=True, slots=True)
class LiveChange:
    at: datetime
    version_id: str
    by: str
    why: str


class Versions:
    def __init__(self, database: Database) -> None:
        self._db = database

    def live_now(self) -> list[LiveNow]:
        """The live version of every function that has one."""
        of = versions.c
        query = sa.select(of.function_id, of.number, of.created_at, of.train_seconds).join(
            functions, functions.c.live_version_id == of.id
        )
        with self._db.read() as connection:
            return [LiveNow(*row) for row in connection.execute(query)]

    def publish(
        self,
        version: ModelVersion,
        head: bytes,
        out_of_fold: bytes,
        covered_seq: int,
        expected_live: str | None,
    ) -> bool:
        """List a trained version under the next number; returns whether it is live now.

        A promoted one goes live only if `expected_live`, which the gate compared it with, still is; else it is
        listed as kept back, and says so; while that one is pinned, as waiting.
        Raises FunctionNotFound, EncoderChanged where the installation has another encoder by now.
        """
        with self._db.write() as connection:
            changes.hold(connection, version.function_id)
            encoders.must_be_current(connection, version.function_id, version.encoder)
            promoted = version.outcome == GateOutcome.PROMOTED
            if promoted and _live(connection, version.function_id) != expected_live:
                version = replace(version, outcome=GateOutcome.KEPT_BACK, reason=OVERTAKEN)
                promoted = False
            elif promoted and _pinned(connection, version.function_id) is not None:
                version = replace(
                    version,
                    outcome=GateOutcome.WAITING,
                    reason=WAITS + version.reason[:1].lower() + version.reason[1:],
                )
                promoted = False
            insert(connection, version, head, out_of_fold)
            changes.covered(connection, version.function_id, covered_seq)
            if promoted:
                change = LiveChange(version.created_at, version.id, BY_GATE, version.reason)
                go_live(connection, version.function_id, change)
            changes.changed(connection, version.function_id)
        return promoted

    def get(self, function_id: str, id: str) -> ModelVersion:
        """Raises FunctionNotFound, VersionNotFound."""
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            return _get(connection, function_id, id)

    def all(self, function_id: str) -> list[ModelVersion]:
        """Newest first. Raises FunctionNotFound."""
        query = sa.select(versions).where(versions.c.function_id == function_id)
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            return [_version(row) for row in connection.execute(query.order_by(versions.c.number.desc()))]

    def head(self, id: str) -> bytes:
        """The head's arrays as published. Raises VersionNotFound."""
        return self._blob(heads.c.head, id)

    def out_of_fold(self, id: str) -> bytes:
        """The out-of-fold predictions as published. Raises VersionNotFound."""
        return self._blob(heads.c.out_of_fold, id)

    def set_live(self, function_id: str, version_id: str, by: str, why: str, at: datetime) -> None:
        """Roll back or forward; where a version is pinned, this one is from now on.

        Raises FunctionNotFound, VersionNotFound, VersionOfOtherEncoder.
        """
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            _can_answer(connection, _get(connection, function_id, version_id))
            go_live(connection, function_id, LiveChange(at, version_id, by, why))
            if _pinned(connection, function_id) is not None:
                _pin(connection, function_id, version_id)
            changes.changed(connection, function_id)

    def pin(self, function_id: str, version_id: str, by: str, why: str, at: datetime) -> None:
        """Make a version live that stays so whatever is trained. Raises FunctionNotFound, VersionNotFound, VersionOfOtherEncoder."""
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            _can_answer(connection, _get(connection, function_id, version_id))
            go_live(connection, function_id, LiveChange(at, version_id, by, why))
            _pin(connection, function_id, version_id)
            changes.changed(connection, function_id)

    def unpin(self, function_id: str, by: str, at: datetime) -> str | None:
        """Let the gate decide again: what waited last goes live, as nothing has replaced what it was compared with.

        Returns the id of the version that is live then. Raises FunctionNotFound.
        """
        with self._db.write() as connection:
            changes.hold(connection, function_id)
            pinned = _pinned(connection, function_id)
            next_one = _waiting(connection, function_id, pinned) if pinned else None
            if next_one is not None:
                why = f"version {next_one.number} had waited for the pin to be taken away"
                go_live(connection, function_id, LiveChange(at, next_one.id, by, why))
            _pin(connection, function_id, None)
            changes.changed(connection, function_id)
            return _live(connection, function_id)

    def waiting(self, function_id: str) -> ModelVersion | None:
        """The version that goes live once nothing is pinned any more."""
        with self._db.read() as connection:
            pinned = _pinned(connection, function_id)
            return _waiting(connection, function_id, pinned) if pinned else None

    def of_own_encoder(self, function_id: str) -> set[str]:
        """Ids of the versions that this process can ask."""
        query = sa.select(versions.c.id).where(versions.c.function_id == function_id)
        with self._db.read() as connection:
            if name := encoders.name_for(connection, function_id):
                query = query.where(versions.c.encoder == name)
            return set(connection.scalars(query))

    def last_live(self, function_id: str, encoder: str) -> str | None:
        """The id of the version of this encoder that was live last."""
        c = live_log.c
        query = sa.select(c.version_id).join(versions, versions.c.id == c.version_id)
        query = query.where(c.function_id == function_id, versions.c.encoder == encoder)
        with self._db.read() as connection:
            found: str | None = connection.scalar(query.order_by(c.id.desc()).limit(1))
        return found

    def live_history(self, function_id: str) -> list[LiveChange]:
        """Every change of the live version, oldest first. Raises FunctionNotFound."""
        columns = live_log.c
        query = sa.select(columns.at, columns.version_id, columns.by, columns.why)
        with self._db.read() as connection:
            changes.must_exist(connection, function_id)
            rows = connection.execute(query.where(columns.function_id == function_id).order_by(columns.id))
            return [LiveChange(*row) for row in rows]

    def _blob(self, column: sa.Column[Any], version_id: str) -> bytes:
        with self._db.read() as connection:
            found = connection.scalar(sa.select(column).where(heads.c.version_id == version_id))
        if found is None:
            raise VersionNotFound(id=version_id)
        return bytes(found)


def _can_answer(connection: Connection, version: ModelVersion) -> None:
    try:
        encoders.must_be_current(connection, version.function_id, version.encoder)
    except EncoderChanged:
        raise VersionOfOtherEncoder(version=version.number, encoder=version.encoder) from None


def _live(connection: Connection, function_id: str) -> str | None:
    live: str | None = connection.scalar(
        sa.select(functions.c.live_version_id).where(functions.c.id == function_id)
    )
    return live


def _pinned(connection: Connection, function_id: str) -> str | None:
    pinned: str | None = connection.scalar(
        sa.select(functions.c.pinned_version_id).where(functions.c.id == function_id)
    )
    return pinned


def _pin(connection: Connection, function_id: str, version_id: str | None) -> None:
    row = functions.update().where(functions.c.id == function_id)
    connection.execute(row.values(pinned_version_id=version_id))


def _waiting(connection: Connection, function_id: str, pinned: str) -> ModelVersion | None:
    """The newest one that the gate would have promoted since the pinned one went live."""
    c = live_log.c
    pinned_encoder = sa.select(versions.c.encoder).where(versions.c.id == pinned).scalar_subquery()
    since = sa.select(sa.func.max(c.at)).where(c.function_id == function_id, c.version_id == pinned)
    query = sa.select(versions).where(
        versions.c.function_id == function_id,
        versions.c.outcome == GateOutcome.WAITING.value,
        versions.c.encoder == pinned_encoder,
        versions.c.created_at >= since.scalar_subquery(),
    )
    row = connection.execute(query.order_by(versions.c.number.desc()).limit(1)).one_or_none()
    return None if row is None else _version(row)


def insert(connection: Connection, version: ModelVersion, head: bytes, out_of_fold: bytes) -> None:
    numbers = sa.select(sa.func.max(versions.c.number)).where(versions.c.function_id == version.function_id)
    values = asdict(version) | {
        "number": (connection.scalar(numbers) or 0) + 1,
        "outcome": version.outcome.value,
        "scores": dict(version.scores),
    }
    connection.execute(versions.insert().values(values))
    arrays = {"version_id": version.id, "function_id": version.function_id}
    connection.execute(heads.insert().values(arrays | {"head": head, "out_of_fold": out_of_fold}))


def go_live(connection: Connection, function_id: str, change: LiveChange) -> None:
    row = functions.update().where(functions.c.id == function_id)
    connection.execute(row.values(live_version_id=change.version_id))
    connection.execute(live_log.insert().values(function_id=function_id, **asdict(change)))


def _get(connection: Connection, function_id: str, id: str) -> ModelVersion:
    query = sa.select(versions).where(versions.c.id == id, versions.c.function_id == function_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise VersionNotFound(id=id)
    return _version(row)


def _version(row: Any) -> ModelVersion:
    values = dict(row._mapping)
    return ModelVersion(**{**values, "outcome": GateOutcome(values["outcome"])})
