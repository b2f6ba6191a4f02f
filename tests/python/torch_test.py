"""digon.torch: the loss of digon.loss, a gradient that finite differences confirm, types, shapes, a training loop.

    torch_test.py PROGRAM MODULE_FOLDER; skipped where there is no PyTorch."""
import unittest

import harness
import numpy

import digon

try:
    import torch
except ImportError:
    harness.skip("PyTorch is not installed")

import digon.torch

generator = torch.Generator().manual_seed(3)
W = torch.randn(3, 5, 2, generator=generator, dtype=torch.float64) * 0.7
b = torch.randn(3, 5, generator=generator, dtype=torch.float64) * 0.2
law = digon.Law(density=0.2, importance="0.9^i")


class ExactLoss(unittest.TestCase):
    def test_gradcheck(self):
        def check(of, *inputs):
            inputs = [one.detach().clone().requires_grad_() for one in inputs]
            return torch.autograd.gradcheck(of, inputs, eps=1e-5, atol=1e-7)

        self.assertTrue(check(lambda W, b: digon.torch.exact_loss(W, b, law), W[0], b[0]))
        self.assertTrue(check(lambda W, b: digon.torch.exact_loss(W, b, law, "linear"), W[0], b[0]))
        self.assertTrue(check(lambda W, b: digon.torch.exact_loss(W, b, law), W, b))
        self.assertTrue(check(lambda W, b: digon.torch.exact_loss(W, b, law), W, b[0]))  # one b for all
        self.assertTrue(check(lambda W, b: digon.torch.exact_loss(W, b, law, layout="m,n"), W.transpose(1, 2), b))
        self.assertTrue(check(lambda W: digon.torch.exact_loss(W, None, law), W[0]))
        # The null: of another law's gradient it says no.
        class Wrong(torch.autograd.Function):
            @staticmethod
            def forward(ctx, W):
                ctx.W = W.detach()
                return torch.tensor(digon.loss(ctx.W, None, law).loss, dtype=torch.float64)

            @staticmethod
            def backward(ctx, by_loss):
                return by_loss * torch.from_numpy(digon.loss_and_gradient(ctx.W, None, digon.Law(0.21)).dW)

        with self.assertRaises(RuntimeError):
            check(Wrong.apply, W[0])

    def test_values_types_and_shapes(self):
        self.assertEqual(digon.torch.exact_loss(W[0], b[0], law).item(), digon.loss(W[0], b[0], law).loss)
        loss = digon.torch.exact_loss(W, b, law)
        numpy.testing.assert_array_equal(loss.numpy(), digon.loss(W, b, law).loss)
        for dtype in (torch.float32, torch.float16):
            single = W[0].to(dtype).requires_grad_()
            loss = digon.torch.exact_loss(single, b[0].to(dtype), law)
            (3 * loss).backward()
            self.assertEqual((loss.dtype, loss.shape, single.grad.dtype, single.grad.shape),
                             (dtype, torch.Size([]), dtype, single.shape))
            expected = digon.loss_and_gradient(single.detach().double(), b[0].to(dtype).double(), law)
            rounding = torch.finfo(dtype).eps
            numpy.testing.assert_allclose(single.grad.double(), 3 * expected.dW, rtol=2 * rounding, atol=rounding**2)
        self.assertFalse(digon.torch.exact_loss(W[0], b[0], law).requires_grad)

    def test_once_differentiable(self):
        leaf = W[0].clone().requires_grad_()
        gradient, = torch.autograd.grad(digon.torch.exact_loss(leaf, b[0], law), leaf, create_graph=True)
        with self.assertRaises(RuntimeError):
            gradient.sum().backward()

    def test_a_training_loop_ends_where_descents_do(self):
        leaf, bias = W[0].clone().requires_grad_(), b[0].clone().requires_grad_()
        optimizer = torch.optim.LBFGS([leaf, bias], max_iter=300, tolerance_grad=1e-9, line_search_fn="strong_wolfe")

        def closure():
            optimizer.zero_grad()
            loss = digon.torch.exact_loss(leaf, bias, law)
            loss.backward()
            return loss

        optimizer.step(closure)
        end = digon.loss(leaf.detach(), bias.detach(), law).loss
        self.assertLess(abs(end / digon.descend(leaf.detach(), bias.detach(), law).loss - 1), 1e-6)
        self.assertLess(end, digon.loss(W[0], b[0], law).loss)

    def test_the_numpy_api_says_detach(self):
        leaf = W[0].clone().requires_grad_()
        for call in (lambda: digon.loss(leaf, b[0], law), lambda: digon.measure(leaf)):
            with self.assertRaises(ValueError) as caught:
                call()
            self.assertIn("W.detach()", str(caught.exception))
        self.assertEqual(digon.loss(leaf.detach(), b[0], law).loss, digon.loss(W[0].numpy(), b[0].numpy(), law).loss)

    def test_errors(self):
        with self.assertRaises(ValueError):
            digon.torch.exact_loss(W[0] * float("nan"), b[0], law)
        with self.assertRaises(ValueError):
            digon.torch.exact_loss(W[0], b[0, :2], law)


if __name__ == "__main__":
    harness.main()
