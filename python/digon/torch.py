"""The exact loss as a function of PyTorch: train by any torch optimiser without sampling noise, or log the exact loss
beside the batch loss. Needs torch."""
from typing import Optional

import numpy
import torch
from torch.autograd.function import once_differentiable

import digon
from digon import _digon
from digon._arrays import Weights
from digon._law import laws_of

__all__ = ["exact_loss"]


class _ExactLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx, W, b, law, kinds, layout, tolerance, threads):
        weights = Weights(_to_numpy(W), None if b is None else _to_numpy(b), layout)
        instances, n, _ = weights.W.shape
        laws = laws_of(law, n, instances, kinds)
        if any(ctx.needs_input_grad[:2]):
            loss, _, dW, db = _digon.loss_and_gradient(weights.W, weights.b, None, kinds, laws, tolerance, threads)
            if weights.hidden_first:
                dW = numpy.ascontiguousarray(dW.swapaxes(1, 2))
            ctx.save_for_backward(torch.from_numpy(dW), torch.from_numpy(db))
        else:
            loss = _digon.loss(weights.W, weights.b, None, kinds, laws, tolerance, threads)[0]
        ctx.W, ctx.b = _like(W), None if b is None else _like(b)
        return torch.from_numpy(loss).reshape(loss.shape if weights.batched else ()).to(**ctx.W[1])

    @staticmethod
    @once_differentiable
    def backward(ctx, by_loss):
        dW, db = ctx.saved_tensors
        factor = by_loss.detach().double().cpu().reshape(-1)
        gradients = [_as(ctx.W, dW * factor[:, None, None])]
        gradients.append(None if ctx.b is None else _as(ctx.b, db * factor[:, None]))
        return *gradients, None, None, None, None, None


def _to_numpy(tensor):
    return tensor.detach().to(device="cpu", dtype=torch.float64).numpy()


def _like(tensor):
    return tensor.shape, {"dtype": tensor.dtype, "device": tensor.device}


def _as(like, gradient):
    """A gradient [instances, …] in the shape of what it is by: summed where one b is that of all instances."""
    shape, kind = like
    if gradient.numel() != shape.numel():
        gradient = gradient.sum(0)
    return gradient.reshape(shape).to(**kind)


def exact_loss(W: torch.Tensor, b: "torch.Tensor | None", law: "digon.Laws", kind: "digon.Kinds" = "relu-output", *,
               layout: str = "n,m", tolerance: Optional[float] = None, threads: int = 0) -> torch.Tensor:
    """The exact population loss of a model, a scalar, or [instances] of a batch, with a gradient by W and b, once.

    W [n, m] or [instances, n, m] by layout, b [n], [instances, n] or None, of any floating type on any device: the loss is
    computed in double precision on the CPU, and it and its gradient come back in the type and on the device of W and b.
    law, kind, tolerance, threads and errors as in digon.loss.

    >>> loss = digon.torch.exact_loss(W, b, digon.Law(density=0.05))
    >>> loss.backward()
    """
    return _ExactLoss.apply(W, b, law, [kind] if isinstance(kind, str) else list(kind), layout, tolerance, threads)
