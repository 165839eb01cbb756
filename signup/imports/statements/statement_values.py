"""The parameters of the statements of `import_sql`, by name and type."""

from datetime import datetime
from typing import TypedDict


class ChunkValues(TypedDict):
    """What the statements take of the run and its list."""

    at: datetime | str
    """The present, by the database's clock: the same in all statements of a chunk."""
    list_id: int
    controller: str
    run_id: int
    owner: str
    attempt: int
    lease: int


class ProgressValues(ChunkValues):
    """What `ADVANCE` takes besides: how far the run is once the chunk is merged."""

    rows: int
    line: int
    counts: str
