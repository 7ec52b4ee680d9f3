"""The OpenAPI document: complete, valid, and kept by the server when thousands of calls are made from it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
import schemathesis
from running_server import RunningServer

NYCKELS = {
    "ListFunctions", "PostFunction", "GetFunction", "GetFunctionSummary", "PutFunction", "DeleteFunction",
    "PostLabel", "ListLabels", "GetLabel", "PutLabel", "DeleteLabel", "PostSample", "ListSamples", "GetSample",
    "DeleteSample", "PutAnnotation", "DeleteAnnotation", "InvokeFunction",
}  # fmt: skip
FILES = ("GetFile", "GetExportFile", "GetMonitoring")
LIST_PARAMETERS = {
    "externalId", "startIndex", "count", "annotated", "predicted", "annotationLabelId", "predictionLabelId",
    "predictionAndAnnotationAgree", "captureReason", "origin", "searchText", "sampleIds[]", "sampleSetId", "inTrainSet",
    "createdBefore", "createdAfter", "sortBy", "sortOrder", "includeData", "batchSize",
}  # fmt: skip

# What a body says of names of labels and of capture rules is true or not by what the server holds at the time, and the
# expression of a rule has a grammar: no schema can tell. Rows and fields are for functions of tables only, formats of files for
# texts or for images, and search is for all but tables. Such calls may be refused though they are well-formed. An import or
# export that is deleted has stopped and stays listed, and an export has its file when it is done; where that is JSON, it is
# still a file.
CAMPAIGN = """
seed = 20260101
[cache]
enabled = false
[parameters]
"path.functionId" = "{function}"
[generation]
max-examples = 6
[phases.stateful.generation]
max-examples = 20
[[operations]]
include-operation-id = [
    "PostSample", "PostSampleV09", "PutAnnotation", "PutAnnotationV09", "PostAnnotation", "PostAnnotationV09",
    "PostFeedback", "PutCapture", "PostCapturePreview", "PostRuleCheck", "PutRedaction", "PostRedactionCheck", "KeepLabel", "TakeLabel",
    "InvokeSearchFunction", "Search", "InvokeFunction", "InvokeFunctionV09", "InvokeFunctionOnList", "PostField", "PutField",
    "ListTags", "GetLiveTags", "PutTag", "PostImport", "PostImportCheck", "PostImportStart", "PostExport",
    "MergeLabel", "PostSamplesDelete", "PostSamplesRelabel", "PostSamplesMove", "PostFunction",
]
checks = {{ positive_data_acceptance = {{ enabled = false }} }}
[[operations]]
include-operation-id = ["GetImport", "GetExport", "GetExportFile", "DeleteImport", "DeleteExport"]
checks = {{ use_after_free = {{ enabled = false }}, ensure_resource_availability = {{ enabled = false }} }}
[[operations]]
include-operation-id = "GetExportFile"
checks = {{ response_schema_conformance = {{ enabled = false }} }}
[[operations]]
include-operation-id = "DeleteFunction"
parameters = {{ "path.functionId" = "function_gone" }}
"""


@pytest.fixture(scope="module")
def document(http: httpx.Client) -> dict[str, Any]:
    answer = httpx.get(f"{http.base_url}/schema", trust_env=False)  # without a token
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    return answer.json()


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["operationId"]: each for verbs in document["paths"].values() for each in verbs.values()}


def test_it_is_valid_openapi(document: dict[str, Any]) -> None:
    schemathesis.openapi.from_dict(document).validate()
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)


def test_nyckels_operations_have_their_ids(document: dict[str, Any]) -> None:
    assert operations(document).keys() >= NYCKELS


def test_lists_know_nyckels_filters(document: dict[str, Any]) -> None:
    parameters = operations(document)["ListSamples"]["parameters"]
    assert {each["name"] for each in parameters if each["in"] == "query"} >= LIST_PARAMETERS
    assert {each["name"] for each in parameters if each["in"] == "path"} == {"functionId"}


def test_each_operation_is_complete(document: dict[str, Any]) -> None:
    for id, operation in operations(document).items():
        assert operation["summary"].endswith("."), id
        if not id.startswith("Delete") and id not in FILES:  # an empty body
            assert operation["responses"]["200"]["content"]["application/json"]["schema"], id
        closed = bool(operation["security"])
        assert closed == ("x-scope" in operation), id
        assert closed == ("403" in operation["responses"]) or id == "GetFile", id  # its link can be refused
        for status, answer in operation["responses"].items():
            if status != "200":
                shape = answer["content"]["application/json"]["schema"]
                assert shape == {"$ref": "#/components/schemas/Problem"}, id


@pytest.mark.parametrize(
    ("id", "media"),
    [("PostFunction", "application/json"), ("InvokeFunction", "application/json"),
     ("PostToken", "application/x-www-form-urlencoded")],
)  # fmt: skip
def test_bodies_are_told(document: dict[str, Any], id: str, media: str) -> None:
    body = operations(document)[id]["requestBody"]
    name = body["content"][media]["schema"]["$ref"].rpartition("/")[2]
    assert document["components"]["schemas"][name]["required"]


@pytest.mark.parametrize(("shape", "key"), [("SampleShape", "annotation"), ("SampleShape", "prediction"),
                                            ("SampleShape", "sampleSets"), ("FunctionOutput", "labelConfidences")])  # fmt: skip
def test_what_is_never_null_is_not_said_to_be(document: dict[str, Any], shape: str, key: str) -> None:
    found = document["components"]["schemas"][shape]
    assert key not in found["required"]
    assert "null" not in str(found["properties"][key])


def test_calls_made_from_it_get_what_it_says(
    server: RunningServer, http: httpx.Client, function: dict[str, str], tmp_path: Path
) -> None:
    """Well-formed and ill-formed calls of every operation, alone and one after another, by schemathesis."""
    campaign = tmp_path / "schemathesis.toml"
    campaign.write_text(CAMPAIGN.format(function=function["id"]))
    command = [
        *(
            sys.executable,
            "-m",
            "schemathesis.cli",
            "--config-file",
            str(campaign),
            "run",
            f"{server.url}/schema",
        ),
        *("--header", f"Authorization: {http.headers['Authorization']}", "--no-color", "--max-time", "40"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert " 0 generated" not in done.stdout
