"""Reads an export back with other people's readers and compares what they see.

    python tests/interop/read_back.py FOLDER

Needs frictionless[json] and duckdb from PyPI. For every record of the folder's datapackage.json: bytes and SHA-256 of each
file, the row counts, and the rows of CSV (Python's csv), NDJSON (Python's json) and Parquet (DuckDB) against each other, cell
by cell; then `frictionless validate` of the package.
"""

import csv
import gzip
import hashlib
import io
import json
import os
import pathlib
import sys

import duckdb
import frictionless


def read(path):
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def csv_rows(path, fields):
    rows = list(csv.reader(io.StringIO(read(path).decode("utf-8"), newline="")))
    assert rows[0] == [field["name"] for field in fields], (path, rows[0])
    return [[cell or None for cell in row] for row in rows[1:]]


def text(value):
    """A JSON value as a CSV cell."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        return json.dumps(value, sort_keys=True)
    return str(value)


def ndjson_rows(path, fields):
    rows = [json.loads(line) for line in read(path).decode("utf-8").split("\n") if line]
    names = [field["name"] for field in fields]
    for row in rows:
        assert list(row) == names, (path, list(row))
    return [[text(value) for value in row.values()] for row in rows]


def parquet_rows(path, fields):
    cells = [
        f"strftime(\"{f['name']}\" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ')" if f["type"] == "datetime" else f"\"{f['name']}\""
        for f in fields
    ]
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    rows = connection.execute(f"SELECT {', '.join(cells)} FROM read_parquet(?)", [str(path)]).fetchall()
    return [[text(value) for value in row] for row in rows]


def normal(value, field):
    """Cells that formats may spell differently: JSON by its value, dates only where they are RFC 3339."""
    if value is not None and field["type"] in ("object", "array", "any"):
        return json.dumps(json.loads(value), sort_keys=True)
    if value is not None and field["type"] == "datetime" and not value.endswith("Z"):
        return "(another form)"
    return value


def main(folder):
    folder = pathlib.Path(folder)
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    records = {}
    for resource in package["resources"]:
        path = folder / resource["path"]
        data = path.read_bytes()
        assert len(data) == resource["bytes"], path
        assert f"sha256:{hashlib.sha256(data).hexdigest()}" == resource["hash"], path
        fields = resource["schema"]["fields"]
        if path.suffix == ".zst":
            continue
        rows = {"csv": csv_rows, "ndjson": ndjson_rows, "parquet": parquet_rows}[resource["format"]](path, fields)
        assert len(rows) == resource.get("rows", resource.get("row_count")), (path, len(rows))
        records.setdefault(resource["title"], []).append((resource, fields, rows))
    for record, readings in records.items():
        (_, _, first), *others = readings
        for resource, fields, rows in others:
            odd = {i for i, f in enumerate(fields) if any(r[1][i].get("format") == "any" for r in readings)}
            for number, (left, right) in enumerate(zip(first, rows)):
                for i, field in enumerate(fields):
                    if i in odd:
                        continue
                    assert normal(left[i], field) == normal(right[i], field), (record, number, field, left[i], right[i])
    os.chdir(folder)
    report = frictionless.validate("datapackage.json")
    assert report.valid, report.to_summary()
    print(f"{len(package['resources'])} files of {len(records)} records read back alike")


if __name__ == "__main__":
    main(*sys.argv[1:])
