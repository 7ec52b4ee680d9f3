"""Truth is rows: SQLite by default, PostgreSQL by configuration, one contract for both."""

from noria.storage.adding import AddedMany
from noria.storage.annotations import AnnotationEvent, DayCount
from noria.storage.audit import LABELLED, TAGGED, AuditFilter, AuditPage, Entry
from noria.storage.blobs import Draft
from noria.storage.bulk_changes import BulkChange, BulkCounts, BulkKind, BulkState
from noria.storage.captures import CapturedCall
from noria.storage.cells import StoredCells
from noria.storage.encoders import StoredEncoder
from noria.storage.feedback import Feedback
from noria.storage.jobs import Job
from noria.storage.journal import Held, Journal, JournalKeeper, JournalLimits
from noria.storage.judged import BY_PEOPLE, CaptureOutcome, Judged
from noria.storage.label_uses import LabelUses
from noria.storage.merges import MergeCounts, Merged
from noria.storage.moving import MovePlan
from noria.storage.opinions import MetCount, OpinionCount
from noria.storage.outages import OUTAGES
from noria.storage.presence import DatabaseAway
from noria.storage.queue import OpenItem, Others, QueueSize
from noria.storage.reembedding import Lacking, Trained, Vector
from noria.storage.runs import Run
from noria.storage.sample_lists import SampleFilter, SamplePage
from noria.storage.samples import SampleCounts
from noria.storage.sittings import Sitting
from noria.storage.storage import Storage, open_storage
from noria.storage.sums import (
    CaptureBatch,
    CellRow,
    DecisionRow,
    KnownRow,
    SumsRow,
    Totals,
    TrafficRow,
    without,
)
from noria.storage.tags import JudgedTags, TagCounts
from noria.storage.vectors import Standing
from noria.storage.versions import LiveChange
from noria.storage.workers import SeenWorker
from noria.storage.writer import CaptureWriter, WriterFull

__all__ = [
    "BY_PEOPLE",
    "LABELLED",
    "OUTAGES",
    "TAGGED",
    "AddedMany",
    "AnnotationEvent",
    "AuditFilter",
    "AuditPage",
    "BulkChange",
    "BulkCounts",
    "BulkKind",
    "BulkState",
    "CaptureBatch",
    "CaptureOutcome",
    "CaptureWriter",
    "CapturedCall",
    "CellRow",
    "DatabaseAway",
    "DayCount",
    "DecisionRow",
    "Draft",
    "Entry",
    "Feedback",
    "Held",
    "Job",
    "Journal",
    "JournalKeeper",
    "JournalLimits",
    "Judged",
    "JudgedTags",
    "KnownRow",
    "LabelUses",
    "Lacking",
    "LiveChange",
    "MergeCounts",
    "Merged",
    "MetCount",
    "MovePlan",
    "OpenItem",
    "OpinionCount",
    "Others",
    "QueueSize",
    "Run",
    "SampleCounts",
    "SampleFilter",
    "SamplePage",
    "SeenWorker",
    "Sitting",
    "Standing",
    "Storage",
    "StoredCells",
    "StoredEncoder",
    "SumsRow",
    "TagCounts",
    "Totals",
    "TrafficRow",
    "Trained",
    "Vector",
    "WriterFull",
    "open_storage",
    "without",
]
