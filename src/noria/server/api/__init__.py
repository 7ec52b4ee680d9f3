"""Nyckel's REST API, both versions, and what Noria adds to it in the same style."""

from noria.server.api.audit import routes as audit
from noria.server.api.bulk_changes import routes as bulk_changes
from noria.server.api.capture import routes as capture
from noria.server.api.discovery import routes as discovery
from noria.server.api.drift import routes as drift
from noria.server.api.feedback import routes as feedback
from noria.server.api.fields import routes as fields
from noria.server.api.functions import routes as functions
from noria.server.api.invoke import routes as invoke
from noria.server.api.label_errors import routes as label_errors
from noria.server.api.labels import routes as labels
from noria.server.api.legacy import routes as legacy
from noria.server.api.live import routes as live
from noria.server.api.models import routes as models
from noria.server.api.projects import routes as projects
from noria.server.api.redaction import routes as redaction
from noria.server.api.samples import routes as samples
from noria.server.api.search import routes as search
from noria.server.api.tags import routes as tags
from noria.server.api.team import routes as team
from noria.server.api.tokens import routes as tokens
from noria.server.api.transfers import routes as transfers
from noria.server.api.webhooks import routes as webhooks

routes = [
    *tokens,
    *projects,
    *functions,
    *fields,
    *labels,
    *tags,
    *samples,
    *bulk_changes,
    *transfers,
    *feedback,
    *label_errors,
    *invoke,
    *search,
    *capture,
    *redaction,
    *discovery,
    *team,
    *live,
    *drift,
    *webhooks,
    *models,
    *audit,
    *legacy,
]
