"""Every error a caller can do something about: one family, one stable code each.

The docstring is the default message and says what to do next; facts go in as keywords and stand behind it.
Which HTTP status an error becomes is one table in `server/problem.py`.
"""

from typing import ClassVar

_SHOWN = 40  # characters of what a message quotes


class NoriaError(Exception):
    """Something went wrong in Noria. The server's log has the details."""

    code: ClassVar[str] = "internal"

    def __init__(self, message: str | None = None, **facts: object) -> None:
        self.facts = facts
        text = message or " ".join((type(self).__doc__ or "").split())
        if facts:
            text += f" ({', '.join(f'{key}: {value}' for key, value in facts.items())})"
        super().__init__(text)


class BadInput(NoriaError):
    """The request can't be understood. Compare it with the OpenAPI document at /schema."""

    code = "bad_input"


class TooLarge(BadInput):
    """The input is larger than this server accepts. Shorten it and send it again."""

    code = "too_large"


class BadImage(BadInput):
    """The image can't be decoded: it is cut off or damaged. Save it anew as JPEG or PNG and send the whole file."""

    code = "bad_image"


class ImageTooLarge(BadImage, TooLarge):
    """The image is larger than this server accepts. Shrink it, to 2,000 pixels a side for example, and send that."""

    code = "image_too_large"


class PatternUnusable(BadInput):
    """What is to be hidden can't be told from this. Compare it with docs/how-to/hide-what-is-personal.md."""

    code = "bad_pattern"


class RuleUnreadable(BadInput):
    """The rule can't be understood. Compare it with docs/how-to/write-a-rule.md."""

    code = "bad_rule"

    def __init__(
        self, message: str, place: tuple[int, int] = (0, 0), expression: str = "", rule: str = ""
    ) -> None:
        """place: the characters from and to that the message is about, counted from 0."""
        self.message, self.place, self.expression = message, place, expression
        said = _shortened(expression[slice(*place)].strip())
        where = f"character {place[0] + 1}" + (f" ({said})" if said else "")
        super().__init__(f"{f'Rule “{rule}”, ' if rule else 'At '}{where}: {message}")

    def of(self, rule: str) -> "RuleUnreadable":
        """The same, with the name of the rule that it is about."""
        return RuleUnreadable(self.message, self.place, self.expression, rule)


class NotSignedIn(NoriaError):
    """This needs a bearer token. Get one from POST /connect/token with a client id and secret."""

    code = "not_signed_in"


class NotAllowed(NoriaError):
    """This token's scope is too narrow for that. Use a client with the scope named here."""

    code = "not_allowed"


class LinkExpired(NotAllowed):
    """This address is not valid, or not any more. Read the sample again for a fresh one."""

    code = "link_expired"


class NotFound(NoriaError):
    """There is nothing under this address. See /schema for what there is."""

    code = "not_found"


class FunctionNotFound(NotFound):
    """No function has this id. List yours with GET /v1/functions."""

    code = "function_not_found"


class FunctionAmbiguous(BadInput):
    """Several functions have names that make this address. Call the one you mean by its id."""

    code = "function_ambiguous"


class LabelNotFound(NotFound):
    """This function has no such label. List its labels with GET /v1/functions/{id}/labels."""

    code = "label_not_found"


class FieldNotFound(NotFound):
    """This function has no such field. List its fields with GET /v1/functions/{id}/fields."""

    code = "field_not_found"


class SampleNotFound(NotFound):
    """This function has no such sample. List its samples with GET /v1/functions/{id}/samples."""

    code = "sample_not_found"


class AnswerNotFound(NotFound):
    """You gave no such answer here. Your last answers are listed on Capture; others take back their own."""

    code = "answer_not_found"


class DisagreementNotFound(NotFound):
    """Nobody disagrees about this sample, or it was settled. List disagreements with GET /v1/functions/{id}/team/disagreements."""

    code = "disagreement_not_found"


class FileLost(NotFound):
    """This file is not where files are kept any more. Delete its sample, or bring the file back."""

    code = "file_lost"


class SampleNotCaptured(SampleNotFound):
    """This call was not captured and the time for feedback on it has passed. Send the input as a sample."""

    code = "sample_not_captured"


class VersionNotFound(NotFound):
    """This function has no such model version. List them with GET /v1/functions/{id}/models."""

    code = "version_not_found"


class VersionOfOtherEncoder(NoriaError):
    """This version was trained with another encoder than the installation has now, and can't answer any more. Take a
    version of the present encoder, or bring the data back with `noria re-embed`."""

    code = "version_of_other_encoder"


class FeedbackNotFound(NotFound):
    """No such feedback waits for review. List what does with GET /v1/functions/{id}/feedback."""

    code = "feedback_not_found"


class TransferNotFound(NotFound):
    """This function has no such import or export. List them with GET /v1/functions/{id}/imports or /exports."""

    code = "transfer_not_found"


class TransferLost(NoriaError):
    """This import or export was stopped, or another process goes on with it."""

    code = "transfer_lost"


class ChangeNotFound(NotFound):
    """This function has no such bulk change. List them with GET /v1/functions/{id}/changes."""

    code = "change_not_found"


class ChangeLost(NoriaError):
    """This bulk change was stopped, or another process goes on with it."""

    code = "change_lost"


class WebhookNotFound(NotFound):
    """This function has no such webhook. List them with GET /v1/functions/{id}/webhooks."""

    code = "webhook_not_found"


class ProjectNotFound(NotFound):
    """No project has this id. List yours with GET /v0.9/projects."""

    code = "project_not_found"


class ClientNotFound(NotFound):
    """No API client has this id. List them with `noria key list`."""

    code = "client_not_found"


class PersonNotFound(NotFound):
    """Nobody has this name here. The page People lists everybody."""

    code = "person_not_found"


class DuplicateLabel(NoriaError):
    """A label with this name already exists. Use it, or choose another name."""

    code = "duplicate_label"

    def __init__(self, existing_id: str) -> None:
        self.existing_id = existing_id
        super().__init__()


class DuplicateField(NoriaError):
    """A field with this name already exists. Use it, or choose another name."""

    code = "duplicate_field"

    def __init__(self, existing_id: str) -> None:
        self.existing_id = existing_id
        super().__init__()


class DuplicateSample(NoriaError):
    """A sample with the same data already exists. To change its label, PUT its annotation."""

    code = "duplicate_sample"

    def __init__(self, existing_id: str) -> None:
        self.existing_id = existing_id
        super().__init__()


class TooManyWebhooks(NoriaError):
    """A function has ten webhooks at most. Remove one with DELETE /v1/functions/{id}/webhooks/{webhookId}."""

    code = "too_many_webhooks"


class NotPossible(NoriaError):
    """That can't be done with this function as it stands."""

    code = "not_possible"


class TooFewLabels(NotPossible):
    """This needs at least two labels. Add another with POST /v1/functions/{id}/labels."""

    code = "too_few_labels"


class OnlySearches(NotPossible):
    """This function only searches: it has no labels, no model and no capture. Ask it with POST
    /v1/search-functions/{id}/invoke."""

    code = "only_searches"


class GivesTags(NotPossible):
    """This function gives tags, any number to a sample, and this is made for functions that give one label. What there is
    for tags is listed in docs/how-to/tag-samples.md."""

    code = "gives_tags"


class GivesOneLabel(NotPossible):
    """This function gives one label to a sample, and this is made for tags. For several labels to a sample, make a
    function with output Tags."""

    code = "gives_one_label"


class NotASearch(NotPossible):
    """This function classifies: ask it with POST /v1/functions/{id}/invoke. What is similar to one of its samples is at
    GET /v1/functions/{id}/samples/{sampleId}/similar; to search by anything else, make a function with output Search."""

    code = "not_a_search"


class DoesNotFit(NotPossible):
    """Samples of this function can't go to that one. Choose a function with the same input, output and fields."""

    code = "does_not_fit"


class NotTrained(NotPossible):
    """No model available to invoke function: it has no label yet. Add labels with POST /v1/functions/{id}/labels."""

    code = "not_trained"


class ModelDamaged(NoriaError):
    """The stored model can't be read: its bytes are not what was written. Roll back to another version, or train."""

    code = "model_damaged"


class Overloaded(NoriaError):
    """The server has more work than it can take right now. Try again after a second."""

    code = "overloaded"


class FilesAway(Overloaded):
    """The store of files can't be reached right now. Try again after a second."""

    code = "files_away"


class StorageFull(Overloaded):
    """The disk that this is kept on is full: nothing can be added. Make room on it; all goes on by itself then."""

    code = "storage_full"


class StorageReadOnly(Overloaded):
    """The database or the disk takes no changes now: it is read-only, as a standby is. Make it writable, or name the one
    that is."""

    code = "storage_read_only"


class DataFolderUnusable(NoriaError):
    """The data folder can't be written to. Name another with --data."""

    code = "data_folder_unusable"


class DatabaseUnusable(NoriaError):
    """The database can't be opened. Is NORIA_DATABASE right?"""

    code = "database_unusable"


class BackupDamaged(NoriaError):
    """The file is no backup, or not whole: its checksums differ from its contents. Nothing was restored; take another."""

    code = "backup_damaged"


class BackupTooNew(NoriaError):
    """A newer Noria made this backup. Install that version, or one after it."""

    code = "backup_too_new"


class NotEmpty(NoriaError):
    """The database has tables already, and a backup is not mixed with what is there. Name an empty database, or a new
    data folder with --data."""

    code = "not_empty"


class FilesUnusable(NoriaError):
    """The store of files can't be used. Is NORIA_BLOBS right?"""

    code = "files_unusable"


class ProcessLost(NoriaError):
    """One of the processes was ended, perhaps for want of memory. What is done is kept: run the same command again, with
    fewer --processes if memory was short."""

    code = "process_lost"


class ClusterLost(NoriaError):
    """The cluster's scheduler is not there any more, or dropped the work. What is done is kept: run the same command again,
    with --dask when the cluster is back, or without it."""

    code = "cluster_lost"


class ClusterDiffers(NoriaError):
    """A worker has another Noria or another encoder than this machine, and answers of two never mix. Install the same on
    all of them."""

    code = "cluster_differs"


class EncoderMissing(NoriaError):
    """No encoder's weights could be loaded. Run ./run once with a network, so that they are installed."""

    code = "encoder_missing"


class WeightsChanged(EncoderMissing):
    """The encoder's file is not the one that was measured: its checksum differs. Install the pinned version."""

    code = "weights_changed"


class PortTaken(NoriaError):
    """Another program already listens on this port."""

    code = "port_taken"


class EncoderChanged(EncoderMissing):
    """The data is of another encoder, and embeddings of two encoders don't mix. Start with that one (NORIA_ENCODER, or
    NORIA_IMAGE_ENCODER for images), or bring the data along with `noria re-embed`."""

    code = "encoder_changed"


class SwitchRefused(NoriaError):
    """Everything is embedded with the new encoder, and the present one stays: of these functions the version could not be
    replaced. Look at them, or run the command again with --anyway."""

    code = "switch_refused"


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
