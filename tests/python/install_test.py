"""`pip install .` into a fresh virtual environment with the system's packages, without network and without the package
index; and what `cmake --install` leaves can be imported.

    install_test.py PROGRAM MODULE_FOLDER

It takes the module of the build that is there. With DIGON_PIP_REBUILD=1 it compiles all of it anew, as a user's first
`pip install .` does, which takes minutes."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import harness

build = pathlib.Path(sys.argv[2]).resolve().parent
CHECK = """
import digon, numpy
assert digon.__file__.startswith({where!r}), digon.__file__
assert digon.loss([[1.0], [-1.0]], None, digon.Law(1.0), kind="linear").loss < 0.667
assert digon.optimum(2, 1, digon.Law(0.1), populations=1, descents=4).geometry == "digon"
import pathlib
assert {{"_digon.pyi", "py.typed"}} <= {{path.name for path in pathlib.Path(digon.__file__).parent.iterdir()}}
"""


class Install(unittest.TestCase):
    def run_it(self, *words, **environment):
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, cwd="/",
                              env={**os.environ, **environment})
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr[-4000:])
        return done.stdout

    def test_pip(self):
        with tempfile.TemporaryDirectory() as folder:
            self.run_it(sys.executable, "-m", "venv", "--system-site-packages", "--without-pip", folder)
            python = pathlib.Path(folder) / "bin" / "python"
            reused = {} if os.environ.get("DIGON_PIP_REBUILD") else {"DIGON_BUILD": str(build)}
            self.run_it(python, "-m", "pip", "install", "--no-build-isolation", "--no-index", "--no-deps", "--quiet",
                        harness.root, **reused)
            self.run_it(python, "-c", CHECK.format(where=str(pathlib.Path(folder).resolve())))
            self.assertIn("Version: 0.1.0", self.run_it(python, "-m", "pip", "show", "digon"))
            # Its own files are below build/ alone.
            self.assertFalse([path for path in harness.root.iterdir() if path.name.endswith(".egg-info")])

    def test_cmake_install(self):
        with tempfile.TemporaryDirectory() as folder:
            self.run_it("cmake", "--install", build, "--prefix", folder, "--component", "python")
            where, = pathlib.Path(folder).rglob("digon/__init__.py")
            self.run_it(sys.executable, "-c", CHECK.format(where=folder), PYTHONPATH=str(where.parents[1]))


if __name__ == "__main__":
    harness.main()
