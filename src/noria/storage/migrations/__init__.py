"""Alembic migrations; `noria.storage.migrate` runs them on opening."""
