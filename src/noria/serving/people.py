"""Who may sign in to the dashboard, and what each of them may do."""

from datetime import UTC, datetime, timedelta

from noria.errors import BadInput
from noria.records.person import Person, Role
from noria.serving.auth import Caller
from noria.serving.limits import checked_name
from noria.storage import Storage

_SEEN_EVERY = timedelta(minutes=1)


class People:
    """Roles are read once and followed by `refresh`, so that a request asks no database."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._known: dict[str, Person] = {}
        self._seen: dict[str, datetime] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read who there is, and write down who was here lately."""
        self._known = {person.name: person for person in self._storage.people.all()}
        for name, at in list(self._seen.items()):
            person = self._known.get(name)
            if person and (person.seen_at is None or at - person.seen_at >= _SEEN_EVERY):
                self._storage.people.seen(name, at)

    def caller(self, name: str) -> Caller | None:
        """None where nobody has this name, any more."""
        if name not in self._known:
            self.refresh()  # they may have come in a moment ago, through another process
        if (person := self._known.get(name)) is None:
            return None
        self._seen[name] = datetime.now(UTC)
        return Caller(name, person.role.scope, {id: role.scope for id, role in person.roles.items()})

    def add(self, name: object, role: Role) -> str:
        """The name as it stands now. Raises BadInput where somebody has it."""
        wanted = checked_name(name, "person")
        if not self._storage.people.add(wanted, role, datetime.now(UTC)):
            raise BadInput(
                f"There is somebody called {wanted}. Choose another name, or make a new link for them."
            )
        self.refresh()
        return wanted

    def set_role(self, name: str, role: Role) -> None:
        """Raises PersonNotFound, BadInput for the last admin."""
        self._storage.people.set_role(name, role)
        self.refresh()

    def set_function_role(self, function_id: str, name: str, role: Role | None) -> None:
        """None: as elsewhere. Raises PersonNotFound, FunctionNotFound."""
        self._storage.people.set_function_role(function_id, name, role)
        self.refresh()

    def remove(self, name: str) -> None:
        """Their sessions end within a second; what they labelled stays. Raises PersonNotFound, BadInput."""
        self._storage.people.remove(name)
        self._seen.pop(name, None)
        self.refresh()

    def all(self) -> list[Person]:
        """By name."""
        self.refresh()
        return list(self._known.values())
