"""A served function's encoder and head behind FastAPI, as one would write it in an afternoon.

    NORIA_DATA=FOLDER NORIA_FUNCTION=ID uvicorn fastapi_app:app

Each kind of input has its endpoint twice: `def`, which FastAPI runs on its pool of threads, and `async def`, which keeps the
event loop for as long as the encoder takes.
"""

import os
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, File
from pydantic import BaseModel
from served_model import ServedModel

model = ServedModel(Path(os.environ["NORIA_DATA"]), os.environ["NORIA_FUNCTION"])
app = FastAPI()


class Call(BaseModel):
    data: str | dict[str, str | float | None]


class Answer(BaseModel):
    label: str
    confidence: float


def answer(sample: str | bytes | dict[str, str | float | None]) -> Answer:
    label, confidence = model.answer(sample)
    return Answer(label=label, confidence=confidence)


@app.post("/def")
def invoke(call: Call) -> Answer:
    return answer(call.data)


@app.post("/async-def")
async def invoke_async(call: Call) -> Answer:
    return answer(call.data)


@app.post("/file/def")
def invoke_file(data: Annotated[bytes, File()]) -> Answer:
    return answer(data)


@app.post("/file/async-def")
async def invoke_file_async(data: Annotated[bytes, File()]) -> Answer:
    return answer(data)
