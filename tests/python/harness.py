"""What the tests of the Python module share: run as TEST.py PROGRAM [MODULE_FOLDER]."""
import pathlib
import sys
import unittest

program = sys.argv[1] if len(sys.argv) > 1 else "digon"
if len(sys.argv) > 2:
    sys.path.insert(0, sys.argv[2])
root = pathlib.Path(__file__).resolve().parents[2]


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def main():
    unittest.main(argv=[sys.argv[0]], verbosity=1)
