"""`noria key`: API clients, made and revoked where the data is."""

from datetime import UTC, datetime
from pathlib import Path

from cyclopts import App
from rich.console import Console
from rich.table import Table

from noria.records.client import Scope
from noria.records.ids import canonical
from noria.serving.auth import Auth
from noria.settings import Settings
from noria.storage import Storage, folder, open_storage

app = App(name="key", help="API clients: create, list, revoke.")


@app.command
def create(name: str = "client", *, scope: Scope = Scope.ADMIN, data: Path | None = None) -> None:
    """Make an API client and print its id and secret; the secret is shown this once.

    Args:
        name: What the list calls it.
        scope: What its tokens allow: invoke, view, annotate, edit or admin; each allows what those before it do.
        data: The data folder; ./data unless NORIA_DATA says otherwise.
    """
    storage = _open(data)
    client, secret = Auth(storage).new_client(name, scope)
    storage.close()
    print(f"NORIA_CLIENT_ID={client.id}\nNORIA_CLIENT_SECRET={secret}")


@app.command(name="list")
def list_(*, data: Path | None = None) -> None:
    """List the API clients.

    Args:
        data: The data folder; ./data unless NORIA_DATA says otherwise.
    """
    storage = _open(data)
    table = Table("id", "name", "scope", "created", "revoked")
    for client in storage.clients.all():
        revoked = f"{client.revoked_at:%Y-%m-%d %H:%M}" if client.revoked_at else ""
        table.add_row(client.id, client.name, client.scope, f"{client.created_at:%Y-%m-%d %H:%M}", revoked)
    Console().print(table)
    storage.close()


@app.command
def revoke(client_id: str, *, data: Path | None = None) -> None:
    """Revoke an API client; its tokens stop working within a second.

    Args:
        client_id: Its id, as `noria key list` shows it.
        data: The data folder; ./data unless NORIA_DATA says otherwise.
    """
    storage = _open(data)
    known = {client.id for client in storage.clients.all()}
    chosen = client_id if client_id in known else canonical("client", client_id)
    storage.clients.revoke(chosen, datetime.now(UTC))
    storage.close()
    print(f"{chosen} is revoked.")


def _open(data: Path | None) -> Storage:
    settings = Settings.from_environment(data=data)
    folder.prepare(settings.data)
    return open_storage(settings.database_url)
