"""Builds the module digon._digon by CMake, with its own build folder in build/pip, or in that of a build that is there
already, named by the environment's DIGON_BUILD."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

root = pathlib.Path(__file__).resolve().parent
own = root / "build" / "pip"
own.mkdir(parents=True, exist_ok=True)


def configure(build):
    options = ["-DCMAKE_BUILD_TYPE=Release", "-DDIGON_PYTHON=ON", "-DDIGON_TESTS=OFF",
               f"-DDIGON_PYTHON_EXECUTABLE={sys.executable}"]
    try:
        import pybind11
        options.append(f"-Dpybind11_DIR={pybind11.get_cmake_dir()}")
    except ImportError:  # CMake looks for it where it is installed without Python
        pass
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    subprocess.run(["cmake", "-S", root, "-B", build, *generator, *options], check=True)


class BuildByCMake(build_ext):
    def build_extension(self, extension):
        build = pathlib.Path(os.environ.get("DIGON_BUILD") or own / "cmake")
        if "DIGON_BUILD" not in os.environ:
            configure(build)
        subprocess.run(["cmake", "--build", build, "--target", "digon_python", "--parallel"], check=True)
        target = pathlib.Path(self.get_ext_fullpath(extension.name))
        target.parent.mkdir(parents=True, exist_ok=True)
        module, = (build / "python" / "digon").glob("_digon*.so")
        shutil.copy2(module, target)


setup(version=re.search(r"project\(digon VERSION ([\d.]+)", (root / "CMakeLists.txt").read_text())[1],
      ext_modules=[Extension("digon._digon", [])], cmdclass={"build_ext": BuildByCMake},
      options={"build": {"build_base": str(own)}, "egg_info": {"egg_base": str(own)}})
