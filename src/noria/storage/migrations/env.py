"""Alembic's entry: runs on the connection, and in the transaction, that `migrate` hands over."""

from alembic import context

from noria.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
    transactional_ddl=False,  # the caller's transaction is the only one
)
context.run_migrations()
