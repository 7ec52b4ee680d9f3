"""Servers and their database on two hosts, and the network between them is cut for a while, under load.

python -m campaigns.cut_network LEDGERS

It is begun in a network of its own, where the database and the object store are; what was measured is printed. The server, its
worker and the clients are in another one, and a cable is between: pulled out it is silent, nobody is told of anything.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from campaigns.books import CALLS, check_books
from campaigns.campaign import PATIENCE_S, Campaign
from object_store import ObjectStore
from postgres_server import PostgresServer
from running_server import RunningServer, wait_for

HERE, THERE = "10.91.0.1", "10.91.0.2"
CUTS_S = (4.0, 12.0)  # shorter and longer than it takes to be noticed
WARM_S = 2.0


@dataclass(frozen=True, slots=True)
class OtherHost:
    """A network of its own at the other end of the cable; commands are run in it."""

    under: tuple[str, ...]

    def cut(self) -> None:
        _ip("link", "set", "here", "down")

    def join(self) -> None:
        _ip("link", "set", "here", "up")


@contextmanager
def other_host() -> Iterator[OtherHost]:
    holder = subprocess.Popen(
        ("unshare", "--net", "sh", "-c", "echo there && exec sleep infinity"), stdout=-1
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"there\n"
        under = ("nsenter", "--target", str(holder.pid), "--net")
        _ip("link", "add", "here", "type", "veth", "peer", "name", "there", "netns", str(holder.pid))
        for name, address, within in (("here", HERE, ()), ("there", THERE, under)):
            _ip("link", "set", "lo", "up", under=within)
            _ip("address", "add", f"{address}/24", "dev", name, under=within)
            _ip("link", "set", name, "up", under=within)
        yield OtherHost(under)
    finally:
        holder.kill()
        holder.wait()


def _ip(*words: str, under: tuple[str, ...] = ()) -> None:
    subprocess.run([*under, "ip", *words], check=True)


def run(campaign: Campaign, host: OtherHost) -> str:
    campaign.start_clients(under=host.under)
    wait_for(lambda: len(campaign.acknowledged()) > 20, what="some acknowledgements")
    cuts, trained_s = [], []
    for seconds in CUTS_S:
        time.sleep(WARM_S)
        host.cut()
        began = time.time()
        time.sleep(seconds)
        cuts.append((began, time.time()))
        host.join()
        trained_s.append(campaign.wait_until_trained())
        before = sum(entry["kind"] == "captured" for entry in campaign.acknowledged())
        captured = lambda: sum(entry["kind"] == "captured" for entry in campaign.acknowledged()) > before  # noqa: B023, E731
        wait_for(captured, PATIENCE_S, "a capture after the cut")
    campaign.stop_clients()
    campaign.wait_until_trained()
    campaign.server.stop()
    held = check_books(campaign)
    calls = [entry for entry in campaign.acknowledged() if entry["kind"] in CALLS]
    meanwhile = sorted(
        entry["seconds"] for entry in calls if any(began < entry["at"] < end for began, end in cuts)
    )
    assert meanwhile, "no call was answered while the network was cut"
    p95 = meanwhile[int(0.95 * len(meanwhile))]
    return (
        f"network cut for {' and '.join(f'{s:g} s' for s in CUTS_S)}: {held}; {len(meanwhile)} calls answered meanwhile, "
        f"p95 {p95:.3f} s, longest {meanwhile[-1]:.2f} s; trained {', '.join(f'{s:.1f} s' for s in trained_s)} after"
    )


def main(ledgers: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix=f"noria-pg-{os.getpid()}-"))
    postgres, store = PostgresServer(folder, HERE), ObjectStore(HERE, Path(ledgers) / "store")
    with other_host() as host:
        try:
            postgres.create().start()
            os.environ.update(store.start().environment)
            environment = {
                "NORIA_DATABASE": f"postgresql://noria@{HERE}/postgres", "NORIA_BLOBS": store.url()
            }  # fmt: skip
            server = RunningServer(THERE, Path(ledgers) / "data", environment, under=host.under)
            campaign = Campaign.begin(server, Path(ledgers))
            try:
                print(run(campaign, host))
            finally:
                campaign.close()
        finally:
            store.kill()
            postgres.stop()
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
