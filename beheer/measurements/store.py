"""Writing measurements: a batch becomes one file for each day it touches, named by the batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import numpy as np
import pyarrow as pa

from beheer.measurements.files import fact, is_merged, live_names, write_table
from beheer.measurements.schema import DAY_US, SCHEMA, Row, raw_folder


def append(batch_id: UUID | str, rows: Sequence[Row]) -> int:
    """Store a batch durably; storing it twice is storing it once. Gives the number of rows that were new.

    `batch_id`: letters, digits and hyphens. Rows are tuples in the order of Row; they may be of several days.
    Raises: StoreFailed where the disk does not take it; the batch may be offered again.
    """
    if not rows:
        return 0
    columns = list(zip(*rows, strict=True))
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return append_table(batch_id, pa.Table.from_arrays(arrays, schema=SCHEMA))


def append_table(batch_id: UUID | str, table: pa.Table) -> int:
    """As `append`, for rows that stand in a table already (of SCHEMA)."""
    name = str(batch_id)
    if not name or not name.replace("-", "").isalnum():
        raise ValueError(f"{name!r} cannot name a batch")
    measured_at = table["measured_at"].cast(pa.int64()).to_numpy()
    days = measured_at // DAY_US
    stored = 0
    for number in np.unique(days):
        day = date(1970, 1, 1) + timedelta(days=int(number))
        part = table.filter(pa.array(days == number))
        stored += _append_day(name, day, part)
    return stored


def _append_day(batch_id: str, day: date, table: pa.Table) -> int:
    if is_stored(batch_id, day):
        return 0
    ordered = table.sort_by(
        [("check_id", "ascending"), ("metric", "ascending"), ("measured_at", "ascending")]
    )
    write_table(ordered, raw_folder(day) / f"b-{batch_id}.parquet", {"batches": [batch_id]})
    return len(ordered)


def is_stored(batch_id: str, day: date) -> bool:
    """Whether the rows of a batch that are of this day are stored: as their own file or merged."""
    folder = raw_folder(day)
    if (folder / f"b-{batch_id}.parquet").exists():
        return True
    for _ in range(10):
        try:
            return any(
                batch_id in fact(folder / name, "batches") for name in live_names(folder) if is_merged(name)
            )
        except FileNotFoundError:
            continue
    raise FileNotFoundError(f"{folder} changes faster than it can be read")
