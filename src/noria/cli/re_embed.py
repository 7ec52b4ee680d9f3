"""`noria re-embed`: the data goes over to another encoder while servers answer with the one they have."""

from pathlib import Path

from noria.cli.progress import progress
from noria.cli.serve import check_data_folder, say
from noria.encoders import EncoderSet
from noria.errors import BadInput
from noria.records.function import Function, Modality
from noria.settings import Settings, cores
from noria.storage import Storage, Trained, open_storage
from noria.work.reembedding.run import ReEmbedding, Wanted, alone, wanted

_SETTINGS = {Modality.TEXT: "NORIA_ENCODER", Modality.IMAGE: "NORIA_IMAGE_ENCODER"}


def re_embed(*, anyway: bool = False, processes: int | None = None, data: Path | None = None) -> None:
    """Bring the data along to the encoders that NORIA_ENCODER and NORIA_IMAGE_ENCODER name now.

    Servers go on with the encoders that they have. Beside the embeddings in use those of the new encoders are made; a
    version of every function is trained on them and compared with the live one; then, in one moment, all of them go live.
    Servers that are started from then on have to have the new setting. A run that was ended goes on where it was when the
    same command is given again.

    Args:
        anyway: Go over even where the gate would keep a new version back, or a version is pinned.
        processes: How many embed at once, each with encoders of its own; one for each core otherwise.
        data: The data folder; ./data unless NORIA_DATA says otherwise.
    """
    if processes is not None and processes < 1:
        raise BadInput("--processes is at least 1.")
    settings = Settings.from_environment(data=data)
    check_data_folder(settings)
    storage = open_storage(settings.database_url, settings.blobs_url)
    try:
        with alone(storage):
            encoders = EncoderSet.of(settings)
            names = wanted(storage, encoders)
            if not names:
                say("The data is of these encoders already: there is nothing to do.")
                return
            _run(storage, encoders, settings, names, anyway, processes or cores())
    finally:
        storage.close()


def _run(
    storage: Storage, encoders: EncoderSet, settings: Settings, names: Wanted, anyway: bool, processes: int
) -> None:
    current = storage.encoders.current()
    for modality in (m for m in names if m in _SETTINGS):
        say(f"{modality.value} encoder: {current[modality].identity} becomes {names[modality]}")
    running = ReEmbedding(storage, encoders, settings, names)
    done, total = running.standing()
    with progress("embedding", total, "samples") as seen:
        seen(done, False)
        running.embed(processes, lambda n: seen(n, True))
    running.train(_told)
    running.switch(anyway, _told)
    done, total = running.standing()
    say(f"{done:,} samples have their new embeddings, and the new versions are live.")
    if done < total:
        say(f"{total - done:,} have none: their files are lost, or they are deleted by now.")
    words = " and ".join(_SETTINGS[m] for m in names if m in _SETTINGS)
    say(f"Restart servers and workers with {words} set as here; until then they answer as before.")


def _told(function: Function, trained: Trained | None) -> None:
    said = "there is too little left to train from" if trained is None else trained.version.reason
    say(f"{function.name} ({function.id}): {said}")
