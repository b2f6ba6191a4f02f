"""Samples a second of training: Digon beside PyTorch on the same machine, alternating.

PyTorch trains what Anthropic's notebook trains: W [instances, n, m], einsum over the instances, AdamW, batch 1024,
densities 20^-linspace(0, 1), importance 0.9^i; CPU seconds of one thread each, so that what else runs on the
machine does not count.

    python3 bench/peers/training_torch.py build/release/bench_training
"""

import statistics
import subprocess
import sys
import time

import torch

SHAPES = {(10, 5, 2): 30, (100, 2, 1): 30, (100, 3, 2): 30, (10, 20, 5): 20, (10, 80, 20): 10, (10, 100, 40): 10,
          (1, 400, 30): 10}  # (instances, n, m): the ratio asked
BATCH = 1024
ROUNDS = 5
SECONDS = 1.5


class Peer:
    def __init__(self, instances, n, m):
        self.shape = (BATCH, instances, n)
        self.density = (20 ** -torch.linspace(0, 1, instances))[:, None]
        self.importance = (0.9 ** torch.arange(n))[None, None, :]
        self.W = torch.nn.Parameter(torch.nn.init.xavier_normal_(torch.empty((instances, n, m))))
        self.b = torch.nn.Parameter(torch.zeros((instances, n)))
        self.optimizer = torch.optim.AdamW([self.W, self.b], lr=1e-3)

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        value = torch.rand(self.shape)
        x = torch.where(torch.rand(self.shape) <= self.density, value, torch.zeros(()))
        hidden = torch.einsum("bin,inm->bim", x, self.W)
        out = torch.relu(torch.einsum("bim,inm->bin", hidden, self.W) + self.b)
        loss = torch.einsum("bin->", self.importance * (x - out) ** 2) / BATCH
        loss.backward()
        self.optimizer.step()

    def samples_per_second(self):
        begin = time.process_time()
        steps = 0
        while time.process_time() - begin < SECONDS:
            self.step()
            steps += 1
        return BATCH * self.shape[1] * steps / (time.process_time() - begin)


def main():
    program = sys.argv[1]
    torch.set_num_threads(1)
    print(f"samples a CPU second, one thread each; median of {ROUNDS} alternating rounds; PyTorch {torch.__version__}")
    for shape, asked in SHAPES.items():
        peer = Peer(*shape)
        for _ in range(5):
            peer.step()
        ours, theirs = [], []
        for _ in range(ROUNDS):
            arguments = [program, "speed", *map(str, shape), str(SECONDS)]
            ours.append(float(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout))
            theirs.append(peer.samples_per_second())
        digon, torch_rate = statistics.median(ours), statistics.median(theirs)
        print(f"{str(shape):14} Digon {digon / 1e6:8.2f} M/s, PyTorch {torch_rate / 1e6:7.3f} M/s, "
              f"ratio {digon / torch_rate:5.1f} (asked {asked})", flush=True)


if __name__ == "__main__":
    main()
