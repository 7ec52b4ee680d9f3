"""Many people label at once: nobody gets what another has, nothing is left over, nobody waits while there is work."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from annotators import Annotator, work_together
from large_function import Size, build
from running_server import RunningServer

from noria.records.opinion import OpinionKind
from noria.storage.database import Database
from noria.storage.tables import annotation_log, opinions, samples

STAGED = 90
CROWDS = [
    pytest.param(4, STAGED, 0.0, 0.0, id="4 people"),
    pytest.param(4, STAGED, 0.0, 0.4, id="4 people, two for some"),
    pytest.param(10, 3000, 0.05, 0.0, id="10 people", marks=pytest.mark.long),
    pytest.param(10, 3000, 0.05, 0.2, id="10 people, two for some", marks=pytest.mark.long),
]


@pytest.fixture
def server(new_loopback_address: Any, tmp_path: Path) -> Iterator[RunningServer]:
    running = RunningServer(new_loopback_address(), tmp_path / "data").start()
    yield running
    running.stop()


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("n_people", "staged", "look_s", "overlap"), CROWDS)
def test_each_item_is_labelled_once_by_one_person_and_again_only_where_two_are_asked(
    server: RunningServer, n_people: int, staged: int, look_s: float, overlap: float
) -> None:
    url = f"sqlite:///{server.data}/noria.db"
    function_id = build(url, "many hands", Size(6, staged + 20, 20, staged, hours=1))
    with server.http() as http:
        http.put(f"/v1/functions/{function_id}/capture", json={"overlap": overlap}).raise_for_status()
        label_ids = [label["id"] for label in http.get(f"/v1/functions/{function_id}/labels").json()]
    people = [Annotator(f"person {i}", server, function_id, look_s) for i in range(n_people)]
    work_together(people, label_ids)
    database = Database.open(url)
    with database.read() as connection:
        labelled = Counter(
            connection.scalars(sa.select(annotation_log.c.sample_id).where(annotation_log.c.by != "ada"))
        )
        first = {row.id: row.annotated_by for row in connection.execute(sa.select(samples))}
        asked = sa.select(opinions.c.sample_id, opinions.c.by, opinions.c.said)
        again = connection.execute(asked.where(opinions.c.kind == OpinionKind.SECOND)).all()
    database.close()
    assert len(labelled) == staged
    assert set(labelled.values()) == {1}
    assert Counter(id for one in people for id in one.given) == labelled + Counter(o.sample_id for o in again)
    assert all(o.by != first[o.sample_id] and o.said for o in again)
    assert max(Counter(o.sample_id for o in again).values(), default=0) == bool(overlap)
    assert min(len(one.given) for one in people) > staged / n_people / 4  # nobody starved
