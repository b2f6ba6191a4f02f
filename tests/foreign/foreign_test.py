"""Files as other people's code writes them, each with the loss it must give, and files that are no weights, each with
the word that names it. Made here with NumPy alone: a safetensors file is written by the format's description, a .npy
header by hand where NumPy no longer writes it so. With PyTorch also what it writes itself.

    foreign_test.py PROGRAM"""
import io
import itertools
import json
import pathlib
import pickle
import subprocess
import sys
import tempfile
import zipfile

import numpy

program = sys.argv[1]
temporary = tempfile.TemporaryDirectory()
folder = pathlib.Path(temporary.name)
density = 0.3
n, m = 5, 2
random = numpy.random.default_rng(3)
W = (random.normal(size=(n, m)) * 0.7).astype(numpy.float32)
b = (random.normal(size=n) * 0.2).astype(numpy.float32)
W3 = numpy.stack([W, -W[::-1]])
b3 = numpy.stack([b, b[::-1]])
cases = 0


def run(*words):
    return subprocess.run([program, *map(str, words)], capture_output=True, text=True)


def losses(path, *options):
    done = run("loss", "--model", path, "--density", density, "--json", *options)
    assert done.returncode == 0, (path.name, options, done.stderr)
    found = json.loads(done.stdout)
    return [one["loss"] for one in found], done.stderr


def sampled_loss(W, b, samples=400_000):
    x = random.random((samples, n)) * (random.random((samples, n)) < density)
    loss = ((x - numpy.maximum(x @ W @ W.T + b, 0)) ** 2).sum(axis=1)
    return loss.mean(), loss.std() / samples**0.5


def safetensors(tensors, metadata=None, extra=b""):
    """The bytes of a safetensors file: header length, JSON header, data."""
    header, data = {}, b""
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, array in tensors.items():
        raw = numpy.ascontiguousarray(array).tobytes()
        dtype = {"float32": "F32", "float64": "F64", "float16": "F16", "int64": "I64", "bool": "BOOL"}[str(array.dtype)]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data + extra


def write(name, content):
    path = folder / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif name.endswith(".npz"):
        numpy.savez(path, **content)
    else:
        path.write_bytes(safetensors(content))
    return path


def gives(path, expected, said="", *options):
    """The file's losses, and what is said of its tensors on standard error."""
    global cases
    cases += 1
    found, error = losses(path, *options)
    numpy.testing.assert_allclose(found, expected, rtol=1e-9, err_msg=path.name)
    if said:
        assert said in error, (path.name, error)
    else:
        assert error == "", (path.name, error)


def refused(path, *reasons, command="loss", options=()):
    """One line that names the file or option, exit 2, nothing printed."""
    global cases
    cases += 1
    model = ("--layer", path) if command == "measure" else ("--model", path, "--density", density)
    done = run(command, *model, *options)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1, (path.name, done.stderr)
    for reason in reasons:
        assert reason in done.stderr, (path.name, reason, done.stderr)


# What the numbers are worth, known by sampling: all that follows must give these.
one, both = losses(write("plain.npz", {"W": W, "b": b}))[0], losses(write("plain3.npz", {"W": W3, "b": b3}))[0]
no_bias = losses(write("no.npz", {"W": W}), "--layout", "n,m")[0]
for (loss, bias) in ((one[0], b), (both[0], b), (no_bias[0], 0)):
    mean, error = sampled_loss(W, bias)
    assert abs(loss - mean) < 5 * error, (loss, mean, error)
assert abs(no_bias[0] / one[0] - 1) > 0.05  # so that a bias which is lost is seen

# Names, where the shapes fit, in either format.
named = "W is '{}' {}, b is '{}' [5]"
for (w_name, b_name, array) in (("linear1.weight", "linear2.bias", W.T), ("embedding.weight", "unembedding.bias", W),
                                ("_orig_mod.W", "_orig_mod.b_final", W), ("params/W", "params/b", W),
                                ("W", "bias", W), ("W", "b_dec", W), ("w_toy", "b_toy", W.T),
                                ("_orig_mod.module.linear1.weight", "_orig_mod.module.linear2.bias", W.T)):
    for ending in (".npz", ".safetensors"):
        said = named.format(w_name, list(array.shape), b_name)
        gives(write(w_name.replace("/", "-") + ending, {w_name: array, b_name: b}), one, said)
numpy.savez(folder / "unnamed.npz", W, b)
gives(folder / "unnamed.npz", one, named.format("arr_0", "[5, 2]", "arr_1"))
gives(write("encoder.safetensors", {"W_enc": W, "W_dec": W.T, "b_dec": b}), one, "b is 'b_dec'")
gives(write("tied.safetensors", {"linear1.weight": W.T, "linear2.weight": W, "linear2.bias": b}), one, "'linear2.bias'")
gives(write("mine.safetensors", {"decoder": W, "offset": b, "other": W}), one, named.format("decoder", "[5, 2]", "offset"),
      "--weights", "decoder", "--bias", "offset")
gives(write("extra.npz", {"W": W, "b_final": b, "importance": numpy.ones(n), "W_start": W * 0}), one)

# Shapes of biases.
for shape in ((n, 1), (1, n), (n,)):
    gives(write("bias.npz", {"W": W.T, "b": b.reshape(shape)}), one)
    gives(write("shared.npz", {"W": numpy.stack([W, W, W]), "b": b.reshape(shape)}), one * 3)
for shape in ((2, n), (2, n, 1), (2, 1, n)):
    gives(write("biases.npz", {"W": W3, "b": b3.reshape(shape)}), both)

# A bias that would go unused, another model, no bias at all.
for name in ("b_enc", "offset", "importance"):
    refused(write("unused.npz", {"W": W, name: b}), f"'{name}' [5] has a value for each feature", "--bias none", "W [5, 2]")
    gives(folder / "unused.npz", no_bias, "no bias: b = 0", "--bias", "none", "--layout", "n,m")
    gives(folder / "unused.npz", one, f"b is '{name}'", "--bias", name)
refused(write("hidden.safetensors", {"linear1.weight": W.T, "linear1.bias": b[:m], "linear2.bias": b}), "'linear1.bias' [2]")
gives(folder / "hidden.safetensors", one, "'linear2.bias'", "--bias", "linear2.bias")
refused(write("untied.safetensors", {"W_enc": W, "W_dec": 2 * W.T, "b_dec": b}), "'W_dec' [2, 5] is not the transpose")
gives(folder / "untied.safetensors", one, "'b_dec'", "--weights", "W_enc")
refused(write("unknown.npz", {"a": W, "c": b}), "--weights NAME", "a [5, 2]", "c [5]")
refused(folder / "unknown.npz", "--weights: 'z' is not in", options=("--weights", "z"))
refused(write("two.npz", {"module.W": W, "_orig_mod.W": W, "b": b}), "both '_orig_mod.W' and 'module.W'")
gives(write("no_bias.npz", {"W": W}), no_bias, "no bias: b = 0", "--layout", "n,m")
numpy.save(folder / "array.npy", W.T)
gives(folder / "array.npy", no_bias, "no bias: b = 0", "--layout", "m,n")
done = run("measure", "--model", write("abs.npz", {"W1": W.T, "W2": W, "b2": b}), "--weights", "W1", "--weights-out", "W2",
           "--bias", "b2", "--json")
assert done.returncode == 0 and json.loads(done.stdout)[0]["neurons"], done.stderr

# NumPy's types, orders and headers; other arrays in the file.
for dtype in (">f4", ">f8", "<f8"):
    gives(write("order.npz", {"W": W.astype(dtype), "b": b.astype(dtype)}), one)
gives(write("fortran.npz", {"W": numpy.asfortranarray(W3.astype(">f4")), "b": b3}), both)
others = {"step": numpy.int64(3), "mask": numpy.ones(3, bool), "name": numpy.array("run"), "spectrum": numpy.ones(2, complex),
          "config": numpy.array({"lr": 1e-3}, dtype=object), "rows": numpy.zeros(2, [("a", "<f4"), ("b", "<i8")])}
gives(write("others.npz", {"W": W, "b": b, **others}), one)
numpy.savez_compressed(folder / "packed.npz", W=W, b=b, **others)
gives(folder / "packed.npz", one)
refused(write("whole.npz", {"W": W.astype(int), "b": b}), "'W' has dtype <i8")


def npy(header, array):
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + array.tobytes()


with zipfile.ZipFile(folder / "headers.npz", "w") as archive:
    archive.writestr("W.npy", npy('{"descr": "<f4", "fortran_order": False, "shape": (5L, 2L)}\n', W))
    archive.writestr("b.npy", npy("{'shape':(5L,),'fortran_order':False,'descr':'f4'}", b))
    archive.writestr("notes.txt", "other files of the archive are none of ours")
gives(folder / "headers.npz", one)
damaged = bytearray((folder / "order.npz").read_bytes())
damaged[damaged.index(W.astype("<f8").tobytes()) + 3] ^= 4
refused(write("damaged.npz", bytes(damaged)), "is damaged")

# safetensors: metadata of others, keys twice.
write("meta.safetensors", safetensors({"W": W, "b": b}, {"instances": "t3.large", "format": "pt"}))
gives(folder / "meta.safetensors", one)
write("null.safetensors", safetensors({"W": W, "b": b}).replace(b'{"W"', b'{"__metadata__": null, "W"', 1))
raw = bytearray((folder / "null.safetensors").read_bytes())
raw[:8] = (int.from_bytes(raw[:8], "little") + len(b'"__metadata__": null, ')).to_bytes(8, "little")
gives(write("null.safetensors", bytes(raw)), one)
refused(write("twice.safetensors", safetensors({"W": W, "c": b, "b": b}).replace(b'"c"', b'"b"')), "'b' is in the safetensors header twice")
refused(write("cut.safetensors", safetensors({"W": W, "b": b})[:-4]), "claims bytes")
text = "{" + ",".join(f'"t{k}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}' for k in range(100_000)) + "}"
refused(write("many.safetensors", len(text).to_bytes(8, "little") + text.encode()), "and 99988 more")  # linear, or hours

# What is no weights file is named.
for (name, content, *words) in (
        ("lfs.safetensors", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "Git LFS pointer", "git lfs pull"),
        ("model.h5", b"\x89HDF\r\n\x1a\n" + bytes(600), "HDF5", "h5py"),
        ("model.pkl", pickle.dumps({"W": W, "b": b}), "Python pickle", "pickle.load"),
        ("old.pt", pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps({"W": 1}, 2), "PyTorch", "torch.load"),
        ("W.csv", b"0.5,0.25\n-0.5,1\n", "text", "numpy.loadtxt", "delimiter=','"),
        ("config.json", b'{"d_model": 512, "W": [[1, 2]]}', "JSON", "json.load"),
        ("list.json", b"[[0.5, 0.25], [1, 2]]", "JSON", "json.load"),
        ("study.txt", b"[cell]\nn = 5\n", "a TOML file", "digon sweep"), ("study.toml", b"compute = []\n", "a TOML file"),
        ("model.safetensors.index.json", b'{"weight_map": {"W": "model-1.safetensors"}}', "parts of a safetensors model"),
        ("page.safetensors", b"<!DOCTYPE html><html>Sign in</html>", "web page"),
        ("model.gguf", b"GGUF\x03" + bytes(90), "GGUF"), ("model.npz.gz", b"\x1f\x8b\x08" + bytes(90), "gzip"),
        ("nothing.safetensors", b"", "too few")):
    refused(write(name, content), *words)
    refused(folder / name, *words, command="measure")
with zipfile.ZipFile(folder / "new.pt", "w") as archive:
    archive.writestr("new/data.pkl", pickle.dumps({}))
    archive.writestr("new/data/0", W.tobytes())
refused(folder / "new.pt", "PyTorch", "torch.load('" + str(folder / "new.pt"))
with zipfile.ZipFile(folder / "other.zip", "w") as archive:
    archive.writestr("readme.txt", "nothing")
refused(folder / "other.zip", "a zip archive without arrays")

# A layer: of .npz as it is stored, of several, with one vector that is not finite.
layer = random.normal(size=(4, 300, 8)).astype(numpy.float32)
write("params.npz", {"W_dec": layer[0], "b_dec": layer[0, 0], "threshold": layer[0, :, 0]})
numpy.savez_compressed(folder / "compressed.npz", W_dec=layer[0])
write("layers.safetensors", {"W_dec": layer, "b_dec": layer[:, 0]})
numpy.save(folder / "big.npy", layer[0].astype(">f4").T)
expected, = json.loads(run("measure", "--layer", folder / "params.npz", "--json").stdout)
numpy.testing.assert_allclose(expected["norm"]["mean"], numpy.linalg.norm(layer[0], axis=1).mean(), rtol=1e-6)
for words in ((folder / "layers.safetensors", "--tensor", "W_dec", "--instance", 0), (folder / "big.npy",)):
    measured, = json.loads(run("measure", "--layer", *words, "--json").stdout)
    of_file = dict.fromkeys(("tensor", "dtype", "instance", "why"), "")
    assert {**measured, **of_file} == {**expected, **of_file}
    cases += 1
refused(folder / "compressed.npz", "'W_dec' is compressed", "savez_compressed", command="measure")
refused(folder / "layers.safetensors", "--tensor is needed", "W_dec [4, 300, 8]", command="measure")
refused(folder / "layers.safetensors", "holds 4 matrices; --instance K", command="measure", options=("--tensor", "W_dec"))
refused(folder / "layers.safetensors", "--instance: '4' given", command="measure",
        options=("--tensor", "W_dec", "--instance", 4))
refused(folder / "params.npz", "--instance: given for", command="measure", options=("--instance", 0))
layer[0, 271, 3] = numpy.nan
refused(write("nan.npz", {"W_dec": layer[0], "x": b}), "nan.npz: 'W_dec': row 271 contains NaN", command="measure")
refused(write("nan.npz", {"W_dec": layer[0].T}), "'W_dec': column 271 contains NaN", command="measure")
print(f"{cases} files are read as their numbers are, or refused by name")

try:
    import torch
except ImportError:
    print("PyTorch is not installed: its part is left out")
    sys.exit()
state = {"linear1.weight": torch.from_numpy(W.T.copy()), "linear2.bias": torch.from_numpy(b)}
for old in (False, True):
    torch.save(state, folder / "state.pt", _use_new_zipfile_serialization=not old)
    done = run("loss", "--model", folder / "state.pt", "--density", density)
    assert done.returncode == 2 and "PyTorch" in done.stderr
    command = done.stderr.split("python3 -c ")[1].split(" makes a ")[0]
    subprocess.run(f"{sys.executable} -c {command}", shell=True, check=True)
    gives(folder / "state.npz", one, "'linear2.bias'")
print("what PyTorch saves is named, and the command that is given converts it")
