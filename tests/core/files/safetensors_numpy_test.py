"""Parses a file `digon train` wrote with NumPy and the format's description alone: 8 bytes of header length, a
JSON header, raw little-endian data."""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy

with tempfile.TemporaryDirectory() as folder:
    subprocess.run(
        [sys.argv[1], "train", "--features", "3", "--hidden", "2", "--density", "1", "0.5", "--importance",
         "0.5^i", "--steps", "20", "--seed", "7", "--out", folder], check=True, stdout=subprocess.DEVNULL)
    raw = (pathlib.Path(folder) / "weights.safetensors").read_bytes()
    record = json.loads((pathlib.Path(folder) / "run.json").read_text())
    measured = json.loads(subprocess.run(
        [sys.argv[1], "measure", "--json", "--model", f"{folder}/weights.safetensors"], check=True,
        capture_output=True).stdout)

length = int.from_bytes(raw[:8], "little")
header = json.loads(raw[8:8 + length])
data = raw[8 + length:]
tensors = {}
for name, entry in header.items():
    if name == "__metadata__":
        assert all(isinstance(value, str) for value in entry.values())
        continue
    begin, end = entry["data_offsets"]
    dtype = {"F32": "<f4", "F64": "<f8"}[entry["dtype"]]
    tensors[name] = numpy.frombuffer(data[begin:end], dtype=dtype).reshape(entry["shape"])

assert set(tensors) == {"W", "b_final"}, tensors.keys()
assert tensors["W"].shape == (2, 3, 2) and tensors["b_final"].shape == (2, 3)
assert (8 + length) % 8 == 0
instances = json.loads(header["__metadata__"]["instances"])
assert [one["density"] for one in instances] == [[1.0] * 3, [0.5] * 3]
assert instances[0]["importance"] == [1.0, 0.5, 0.25]
assert record["settings"]["seed"] == 7 and record["complete"] and record["steps_done"] == [20, 20]
for k in range(2):  # row i of W[k] is feature i
    numpy.testing.assert_allclose(numpy.linalg.norm(tensors["W"][k], axis=1), measured[k]["norm"], rtol=1e-6)
print("read", {name: tensor.shape for name, tensor in tensors.items()})
