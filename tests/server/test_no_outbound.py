"""The server calls nobody: a trace of its system calls, worker and model included, while it goes through the loop."""

import ipaddress
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from running_server import RunningServer, wait_for

from noria.serving.sign_ins import SignIns
from noria.storage import open_storage

STRACE = ("strace", "-f", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg,sendmmsg")
CALL = re.compile(r"\b(?:connect|sendto|sendm?msg)\(.*sa_family=AF_INET")
ADDRESS = re.compile(r'(?:inet_addr\(|inet_pton\(AF_INET6, )"([^"]+)"')
PAGES = ("capture", "samples", "samples/import", "invoke", "metrics", "integrate")


@pytest.fixture(autouse=True)
def tracer() -> None:
    if sys.platform != "linux":
        pytest.skip("system calls are traced by strace, which is for Linux alone")
    if shutil.which("strace") is None:
        pytest.fail("there is no strace; install it: apt install strace")


def called(trace: Path) -> set[str]:
    """The addresses that the traced processes connected or sent to."""
    lines = filter(CALL.search, trace.read_text(errors="replace").splitlines())
    return {address for line in lines for address in ADDRESS.findall(line)}


def is_of_this_machine(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return parsed.is_loopback or parsed.is_unspecified


def go_through_the_loop(server: RunningServer) -> None:
    with server.http() as http:
        body = {"name": "pets", "input": "Text", "output": "Classification"}
        id = http.post("/v1/functions", json=body).json()["id"]
        path = f"/v1/functions/{id}"
        for label, texts in (("cat", ("meow", "purr")), ("dog", ("woof", "bark"))):
            http.post(f"{path}/labels", json={"name": label})
            for text in texts:
                http.post(f"{path}/samples", json={"data": text, "annotation": {"labelName": label}})
        wait_for(lambda: http.get(f"{path}/models").json(), 120, "training")
        http.put(f"{path}/capture", json={"budgetPerDay": 1_000_000})
        for number in range(5):
            http.post(
                f"{path}/invoke", json={"data": f"https://example.com/{number} meow"}
            ).raise_for_status()
        http.get(f"{path}/capture/queue").raise_for_status()
        http.get(_new_link(server))
        for page in PAGES:
            http.get(f"/functions/{id}/{page}").raise_for_status()


def _new_link(server: RunningServer) -> str:
    storage = open_storage(f"sqlite:///{server.data}/noria.db")
    try:
        return SignIns(storage, server.url).link()
    finally:
        storage.close()


def test_the_server_connects_to_nobody(loopback_address: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    server = RunningServer(
        loopback_address,
        tmp_path / "data",
        {"NORIA_ENCODER": "bge-small-en-v1.5"},
        under=(*STRACE, "-o", str(trace)),
    )
    try:
        server.start()
        go_through_the_loop(server)
    finally:
        end(server)
    assert trace.stat().st_size
    assert {address for address in called(trace) if not is_of_this_machine(address)} == set()


def end(server: RunningServer) -> None:
    """The server under the tracer, which ends with it."""
    if server.process is not None:
        for child in psutil.Process(server.process.pid).children():
            child.terminate()
        server.process.wait(60)


def test_the_runtime_of_the_networks_reports_to_nobody(tmp_path: Path) -> None:
    """It would look up whom to report to, some nine seconds after its import."""
    trace, code = tmp_path / "trace", "import noria.encoders.onnx_session, onnxruntime, time; time.sleep(20)"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ORT_")}
    subprocess.run([*STRACE, "-o", str(trace), sys.executable, "-c", code], env=environment, check=True)
    assert called(trace) == set()


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_the_trace_would_show_it(tmp_path: Path, address: str) -> None:
    trace = tmp_path / "trace"
    family = "AF_INET6" if ":" in address else "AF_INET"
    code = f"import socket as s; s.socket(s.{family}, s.SOCK_DGRAM).connect(({address!r}, 9))"
    subprocess.run([*STRACE, "-o", str(trace), sys.executable, "-c", code], check=False)
    assert called(trace) == {address}
