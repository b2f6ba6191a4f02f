"""The notebooks of docs/notebooks run from top to bottom, give the outputs of the kinds they are stored with, and are
small.

    notebooks_test.py PROGRAM MODULE_FOLDER; skipped where there is no nbconvert or matplotlib, of PyTorch's without it.
With --write they are stored with their outputs."""
import contextlib
import importlib.util
import os
import sys
import time
import unittest

import harness

write = "--write" in sys.argv
for package in ("nbconvert", "ipykernel", "matplotlib"):
    if importlib.util.find_spec(package) is None:
        harness.skip(f"{package} is not installed")
import nbformat
from nbconvert.preprocessors import CellExecutionError, ExecutePreprocessor

os.environ["PYTHONPATH"] = os.path.abspath(sys.argv[2])
os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # or the kernel complains of its own Python
os.environ.pop("MPLBACKEND", None)  # the kernel's own, which puts figures into cells
notebooks = sorted((harness.root / "docs/notebooks").glob("*.ipynb"))
LARGEST = 200_000  # bytes


def executed(notebook):
    notebook = nbformat.from_dict(notebook)
    ExecutePreprocessor(timeout=120, kernel_name="python3").preprocess(notebook, {"metadata": {"path": "/tmp"}})
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = [one for one in cell.outputs if one.output_type != "stream" or one.name != "stderr"]
    return notebook


@contextlib.contextmanager
def timed(name):
    begin = time.monotonic()
    yield
    print(f"{name}: {time.monotonic() - begin:.1f} s")


def kinds(notebook):
    """What each cell gives: "stream", "image/png". What is printed in pieces is one stream."""
    def of_output(one):
        return [one.output_type] if one.output_type == "stream" else sorted(one.data)

    def of_cell(cell):
        found = [kind for one in cell.get("outputs", []) for kind in of_output(one)]
        return [kind for kind, before in zip(found, [None, *found]) if kind != "stream" or before != "stream"]

    return [of_cell(cell) for cell in notebook.cells]


class Notebooks(unittest.TestCase):
    def test_they_run(self):
        self.assertEqual(len(notebooks), 4)
        for path in notebooks:
            with self.subTest(path.name), timed(path.name):
                stored = nbformat.read(path, as_version=4)
                nbformat.validate(stored)
                if "torch" in path.name and importlib.util.find_spec("torch") is None:
                    continue
                now = executed(stored)
                if write:
                    nbformat.write(now, path)
                    continue
                self.assertEqual(kinds(now), kinds(stored))
                self.assertTrue(any("image/png" in one for one in kinds(stored)))
                self.assertLess(path.stat().st_size, LARGEST)

    def test_one_that_fails_is_noticed(self):
        wrong = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import digon\ndigon.Law()")])
        with self.assertRaises(CellExecutionError):
            executed(wrong)


if __name__ == "__main__":
    harness.main()
