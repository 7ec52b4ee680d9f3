"""The validation process: `python -m noria.work.validate PARENT FUNCTION` prints the regularisation to train with."""

import os
import sys

_LOWEST_PRIORITY = 19


def main(parent: int, function_id: str) -> None:
    """Full cross-validation of one function, with the settings in the environment; prints nothing if it can't be."""
    if hasattr(os, "nice"):
        os.nice(_LOWEST_PRIORITY)
    # Not at the top: loading them is work of the lowest priority too.
    from noria.encoders import EncoderSet
    from noria.logs import log_to_stderr
    from noria.settings import Settings
    from noria.storage import open_storage
    from noria.work.parent import end_with
    from noria.work.same_encoder import same_encoder
    from noria.work.train import Trainer

    settings = Settings.from_environment()
    log_to_stderr(settings.log)
    end_with(parent)
    storage = open_storage(settings.database_url, settings.blobs_url)
    encoders = EncoderSet.of(settings).checked(same_encoder(storage))
    c = Trainer(storage, encoders).cross_validate(function_id)
    storage.close()
    if c is not None:
        print(c)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
