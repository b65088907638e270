"""The routes of batches: handing one in, asking how far it is, and fetching what came of it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from datetime import UTC
from typing import Annotated, Final, Literal

from fastapi import FastAPI, Path, Query, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from bureau.access.access import Access
from bureau.access.purposes import PURPOSES
from bureau.casework.records import BatchJob
from bureau.errors import AlreadyKept
from serving.access import access_of, require_purpose
from serving.answers import BatchAnswer
from serving.batch_intake import Intake
from serving.batches import LARGEST_BATCH, Form
from serving.decision_routes import KEY_PARAMETER, key_of, require_once
from serving.errors import TooManyBatches
from serving.openapi import answers, operation
from serving.paths import BATCH, BATCH_RESULTS, BATCHES
from serving.problems import (
    BATCH_NOT_DONE,
    BATCH_TOO_LARGE,
    BODY_TOO_SLOW,
    IDEMPOTENCY_MISMATCH,
    INVALID,
    NO_PURPOSE,
    NOT_ON_RECORD,
    NOT_RECORDED,
    NOT_TABLE,
    TOO_MANY_BATCHES,
    ProblemError,
)
from serving.rooms import Rooms

__all__ = ["add_batch_routes"]

_FORMS: Final[dict[str, Form]] = {"text/csv": "csv", "application/vnd.apache.parquet": "parquet"}
_SLOWEST: Final = 240.0
_PIECE: Final = 1 << 20
_LATER: Final = "60"
_ADDING: Final = (
    NO_PURPOSE,
    BODY_TOO_SLOW,
    BATCH_TOO_LARGE,
    NOT_TABLE,
    INVALID,
    IDEMPOTENCY_MISMATCH,
    TOO_MANY_BATCHES,
    NOT_RECORDED,
)
_READING: Final = (NOT_ON_RECORD, NOT_RECORDED)

_BatchId = Annotated[str, Path(description="identifier of a batch")]
_ResultsForm = Annotated[Literal["csv", "parquet"], Query(description="form of the results")]
_PURPOSE_PARAMETER: Final = {
    "name": "purpose",
    "in": "query",
    "required": False,
    "description": "the permissible purpose, one that the subscriber has certified; without one nothing is taken in",
    "schema": {"type": "string", "enum": list(PURPOSES)},
}
_BODY: Final = {
    "required": True,
    "description": f"a table with a column consumer_ref or consumer_id, and any fields of an application; CSV in UTF-8 "
    f"with a header, or Parquet, of at most {LARGEST_BATCH} bytes",
    "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in _FORMS},
}


def add_batch_routes(app: FastAPI, rooms: Rooms) -> None:
    """Add the routes to an application."""

    @app.post(
        BATCHES,
        status_code=202,
        response_model=BatchAnswer,
        **operation(
            "add_batch",
            "Hand in a batch of consumers to be scored",
            answers(_ADDING, status=202, headers=("Location",)),
            parameters=(KEY_PARAMETER, _PURPOSE_PARAMETER),
            body=_BODY,
        ),
    )
    async def add_batch(request: Request) -> Response:
        key = key_of(request)
        form = _form_of(request)
        require_once(request, "purpose")
        access = access_of(request.scope)
        purpose = require_purpose(request.scope, request.query_params.get("purpose", ""))
        try:
            with rooms.batches.uploading(access):
                job = await _taken_in(request, rooms, form, (access, purpose, key))
        except TooManyBatches:
            raise ProblemError(TOO_MANY_BATCHES, headers={"Retry-After": _LATER}) from None
        location = BATCH.format(batch_id=job.batch_id)
        return Response(_told(job), 202, media_type="application/json", headers={"Location": location})

    @app.get(
        BATCH,
        response_model=BatchAnswer,
        **operation("batch", "How far a batch is", answers(_READING)),
    )
    async def batch(request: Request, batch_id: _BatchId) -> Response:
        job = await rooms.read(rooms.batches.job, batch_id, access_of(request.scope))
        return Response(_told(job), media_type="application/json")

    @app.get(
        BATCH_RESULTS,
        response_class=Response,
        **operation(
            "batch_results",
            "What came of a batch",
            answers((*_READING, BATCH_NOT_DONE, INVALID), media=tuple(_FORMS)),
        ),
    )
    async def batch_results(request: Request, batch_id: _BatchId, form: _ResultsForm = "parquet") -> Response:
        require_once(request, "form")
        blocks = await rooms.call(rooms.batches.results, batch_id, access_of(request.scope), rooms.clock())
        media_type = next(name for name, known in _FORMS.items() if known == form)
        return StreamingResponse(blocks if form == "parquet" else _as_csv(blocks), media_type=media_type)


def _form_of(request: Request) -> Form:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if media_type not in _FORMS or encoding != "identity":
        raise ProblemError(NOT_TABLE, headers={"Accept": ", ".join(_FORMS)})
    return _FORMS[media_type]


async def _taken_in(request: Request, rooms: Rooms, form: Form, told: tuple[Access, str, str | None]) -> BatchJob:
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared[:20]) > LARGEST_BATCH:
        raise ProblemError(BATCH_TOO_LARGE)
    intake = await rooms.call(rooms.batches.begin, form)
    job: BatchJob | None = None
    try:
        async with asyncio.timeout(_SLOWEST):
            async for piece in _pieces(request):
                await rooms.call(intake.write, piece)
        job = await rooms.call(_added, rooms, intake, told)
    except (TimeoutError, ClientDisconnect):
        raise ProblemError(BODY_TOO_SLOW, headers={"Connection": "close"}) from None
    finally:
        if job is None or job.batch_id != intake.batch_id:
            intake.discard()
    return job


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces that are worth a way to the disk."""
    held, size = bytearray(), 0
    async for piece in request.stream():
        held += piece
        size += len(piece)
        if size > LARGEST_BATCH:
            raise ProblemError(BATCH_TOO_LARGE)
        if len(held) >= _PIECE:
            yield bytes(held)
            held.clear()
    yield bytes(held)


def _added(rooms: Rooms, intake: Intake, told: tuple[Access, str, str | None]) -> BatchJob:
    access, purpose, key = told
    try:
        return rooms.batches.add(intake, access, purpose, rooms.clock(), key)
    except AlreadyKept as kept:
        if not kept.same_request:
            raise ProblemError(IDEMPOTENCY_MISMATCH) from None
        return rooms.batches.job(kept.object_id, access)


def _told(job: BatchJob) -> str:
    return BatchAnswer(
        batch_id=job.batch_id,
        state=job.state,
        rows=job.rows,
        done=job.done,
        failed=job.failed,
        created_at=job.created_at.replace(tzinfo=UTC),
        updated_at=job.updated_at.replace(tzinfo=UTC),
        model_version=job.model_version,
        why_failed=job.why,
    ).model_dump_json()


def _as_csv(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The results as CSV, codes of one row joined by blanks."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv
    import pyarrow.parquet as pq

    file = pq.ParquetFile(io.BytesIO(b"".join(blocks)))
    for number in range(file.num_row_groups):
        group = file.read_row_group(number)
        for name in ("reason_codes", "key_factor_codes"):
            joined = pc.binary_join(group[name].combine_chunks(), " ")
            group = group.set_column(group.column_names.index(name), name, joined)
        out = io.BytesIO()
        pa.csv.write_csv(group, out, pa.csv.WriteOptions(include_header=number == 0))
        yield out.getvalue()
