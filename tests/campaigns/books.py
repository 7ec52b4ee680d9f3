"""What a campaign's clients were told, held against what is stored."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from campaigns.campaign import Campaign
from campaigns.pets import WORDS
from campaigns.recompute import check_answers
from pictures import picture

from noria.learning.head import Head
from noria.learning.record import TrainingRecord
from noria.storage import Storage
from noria.storage.tables import captures, runs, samples

ASKED = [f"{word} {i}" for i, words in enumerate(WORDS.values()) for word in words]
SHED_AFTER_S = 4.9  # an answer does not wait longer for its capture
CALLS = ("answered", "captured", "uncaptured")
CHANGES = ("sample", "annotation", "setting", "deleted")


@dataclass(frozen=True, slots=True)
class Held:
    """What a campaign came to."""

    acknowledged: Counter[str]  # by kind
    cut_off: int  # calls that nobody can say anything of
    call_s: float  # the longest time until a client that asks again was answered
    change_s: float  # the same for what is stored before its answer
    look_s: float  # the same for what is only read

    def __str__(self) -> str:
        kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(self.acknowledged.items()))
        return (
            f"held: {kinds}; cut off: {self.cut_off}; longest wait for the answer to a call {self.call_s:.1f} s, "
            f"to a change {self.change_s:.1f} s, to a read {self.look_s:.1f} s"
        )


def check_books(campaign: Campaign, others: int = 0) -> Held:
    """Everything that was acknowledged is there, once, and nothing is half-made; no function had two runs at once.

    others: calls that are in no ledger.
    """
    entries = campaign.acknowledged()
    by_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        by_kind[entry["kind"]].append(entry)
    assert not by_kind["refused"], by_kind["refused"][:3]
    with campaign.storage() as storage:
        for function_id in campaign.functions:
            _check_samples(campaign, storage, function_id, by_kind)
            _check_sums(storage, function_id, by_kind, others)
            _check_versions(storage, function_id)
            _check_runs(storage, function_id)
        _check_settings(campaign, storage, by_kind["setting"])
        _check_files(storage, campaign.images)
        if storage.database.is_sqlite:
            with storage.database.read() as connection:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
                assert connection.exec_driver_sql("PRAGMA foreign_key_check").first() is None
    return Held(
        Counter(entry["kind"] for entry in entries if entry["kind"] in CALLS + CHANGES),
        len(by_kind["cut off"]),
        max((entry["waited"] for entry in entries if entry["kind"] in CALLS), default=0.0),
        max((entry["waited"] for entry in entries if entry["kind"] in CHANGES), default=0.0),
        max((entry.get("looked", 0.0) for entry in entries), default=0.0),
    )


def check_live_answers(campaign: Campaign) -> None:
    """What is live answers as it stands in its version."""
    with campaign.server.http() as http, campaign.storage() as storage:
        path = f"/v1/functions/{campaign.texts}/invoke?capture=false"
        answers = [(text, http.post(path, json={"data": text})) for text in ASKED]
        assert {answer.status_code for _, answer in answers} == {200}
        check_answers([(text, answer.json()) for text, answer in answers], storage)


def _of(entries: list[dict[str, Any]], function_id: str) -> list[dict[str, Any]]:
    return [entry for entry in entries if entry["function"].endswith(function_id)]


def _check_samples(
    campaign: Campaign, storage: Storage, function_id: str, by_kind: dict[str, list[dict[str, Any]]]
) -> None:
    """Samples, captures and annotations that were acknowledged are there, with the content and embedding of theirs."""
    c = samples.c
    with storage.database.read() as connection:
        query = sa.select(c.id, c.data, c.annotation_label_id).where(c.function_id == function_id)
        rows = {row.id: row for row in connection.execute(query)}
        query = sa.select(captures.c.sample_id).where(captures.c.function_id == function_id)
        captured = Counter(connection.scalars(query))
    embedded = storage.samples.embeddings(function_id, list(rows)).keys()
    leaving = {entry["sample"] for entry in _of(by_kind["to be deleted"], function_id)}
    for entry in _of(by_kind["captured"] + by_kind["sample"] + by_kind["annotation"], function_id):
        if entry["sample"] in leaving:
            continue
        stored = rows.get(entry["sample"])
        assert stored is not None, f"lost: {entry}"
        assert entry["sample"] in embedded, f"without an embedding: {entry}"
        assert entry.get("text", stored.data) == stored.data, f"another text: {entry}"
        if entry["kind"] == "captured":
            assert captured[entry["sample"]] == 1, f"{captured[entry['sample']]} captures: {entry}"
        else:
            assert stored.annotation_label_id == campaign.label_ids[entry["label"]], (
                f"without its label: {entry}"
            )
        if "picture" in entry:
            file = picture(entry["label"], entry["picture"])
            assert storage.blobs.get(function_id, entry["sample"]) == file, f"another file: {entry}"
    for entry in _of(by_kind["deleted"], function_id):
        assert entry["sample"] not in rows, f"came back: {entry}"


def _check_sums(
    storage: Storage, function_id: str, by_kind: dict[str, list[dict[str, Any]]], others: int
) -> None:
    """Rows, sums and decisions agree with each other, and with what the clients counted."""
    rows = storage.captures.judged(function_id)
    totals = storage.captures.totals(function_id)
    traffic = storage.captures.traffic(function_id)
    decisions = list(storage.captures.decisions(function_id))
    shed = sum(row.shed for row in traffic)
    assert totals.captured == len(rows) == sum(row.captured for row in traffic) <= totals.invokes
    assert {row.draw for row in rows} <= {row.draw for row in decisions}, "captures without their decisions"
    assert len({row.draw for row in decisions}) == len(decisions) <= totals.invokes
    calls = {kind: _of(by_kind[kind], function_id) for kind in (*CALLS, "unsaid", "cut off")}
    sent = sum(map(len, calls.values())) + others
    assert len(calls["captured"]) <= totals.captured <= totals.invokes <= sent, (totals, sent)
    if not shed and all(row.captured for row in decisions):
        stored = {row.sample_id for row in rows}  # some were in the journal when their client looked
        missing = [entry for entry in calls["uncaptured"] if entry["sample"] not in stored]
        early = [entry for entry in missing if entry["seconds"] < SHED_AFTER_S]
        assert not early, f"answered before they were stored: {early[:3]}"


def _check_versions(storage: Storage, function_id: str) -> None:
    """Each listed version is whole, numbered without a gap, and the live one is among them."""
    live = storage.functions.get(function_id).live_version_id
    versions = storage.versions.all(function_id)
    for version in versions:
        Head.from_bytes(storage.versions.head(version.id))
        TrainingRecord.from_bytes(storage.versions.out_of_fold(version.id))
    assert live in {version.id for version in versions}
    assert {version.number for version in versions} == set(range(1, len(versions) + 1))
    trained = [version.trained_seq for version in versions]
    assert len(trained) == len(set(trained)), "the same was trained twice"


def _check_runs(storage: Storage, function_id: str) -> None:
    query = sa.select(runs).where(runs.c.function_id == function_id).order_by(runs.c.seq)
    with storage.database.read() as connection:
        rows = list(connection.execute(query))
    for earlier, later in pairwise(rows):
        assert earlier.ended_at is not None, f"two runs at once: {earlier} {later}"
        assert earlier.ended_at <= later.started_at, f"two runs at once: {earlier} {later}"


def _check_settings(campaign: Campaign, storage: Storage, entries: list[dict[str, Any]]) -> None:
    stored = {label.id: int(label.description or 0) for label in storage.labels.all(campaign.texts)}
    for entry in entries:
        assert stored[entry["label"]] >= entry["value"], f"set back to {stored[entry['label']]}: {entry}"


def _check_files(storage: Storage, function_id: str) -> None:
    """No row without its file; files that nobody names are allowed."""
    with storage.database.read() as connection:
        ids = list(connection.scalars(sa.select(samples.c.id).where(samples.c.function_id == function_id)))
    for _ in storage.blobs.get_each(function_id, ids):
        pass
