"""Examples of calling a function from outside; they run as pasted once they carry a client's id and secret."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from string import Template
from types import MappingProxyType
from urllib.parse import urlsplit

from noria.records.function import Function, Modality, Output
from noria.server.dashboard.languages import t

EXAMPLE = "My card has not arrived yet"
PICTURE = "picture.jpg"
_COMPATIBLE_PORT = 5000
_NAMES_TO_FILL_IN = {"client": "YOUR_CLIENT_ID", "secret": "YOUR_CLIENT_SECRET", "token": "YOUR_TOKEN"}

ExampleRow = Mapping[str, float | str]


@dataclass(frozen=True, slots=True)
class Snippet:
    title: str
    language: str
    code: str
    note: str | None = None


_CURL = Template("""\
curl -s '$server$path' \\
  -H 'Authorization: Bearer $token' \\
$curl
""")
_TOKEN = Template("""\
curl -s '$server/connect/token' \\
  -d grant_type=client_credentials \\
  -d client_id='$client' \\
  -d client_secret='$secret'
""")
_PYTHON = Template("""\
import json
${python_import}from urllib.parse import urlencode
from urllib.request import Request, urlopen

SERVER = "$server"

form = urlencode({
    "grant_type": "client_credentials",
    "client_id": "$client",
    "client_secret": "$secret",
})
with urlopen(SERVER + "/connect/token", form.encode()) as response:
    token = json.load(response)["access_token"]  # good for an hour
$python_read
call = Request(
    SERVER + "$path",
    json.dumps({"data": $python_data}).encode(),
    {"Authorization": "Bearer " + token, "Content-Type": "application/json"},
)
with urlopen(call) as response:
    answer = json.load(response)
$python_print
""")
_JAVASCRIPT = Template("""\
// Runs in Node 18 or later; save it as call.mjs.
const server = "$server";

const signIn = await fetch(server + "/connect/token", {
  method: "POST",
  body: new URLSearchParams({
    grant_type: "client_credentials",
    client_id: "$client",
    client_secret: "$secret",
  }),
});
const { access_token } = await signIn.json(); // good for an hour
$script_read
const response = await fetch(server + "$path", {
  method: "POST",
  headers: { Authorization: "Bearer " + access_token$script_type },
  body: $script_body,
});
const answer = await response.json();
$script_print
""")
_NYCKEL = Template("""\
from nyckel import Credentials, $kind

credentials = Credentials("$client", "$secret", server_url="$server")
function = $kind("$bare", credentials)
print(function.invoke([$asked]))
""")


_OF_TEXT = {
    "asked": f'"{EXAMPLE}"',
    "kind": "TextClassificationFunction",
    "curl": f"  -H 'Content-Type: application/json' \\\n  -d '{{\"data\": \"{EXAMPLE}\"}}'",
    "python_import": "",
    "python_read": "",
    "python_data": f'"{EXAMPLE}"',
    "script_read": "",
    "script_type": ', "Content-Type": "application/json"',
    "script_body": f'JSON.stringify({{ data: "{EXAMPLE}" }})',
}
_OF_IMAGE = {
    "asked": f'"{PICTURE}"',
    "kind": "ImageClassificationFunction",
    "curl": f"  -F 'data=@{PICTURE}'",
    "python_import": "from base64 import b64encode\n",
    "python_read": f"""
with open("{PICTURE}", "rb") as file:
    picture = "data:image/jpeg;base64," + b64encode(file.read()).decode()
""",
    "python_data": "picture",
    "script_read": f"""
const form = new FormData();
form.append("data", new Blob([await (await import("node:fs/promises")).readFile("{PICTURE}")]), "{PICTURE}");
""",
    "script_type": "",
    "script_body": "form",
}


_OF_LABELS = {
    "python_print": 'print(answer["labelName"], answer["confidence"])',
    "script_print": "console.log(answer.labelName, answer.confidence);",
}
_WEIGHED = Template("""\

weights = {
$weights
}
best = max(answer["labelConfidences"], key=lambda label: label["confidence"] * weights.get(label["labelName"], 0))
print(best["labelName"])""")
_OF_TAGS = {
    "python_print": 'for tag in answer:\n    print(tag["labelName"], tag["confidence"])',
    "script_print": "for (const tag of answer) console.log(tag.labelName, tag.confidence);",
}
_OF_SEARCH = {
    "python_print": 'for sample in answer:\n    print(sample["sampleId"], sample["distance"], sample["externalId"])',
    "script_print": "for (const sample of answer) console.log(sample.sampleId, sample.distance, sample.externalId);",
}


def _of_row(row: ExampleRow) -> dict[str, str]:
    """Python and JavaScript read JSON of texts and numbers as it is, a shell between single quotes."""
    row = dict(row)
    lines = json.dumps(row, indent=4)
    body = json.dumps({"data": row}, indent=2).replace("'", r"'\''")
    return {
        "asked": lines,
        "kind": "TabularClassificationFunction",
        "curl": f"  -H 'Content-Type: application/json' \\\n  -d '{body}'",
        "python_import": "",
        "python_read": f"\nrow = {lines}\n",
        "python_data": "row",
        "script_read": f"\nconst row = {lines};\n",
        "script_type": ', "Content-Type": "application/json"',
        "script_body": "JSON.stringify({ data: row })",
    }


def _values(function: Function, row: ExampleRow) -> dict[str, str]:
    if function.input is Modality.TABULAR:
        return _of_row(row)
    return _OF_IMAGE if function.input is Modality.IMAGE else _OF_TEXT


_BY_OUTPUT = {Output.CLASSIFICATION: _OF_LABELS, Output.TAGS: _OF_TAGS, Output.SEARCH: _OF_SEARCH}


def path_of(function: Function) -> str:
    """Where a function is called."""
    return f"/v1/{'search-functions' if function.searches else 'functions'}/{function.id}/invoke"


def all_of(
    server: str,
    function: Function,
    client_id: str | None,
    secret: str | None,
    token: str | None,
    row: ExampleRow = MappingProxyType({}),
) -> list[Snippet]:
    """Snippets in the order of the page; without a client they hold names to fill in.

    row: what a table function is asked, by the names of its fields.
    """
    given = {"client": client_id, "secret": secret, "token": token}
    values = {
        "server": server,
        "path": path_of(function),
        "bare": function.id.partition("_")[2] or function.id,
        **_NAMES_TO_FILL_IN,
        **{name: value for name, value in given.items() if value},
        **_values(function, row),
        **_BY_OUTPUT[function.output],
    }
    if function.tags:
        values["kind"] = values["kind"].replace("Classification", "Tags")
    snippets = [
        Snippet("curl", "shell", _CURL.substitute(values)),
        Snippet(
            t("curl, for a token"), "shell", _TOKEN.substitute(values), t("A token is good for one hour.")
        ),
        Snippet("Python", "python", _PYTHON.substitute(values), t("Needs nothing but Python.")),
        Snippet("JavaScript", "javascript", _JAVASCRIPT.substitute(values)),
    ]
    if not function.searches:  # for which the package has nothing
        code = _NYCKEL.substitute(values)
        snippets.append(Snippet(t("Python, with the nyckel package"), "python", code, _nyckel_note(server)))
    return snippets


def weighed(
    server: str,
    function: Function,
    weights: Mapping[str, float],
    row: ExampleRow = MappingProxyType({}),
) -> Snippet:
    """A call that weighs the answer by label name; with names of a client to fill in.   row: as above."""
    values = {
        **_NAMES_TO_FILL_IN,
        "server": server,
        "path": f"{path_of(function)}?labelCount={len(weights)}",
        **_values(function, row),
        "python_print": _WEIGHED.substitute(weights=_lines(weights)),
    }
    return Snippet(t("Python that weighs its answers"), "python", _PYTHON.substitute(values))


def _lines(weights: Mapping[str, float]) -> str:
    return "\n".join(
        f"    {json.dumps(name, ensure_ascii=False)}: {weight:.3g}," for name, weight in weights.items()
    )


def _nyckel_note(server: str) -> str:
    if (urlsplit(server).port or 80) == _COMPATIBLE_PORT:
        return t("The package works unchanged: this server listens on port 5000, the one it knows.")
    return t(
        "The package can list samples only from a server at port 5000, so start Noria there if your program uses it for more than invoke."
    )
