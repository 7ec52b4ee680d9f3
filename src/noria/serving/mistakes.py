"""Which labels are mixed up, on traffic and on the samples: read from the rows."""

from collections import Counter

from noria.estimate.mixed_up import MixedUp, mixed_up, of_traffic
from noria.learning.merged import merged_record
from noria.learning.record import TrainingRecord
from noria.records.sample import HELD_OUT_SET
from noria.serving.figures import Calls
from noria.storage import Storage


def of_calls(calls: Calls) -> MixedUp:
    """Estimated calls, of those that are judged; nothing while labels are too few."""
    return mixed_up(of_traffic(calls.labels, calls.sums, calls.unanswered))


def of_samples(storage: Storage, function_id: str) -> MixedUp | None:
    """Annotated samples, each answered out of fold by the live version; None without one."""
    live = storage.functions.get(function_id).live_version_id
    if live is None:
        return None
    stored = TrainingRecord.from_bytes(storage.versions.out_of_fold(live))
    said = merged_record(stored, storage.merges.names(function_id)).predictions()
    there = {label.id for label in storage.labels.all(function_id)}
    samples = storage.training.samples(function_id, HELD_OUT_SET)
    pairs = Counter(
        (s.label_id, answer) for s in samples if (answer := said.get(s.digest)) in there and answer
    )
    return mixed_up(pairs)
