"""One program for every processor: each path of DIGON_SIMD that this machine has gives the same numbers to rounding, and
no instruction of a wider path is in the kernels of a narrower one, or outside kernels.

    simd_test.py PROGRAM [LIBRARY…]

No two paths agree bit for bit: AVX2 has SSE2's width of blocks but fuses multiplications with additions, and AVX-512 is
wider. Random numbers are integers and agree bit for bit."""
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import numpy

program = sys.argv[1]


def run(path, *words):
    environment = {name: value for name, value in os.environ.items() if name != "DIGON_SIMD"}
    if path is not None:
        environment["DIGON_SIMD"] = path
    return subprocess.run([program, *map(str, words)], capture_output=True, text=True, env=environment)


refused = run("mmx", "--version")
assert refused.returncode == 2 and refused.stdout == "", refused
match = re.fullmatch(r"digon: DIGON_SIMD: 'mmx' given; accepted on this machine: ([a-z0-9, ]+)\n", refused.stderr)
paths = match[1].split(", ")
for path in paths:
    assert run(path, "--version").stdout.endswith(f" ({path})\n"), path
assert run(None, "--version").stdout.endswith(f" ({paths[-1]})\n"), "the widest is not the default"
for path in {"sse2", "avx2", "avx512"} - set(paths):  # those that the machine lacks, or the build
    assert run(path, "--version").returncode == 2, path


def numbers(value, name=""):
    """(name, number) of all numbers in JSON."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from numbers(one, f"{name}.{key}")
    elif isinstance(value, list):
        for k, one in enumerate(value):
            yield from numbers(one, f"{name}[{k}]")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield name, value


def tensor(path, name):
    """A tensor of a safetensors file, flat."""
    data = path.read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    entry = json.loads(data[8:begin])[name]
    first, last = entry["data_offsets"]
    return numpy.frombuffer(data[begin + first:begin + last], {"F64": "<f8", "F32": "<f4"}[entry["dtype"]])


random = numpy.random.default_rng(3)
W = random.normal(size=(40, 8)) * 0.4
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    numpy.savez(folder / "model.npz", W=W, b_final=-0.1 * random.random(40))
    numpy.save(folder / "layer.npy", random.normal(size=(500, 48)).astype(numpy.float32))
    model = ("--model", folder / "model.npz", "--json")
    # What is asked, and how far rounding may move it: sums of n terms, minima found by descent, 200 steps of training in
    # single precision. Estimated errors and counts of nodes and steps are not what is computed.
    asked = {"loss": (("loss", *model, "--density", 0.1), 1e-9),
             "signed": (("loss", *model, "--density", 0.05, "--values", "signed"), 1e-9),
             "active": (("loss", *model, "--active", 3), 1e-9),
             "hidden ReLU": (("loss", *model, "--density", 0.05, "--kind", "relu-hidden", "--tolerance", 1e-3), 1e-9),
             "measure": (("measure", *model), 1e-12),
             "layer": (("measure", "--layer", folder / "layer.npy", "--json"), 1e-5),
             "pack": (("pack", "--points", 24, "--dim", 5, "--starts", 2, "--json"), 1e-8),
             "train": (("train", "--features", 20, "--hidden", 5, "--density", 0.1, "--steps", 200, "--out"), 1e-3)}
    left_out = re.compile(r"error|seconds|nodes|evaluations|steps|samples|gradient|relative|point|hops|found")
    moved = {path: 0 for path in paths[:-1]}
    for what, (words, allowed) in asked.items():
        answers = {}
        for path in paths:
            if what == "train":
                out = folder / f"train-{path}"
                done = run(path, *words, out)
                found = [("norm of W", float(numpy.linalg.norm(tensor(out / "weights.safetensors", "W"))))]
            else:
                done = run(path, *words)
                found = [(key, one) for key, one in numbers(json.loads(done.stdout)) if not left_out.search(key)]
            assert done.returncode == 0, (what, path, done.stderr)
            answers[path] = found
        widest = answers[paths[-1]]
        assert widest, what
        for path in paths[:-1]:
            assert [key for key, _ in answers[path]] == [key for key, _ in widest], what
            scale = max(abs(one) for _, one in widest if math.isfinite(one))
            for (key, one), (_, other) in zip(answers[path], widest):
                assert one == other or abs(one - other) <= allowed * max(abs(other), 1e-6 * scale), (what, path, key, one, other)
                moved[path] += one != other
    # The null: two paths that round alike everywhere are one.
    assert all(moved.values()), moved

# In the libraries, wide instructions are in the kernels of wide paths alone.
checked = 0
if len(sys.argv) > 2 and len(paths) > 1 and shutil.which("objdump"):
    for library in sys.argv[2:]:
        part = pathlib.Path(library).stem.removeprefix("lib")
        listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", library], capture_output=True, check=True).stdout
        members = {text[:text.index(b":")].decode(): (b"%ymm" in text, b"%zmm" in text)
                   for text in re.split(rb"\n(?=[^\n]+: +file format)", listing)[1:]}
        for member, has in members.items():
            expected = {f"{part}_avx2.o": (True, False), f"{part}_avx512.o": (True, True)}.get(member, (False, False))
            assert has == expected, (member, has)
        assert {f"{part}_{path}.o" for path in ("sse2", "avx2", "avx512")} <= set(members), members
        checked += 1
emulator = shutil.which("qemu-x86_64-static") or shutil.which("qemu-x86_64")
if emulator:  # a processor of 2006
    done = subprocess.run([emulator, "-cpu", "core2duo", program, "--version"], capture_output=True, text=True,
                          env={name: value for name, value in os.environ.items() if name != "DIGON_SIMD"})
    assert "sse2" not in paths or done.stdout.endswith("(sse2)\n"), (done.stdout, done.stderr)
print(f"paths {', '.join(paths)} agree; {checked} libraries looked through{'; run on an old processor' if emulator else ''}")
