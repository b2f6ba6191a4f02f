"""The Python module: what a call costs above C++, what a batch saves, and the exact loss beside a PyTorch step.

    python3 bench/python_bench.py build/release/python

What C++ alone takes is the time for each instance of a batch on one thread."""
import sys
import time

sys.path.insert(0, sys.argv[1])
import numpy

import digon


def least(work, seconds=2.0):
    """Seconds of work(), the least of as many calls as take so long: of short ones, the machine's other work aside."""
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 10 or time.perf_counter() < end:
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def models(instances, n, m):
    """Trained for a moment, as what is judged is."""
    trained = digon.train(n, m, digon.Law(0.1), restarts=instances, steps=300, batch=64, learning_rate=1e-2)
    return trained.W, trained.b


law = digon.Law(0.1)
W, b = models(1000, 5, 2)
print("(5, 2): microseconds a call")
few = numpy.repeat(W[:1], 20, 0), numpy.repeat(b[:1], 20, 0)
for name, call in (("loss", digon.loss), ("loss_and_gradient", digon.loss_and_gradient)):
    alone = least(lambda: call(*few, law, threads=1)) / 20
    each = least(lambda: call(W[0], b[0], law))
    singly = least(lambda: [call(W[k], b[k], law) for k in range(len(W))]) / len(W)
    batch = least(lambda: call(W, b, law)) / len(W)
    print(f"{name}: {1e6 * each:.1f}, of which C++ {1e6 * alone:.1f}, the call {1e6 * (each - alone):.1f}; 1000 instances "
          f"by 1000 calls {1e6 * singly:.1f} each, in one {1e6 * batch:.1f}, {singly / batch:.1f} times as fast")

print("(20, 5): milliseconds")
W, b = models(1, 20, 5)
W, b = W[0], b[0]
print(f"exact loss and gradient {1e3 * least(lambda: digon.loss_and_gradient(W, b, law)):.3f}, "
      f"to 1e-6 {1e3 * least(lambda: digon.loss_and_gradient(W, b, law, tolerance=1e-6)):.3f}")
try:
    import torch

    import digon.torch
except ImportError:
    sys.exit()

parameters = [torch.from_numpy(one.astype(numpy.float32)).requires_grad_() for one in (W, b)]
optimizer = torch.optim.Adam(parameters)


def step(loss_of):
    optimizer.zero_grad()
    loss_of(*parameters).backward()
    optimizer.step()


def batch_loss(W, b, size=1024):
    x = torch.rand(size, 20) * (torch.rand(size, 20) < 0.1)
    return ((x - torch.relu(x @ W @ W.T + b)) ** 2).sum(1).mean()


start = [one.detach().clone() for one in parameters]
for name, loss_of in (("batch of 1024", batch_loss), ("exact loss", lambda W, b: digon.torch.exact_loss(W, b, law)),
                      ("exact loss to 1e-6", lambda W, b: digon.torch.exact_loss(W, b, law, tolerance=1e-6))):
    with torch.no_grad():
        for one, at in zip(parameters, start):
            one.copy_(at)
    print(f"PyTorch step of Adam, {torch.get_num_threads()} threads, {name}: {1e3 * least(lambda: step(loss_of)):.3f}")
