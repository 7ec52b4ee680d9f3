"""The tables. A change here needs a migration beside it; a test compares the two.

Rows of a function carry its id, so that a function goes in one sweep. Label ids in sums, captures and logs
outlive the label: what was answered and counted stays so.
"""

from noria.storage.tables.access import audit, clients, function_roles, people, secrets, sign_ins
from noria.storage.tables.alerting import alarms, deliveries, webhooks
from noria.storage.tables.answering import bulk_runs, queue_answers
from noria.storage.tables.base import metadata
from noria.storage.tables.capturing import (
    captures,
    cell_sums,
    cells,
    decisions,
    dismissals,
    evictions,
    known_sums,
    leases,
    policy_states,
    rho_log,
    sample_aliases,
    sums,
    totals,
    traffic,
    turns,
    writers,
)
from noria.storage.tables.changing import bulk_changes
from noria.storage.tables.learning import heads, live_log, runs, versions, workers
from noria.storage.tables.opining import opinions, second_asks
from noria.storage.tables.tagging import (
    tag_annotations,
    tag_answers,
    tag_log,
    tag_predictions,
    tag_thresholds,
)
from noria.storage.tables.teaching import (
    annotation_log,
    embeddings,
    encoders,
    feedback,
    fields,
    functions,
    kept_labels,
    label_merges,
    labels,
    projects,
    sample_counts,
    sample_set_members,
    samples,
)
from noria.storage.tables.transferring import transfers

__all__ = [
    "alarms",
    "annotation_log",
    "audit",
    "bulk_changes",
    "bulk_runs",
    "captures",
    "cell_sums",
    "cells",
    "clients",
    "decisions",
    "deliveries",
    "dismissals",
    "embeddings",
    "encoders",
    "evictions",
    "feedback",
    "fields",
    "function_roles",
    "functions",
    "heads",
    "kept_labels",
    "known_sums",
    "label_merges",
    "labels",
    "leases",
    "live_log",
    "metadata",
    "opinions",
    "people",
    "policy_states",
    "projects",
    "queue_answers",
    "rho_log",
    "runs",
    "sample_aliases",
    "sample_counts",
    "sample_set_members",
    "samples",
    "second_asks",
    "secrets",
    "sign_ins",
    "sums",
    "tag_annotations",
    "tag_answers",
    "tag_log",
    "tag_predictions",
    "tag_thresholds",
    "totals",
    "traffic",
    "transfers",
    "turns",
    "versions",
    "webhooks",
    "workers",
    "writers",
]
