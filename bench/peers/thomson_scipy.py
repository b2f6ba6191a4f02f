"""Time to the known optimum of Thomson's problem: Digon beside SciPy's L-BFGS multi-start on the same machine.

SciPy minimises the same Coulomb energy over unconstrained vectors that are normalised inside (the usual way), NumPy's
Gram matrix giving energy and gradient; starts follow each other until one is within 2e-9 of the table. bench_packing does
the same with Digon's library. CPU seconds of one thread each, so that what else runs on the machine does not count.

    OPENBLAS_NUM_THREADS=1 python3 bench/peers/thomson_scipy.py build/release/bench_packing paper_refs/thomson.csv
"""

import statistics
import subprocess
import sys
import time

import numpy as np
from scipy.optimize import minimize

TOLERANCE = 2e-9
SEEDS = 41


def energy_and_gradient(flat, n):
    v = flat.reshape(n, 3)
    length = np.linalg.norm(v, axis=1, keepdims=True)
    w = v / length
    square = 2.0 - 2.0 * (w @ w.T)
    np.fill_diagonal(square, np.inf)
    inverse = 1.0 / np.sqrt(square)
    by_w = (inverse / square) @ w
    by_v = (by_w - w * np.sum(w * by_w, axis=1, keepdims=True)) / length
    return 0.5 * inverse.sum(), by_v.ravel()


def start(n, seed):
    v = np.random.default_rng(seed).standard_normal(3 * n)
    found = minimize(energy_and_gradient, v, args=(n,), jac=True, method="L-BFGS-B",
                     options={"maxiter": 20000, "maxfun": 100000, "maxcor": 20, "ftol": 1e-15, "gtol": 1e-9})
    return found.fun


def scipy_time(n, known, seed):
    begin = time.process_time()
    for k in range(10000):
        if start(n, [seed, k]) <= known * (1 + TOLERANCE):
            return time.process_time() - begin
    return float("nan")


def main():
    program, table = sys.argv[1:3]
    with open(table, encoding="utf-8") as file:
        rows = [line.split(",") for line in file if line[0].isdigit()]
    known = {int(n): float(energy) for n, energy in rows}
    digon = dict(line.split() for line in subprocess.run([program], check=True, capture_output=True,
                                                         text=True).stdout.splitlines())
    print(f"mean over seeds; CPU seconds of one thread to within {TOLERANCE:g} of the table")
    start(12, 0)
    for points, seconds in digon.items():
        n, ours = int(points), float(seconds)
        peer = statistics.mean(scipy_time(n, known[n], seed) for seed in range(SEEDS))
        print(f"N = {n:3d}: Digon {ours:.5f} s, SciPy {peer:.5f} s, ratio {peer / ours:.1f}", flush=True)


if __name__ == "__main__":
    main()
