"""Weights from outside: NumPy files of every layout, and, where PyTorch is installed, a model trained there, are
measured and judged as the same numbers computed here. Also a layer of vectors, against NumPy."""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy

program = sys.argv[1]


def digon(*words):
    done = subprocess.run([program, *map(str, words)], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def sampled_loss(W, b, density, samples=400_000):
    """W [n, m]: mean and standard error of the loss of x' = ReLU(W Wᵀ x + b)."""
    random = numpy.random.default_rng(1)
    x = random.random((samples, len(b))) * (random.random((samples, len(b))) < density)
    loss = ((x - numpy.maximum(x @ W @ W.T + b, 0)) ** 2).sum(axis=1)
    return loss.mean(), loss.std() / samples**0.5


def close_to_sampling(loss, W, b, density):
    mean, error = sampled_loss(W, b, density)
    assert abs(loss["loss"] - mean) < 5 * error, (loss["loss"], mean, error)
    assert abs(sum(w * l for w, l in zip(loss["weight"], loss["L_mean"])) - loss["loss"]) < 1e-8


random = numpy.random.default_rng(0)
W = random.normal(size=(2, 5, 3)) * 0.6  # [instances, n, m]
b = random.normal(size=(2, 5)) * 0.1
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    numpy.savez(folder / "a.npz", W=W, b_final=b)
    numpy.savez_compressed(folder / "b.npz", w=W.swapaxes(1, 2), b=b, step=numpy.int64(3) * 1.0)
    numpy.savez(folder / "c.npz", W=numpy.asfortranarray(W), b_final=b)
    expected = digon("loss", "--model", folder / "a.npz", "--density", 0.2, "--json")
    for other in ("b.npz", "c.npz"):
        assert digon("loss", "--model", folder / other, "--density", 0.2, "--json") == expected, other
    for k in range(2):
        close_to_sampling(expected[k], W[k], b[k], 0.2)
    numpy.savez(folder / "half.npz", W=W.astype(numpy.float16), b=b.astype(numpy.float16))
    half = digon("loss", "--model", folder / "half.npz", "--density", 0.2, "--json")
    assert abs(half[0]["loss"] / expected[0]["loss"] - 1) < 1e-2
    numpy.save(folder / "W.npy", W[0].T)
    measured, = digon("measure", "--model", folder / "W.npy", "--layout", "m,n", "--json")
    numpy.testing.assert_allclose(measured["norm"], numpy.linalg.norm(W[0], axis=1), rtol=1e-12)
    gap, = digon("gap", "--model", folder / "a.npz", "--instance", 0, "--density", 0.2, "--populations", 1, "--json")
    assert gap["loss"] >= gap["local_minimum"] >= gap["best_optimum"] > 0

    refused = subprocess.run([program, "measure", "--model", folder / "W.npy"], capture_output=True, text=True)
    assert refused.returncode == 2 and "--layout" in refused.stderr and refused.stderr.count("\n") == 1
    damaged = bytearray((folder / "b.npz").read_bytes())
    damaged[60] ^= 0xFF
    (folder / "damaged.npz").write_bytes(damaged)
    refused = subprocess.run([program, "measure", "--model", folder / "damaged.npz"], capture_output=True, text=True)
    assert refused.returncode == 2 and refused.stderr.count("\n") == 1, refused.stderr

    layer = random.normal(size=(3000, 40)).astype(numpy.float32)
    unit = layer / numpy.linalg.norm(layer, axis=1, keepdims=True)
    cosines = abs(unit @ unit.T)
    numpy.fill_diagonal(cosines, 0)
    for stored, tolerance in ((layer, 1e-5), (layer.astype(numpy.float16), 3e-3), (layer.T.copy(), 1e-5),
                              (numpy.asfortranarray(layer), 1e-5)):
        numpy.save(folder / "layer.npy", stored)
        found, = digon("measure", "--layer", folder / "layer.npy", "--json")
        assert (found["vectors"], found["dimensions"]) == (3000, 40)
        assert abs(found["coherence"] - cosines.max()) < tolerance
        assert sorted(found["closest_pair"]) == sorted(map(int, numpy.unravel_index(cosines.argmax(), cosines.shape)))
        assert abs(found["mean_squared_cosine"] / ((cosines.astype(float)**2).sum() / (3000 * 2999)) - 1) < tolerance
        assert found["coherence"] > found["welch_bound"] > 0
    print("NumPy: all layouts read alike")

    try:
        import torch
    except ImportError:
        print("PyTorch is not installed: its part is left out")
        sys.exit()
    # docs/pytorch.md: train there, judge here.
    torch.manual_seed(0)
    n, m, density, instances = 5, 2, 0.1, 3
    weights = torch.nn.Parameter(torch.nn.init.xavier_normal_(torch.empty(instances, n, m)))
    bias = torch.nn.Parameter(torch.zeros(instances, n))
    optimizer = torch.optim.Adam([weights, bias], lr=1e-2)
    for step in range(3000):
        x = torch.rand(256, instances, n) * (torch.rand(256, instances, n) < density)
        hidden = torch.einsum("bin,inm->bim", x, weights)
        loss = ((x - torch.relu(torch.einsum("bim,inm->bin", hidden, weights) + bias)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    numpy.savez(folder / "torch.npz", W=weights.detach().numpy(), b_final=bias.detach().numpy())
    losses = digon("loss", "--model", folder / "torch.npz", "--density", density, "--json")
    gaps = digon("gap", "--model", folder / "torch.npz", "--density", density, "--json")
    shapes = digon("measure", "--model", folder / "torch.npz", "--json")
    for k in range(instances):
        close_to_sampling(losses[k], weights[k].detach().numpy(), bias[k].detach().numpy(), density)
        assert 0 <= gaps[k]["relative_gap"] < 0.5, gaps[k]
    assert any(one["geometry"] == "pentagon" for one in shapes), [one["geometry"] for one in shapes]
    print("PyTorch:", [round(one["loss"], 6) for one in losses], [one["geometry"] for one in shapes])
