"""The command line: `noria --help`."""

import sys

from cyclopts import App
from sqlalchemy.exc import DBAPIError

from noria import __version__
from noria.cli.backups import backup, move, restore
from noria.cli.bulk_invoke import bulk_invoke
from noria.cli.demo import demo
from noria.cli.erase import erase
from noria.cli.keys import app as keys
from noria.cli.labels import app as labels
from noria.cli.re_embed import re_embed
from noria.cli.remote import invoke, versions
from noria.cli.replay import replay
from noria.cli.samples import app as samples
from noria.cli.samples import copy
from noria.cli.serve import link, serve
from noria.cli.transfers import export, import_
from noria.cli.worker import worker
from noria.errors import NoriaError
from noria.storage import unusable

app = App(
    name="noria", version=__version__, help="Classifiers that improve themselves from their own traffic."
)
app.command(serve)
app.command(worker)
app.command(demo)
app.command(link)
app.command(keys)
app.command(invoke)
app.command(bulk_invoke)
app.command(import_, name="import")
app.command(export)
app.command(labels)
app.command(samples)
app.command(copy)
app.command(erase)
app.command(versions)
app.command(replay)
app.command(backup)
app.command(restore)
app.command(move)
app.command(re_embed)


def main() -> None:
    """The `noria` command: an error of ours is a sentence on stderr and status 1, never a traceback."""
    try:
        app(sys.argv[1:])
    except NoriaError as problem:
        print(f"noria: {problem}", file=sys.stderr)
        sys.exit(1)
    except DBAPIError as problem:  # opened, and then refused to go on
        print(f"noria: {unusable.in_words(problem)}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
