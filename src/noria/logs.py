"""What a process says of itself: our own news on stderr, the libraries' only when they warn."""

import logging

import structlog

from noria.settings import LogStyle

_TEXT = "%(asctime)s %(name)s %(message)s"


def log_to_stderr(style: LogStyle) -> None:
    """Lines for people, or one JSON object a line for what collects logs."""
    handler = logging.StreamHandler()
    handler.setFormatter(_json() if style is LogStyle.JSON else logging.Formatter(_TEXT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("noria").setLevel(logging.INFO)


def _json() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,  # the request that a line belongs to
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=False),
        ],
    )
