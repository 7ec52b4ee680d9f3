"""Migrations, run one by one, give exactly the tables of `tables`."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from noria.storage import migrate, open_storage
from noria.storage.tables import metadata

POSTGRES_PARTS = {
    "columns": """select table_name, column_name, data_type, is_nullable, column_default, is_identity
        from information_schema.columns where table_schema = 'public'""",
    "indexes": "select tablename, indexname, indexdef from pg_indexes where schemaname = 'public'",
    "constraints": """select conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        from pg_constraint where connamespace = 'public'::regnamespace""",
}


def shape(connection):
    """Everything the database says about its tables, but Alembic's own one; triggers are only in migrations."""
    if connection.dialect.name == "sqlite":
        queries = {"sqlite": "select tbl_name, name, sql from sqlite_master where type <> 'trigger'"}
    else:
        queries = POSTGRES_PARTS
    rows = {(part, *row) for part, query in queries.items() for row in connection.execute(sa.text(query))}
    return {
        tuple(_in_any_order(" ".join(str(value).split())) for value in row)
        for row in rows
        if row[1] not in ("alembic_version", "sqlite_sequence")
    }


def _in_any_order(definition):
    """SQLite keeps the text of a CREATE, in which constraints may stand in another order."""
    return tuple(sorted(definition.removesuffix(" )").split(",")))


@pytest.fixture
def migrated(storage_url):
    storage = open_storage(storage_url)
    yield storage
    storage.close()


def test_migrations_give_the_tables_of_the_code(migrated):
    with migrated.database.read() as connection:
        found = shape(connection)
    with migrated.database.write() as connection:
        reflected = sa.MetaData()
        reflected.reflect(connection)
        reflected.drop_all(connection)
        metadata.create_all(connection)
        expected = shape(connection)
    assert expected
    assert found == expected


def test_there_is_nothing_left_to_migrate(migrated):
    with migrated.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert migrate.current(connection) == migrate.revisions()[-1]


def test_every_step_can_be_taken_back(migrated):
    with migrated.database.write() as connection:
        command.downgrade(migrate.config(connection), "base")
        assert shape(connection) == set()
        migrate.to_head(connection)
        assert shape(connection)


def test_an_older_database_is_brought_up_to_date_with_its_rows(storage_url):
    storage = open_storage(storage_url)
    project = storage.projects.create("kept", datetime(2026, 3, 1, tzinfo=UTC))
    with storage.database.write() as connection:
        command.downgrade(migrate.config(connection), "0001")
    storage.close()
    again = open_storage(storage_url)
    assert again.projects.all() == [project]
    assert again.clients.all() == []
    again.close()


def test_a_database_of_a_newer_noria_is_refused(storage_url):
    storage = open_storage(storage_url)
    with storage.database.write() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    storage.close()
    with pytest.raises(migrate.DatabaseTooNew, match="9999"):
        open_storage(storage_url)


def test_the_file_names_tell_the_newest_revision():
    assert ScriptDirectory.from_config(migrate.config()).get_heads() == [migrate.revisions()[-1]]


def test_an_up_to_date_database_opens_without_alembic(storage_url):
    open_storage(storage_url).close()
    code = "import sys, noria.storage as s; s.open_storage(sys.argv[1]); sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code, storage_url], check=False).returncode == 0
