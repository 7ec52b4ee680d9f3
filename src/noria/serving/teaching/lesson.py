"""What every kind of teaching works with."""

from noria.encoders.pool import EncoderPool
from noria.serving.intake import Intake
from noria.serving.invoking import Invoker
from noria.serving.live import LiveFunction, LiveFunctions
from noria.storage import Storage


class Lesson:
    """The storage that a change is written to, and the live functions that must hear of it."""

    def __init__(
        self, storage: Storage, live: LiveFunctions, intake: Intake, pool: EncoderPool, invoker: Invoker
    ) -> None:
        self._storage = storage
        self._live = live
        self._intake = intake
        self._pool = pool
        self._invoker = invoker

    def _function(self, function_id: str) -> LiveFunction:
        """Raises FunctionNotFound."""
        return self._live.peek(function_id) or self._live.refresh(function_id)
