"""pandas and R read the tables of a study without arguments: names, numbers as numbers, texts as texts, nothing as missing.
Each where it is installed; exit status 77 where neither is.

    pandas_test.py DIGON
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

program = str(pathlib.Path(sys.argv[1]).resolve())
STUDY = """compute = ["gap", "geometry"]
[cell]
n = 3
m = 1
steps = 20
batch = 64
starts = 1
optimum-starts = 1
[[case]]
name = "linear"
kind = "linear"
[[case]]
name = "ReLU, 0.5"
[axes]
density = [0.5, 0.1]
"""
#: The kind of a column: number or text.
KINDS = {"cell": "number", "case": "text", "density": "number", "law": "text", "trained_loss": "number",
         "optimum_geometry": "text", "relative_gap": "number", "optimum_instance": "number"}


def by_pandas(path):
    import pandas
    table = pandas.read_csv(path)
    kinds = {name: "number" if pandas.api.types.is_numeric_dtype(table[name]) else "text" for name in table.columns}
    return len(table), kinds, float(table["trained_loss"].sum())


def by_r(path):
    said = subprocess.run(["Rscript", "-e", f"t <- read.csv('{path}'); cat(nrow(t), sprintf('%.17g', sum(t$trained_loss)), "
                           "paste(names(t), ifelse(sapply(t, is.numeric), 'number', 'text'), sep='='), sep='\\n')"],
                          check=True, capture_output=True, text=True).stdout.split("\n")
    return int(said[0]), dict(line.split("=") for line in said[2:] if line), float(said[1])


def faults(read, path, total):
    rows, kinds, loss = read(path)
    found = [f"{name} is {kinds.get(name)}" for name, kind in KINDS.items() if kinds.get(name) != kind]
    return found + ([] if (rows, len(kinds)) == (4, len(set(kinds))) else [f"{rows} rows"]) + (
        [] if abs(loss - total) < 1e-12 * total else [f"sum {loss}, not {total}"])


readers = []
try:
    import pandas  # noqa: F401
    readers.append(by_pandas)
except ImportError:
    pass
if shutil.which("Rscript"):
    readers.append(by_r)
if not readers:
    print("neither pandas nor R is installed")
    sys.exit(77)
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    (folder / "s.toml").write_text(STUDY)
    done = subprocess.run([program, "sweep", "s.toml", "--json"], cwd=folder, check=True, capture_output=True, text=True)
    cells = json.loads(done.stdout)[0]["cells"]
    total = sum(cell["trained_loss"] for cell in cells)
    table = folder / "s" / "cells.csv"
    spoilt = folder / "spoilt.csv"
    spoilt.write_text(table.read_text().replace(",0.5,", ",half,"))
    for read in readers:
        assert not faults(read, table, total), faults(read, table, total)
        assert "density is text" in faults(read, spoilt, total)  # null: a text among numbers
print(" and ".join({by_pandas: "pandas", by_r: "R"}[read] for read in readers), "read the table")
