"""How every network is run: on one thread, which sleeps when it has nothing to do."""

import os
from pathlib import Path
from typing import Any

# From 1.29 on ONNX Runtime reports to its maker, from the moment it is imported, unless this is set before.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def onnx_session(model: Path | bytes) -> Any:
    """A session of ONNX Runtime for a model file or its content; it may be run from many threads at once."""
    import onnxruntime  # here and not above: it takes a while, and a command that embeds nothing need not wait

    options = onnxruntime.SessionOptions()
    # One thread a sample: more throughput comes from concurrent requests, and a second thread gained nothing.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    source = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
