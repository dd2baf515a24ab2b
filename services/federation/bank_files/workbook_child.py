"""Reads one workbook in a process of its own: bytes on standard input, rows on standard output.

Started by sheets.py, never imported. A hostile workbook can make the reader ask for a terabyte
or end its process (both seen), so it gets a process that may die and has little to take.
"""

import datetime as dt
import io
import resource
import sys

import msgspec
import python_calamine

MEMORY_MAX = 512 * 1024 * 1024
SECONDS_MAX = 20


def main() -> None:
    """Rows of the first sheet as msgpack: text as text, a number or date as a marked pair."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MAX, SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    book = python_calamine.load_workbook(io.BytesIO(sys.stdin.buffer.read()))
    rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    cells = [[_cell(value) for value in row] for row in rows]
    sys.stdout.buffer.write(msgspec.msgpack.encode(cells))


def _cell(value: object) -> str | tuple[str, str]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        # The shortest decimal that means this number: what the sheet shows.
        return ("number", repr(value))
    if isinstance(value, (dt.datetime, dt.date)):
        return ("date", value.isoformat()[:10])
    return str(value).strip()


if __name__ == "__main__":
    main()
