"""import digon: the same numbers as the program, laws of arrays, errors, Ctrl-C.

    module_test.py PROGRAM MODULE_FOLDER"""
import io
import itertools
import json
import contextlib
import os
import pathlib
import pickle
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import harness
import numpy

import digon

random = numpy.random.default_rng(5)
n, m = 5, 2
W = random.normal(size=(3, n, m)) * 0.7
b = random.normal(size=(3, n)) * 0.2
temporary = tempfile.TemporaryDirectory()
folder = pathlib.Path(temporary.name)


def command(*words):
    return subprocess.run([harness.program, *map(str, words)], capture_output=True, text=True)


def answer(*words):
    done = command(*words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


#: A law as the module and as the command take it.
LAWS = [
    ({"density": 0.1}, ["--density", 0.1]),
    ({"density": [0.1, 0.2, 0.3, 0.4, 0.5]}, ["--density", "0.1,0.2,0.3,0.4,0.5"]),
    ({"sparsity": 0.7, "importance": "0.9^i"}, ["--sparsity", 0.7, "--importance", "0.9^i"]),
    ({"density": 0.2, "values": "signed"}, ["--density", 0.2, "--values", "signed"]),
    ({"density": 0.2, "values": "binary"}, ["--density", 0.2, "--values", "binary"]),
    ({"density": 0.2, "correlated": [[0, 1], [2, 3]]}, ["--density", 0.2, "--correlated", "0,1/2,3"]),
    ({"density": 0.2, "correlated": "0,1:0.5"}, ["--density", 0.2, "--correlated", "0,1:0.5"]),
    ({"density": 0.2, "anticorrelated": [[0, 4]]}, ["--density", 0.2, "--anticorrelated", "0,4"]),
    ({"active": 2}, ["--active", 2]),
]


class Losses(unittest.TestCase):
    def test_the_numbers_are_the_program_s(self):
        numpy.savez(folder / "models.npz", W=W, b=b)
        for given, options in LAWS:
            with self.subTest(**given):
                law = digon.Law(**given)
                loss = digon.loss(W, b, law)
                for k, one in enumerate(answer("loss", "--model", folder / "models.npz", *options)):
                    self.assertEqual(loss.loss[k], one["loss"])
                    self.assertEqual(loss.error[k], one["error"])
                    if one["L"] is not None:
                        numpy.testing.assert_array_equal(loss.L[k], one["L"])
                        numpy.testing.assert_array_equal(loss.L_mean[k], one["L_mean"])
                        numpy.testing.assert_array_equal(loss.decomposition.feature_benefit[k], one["L_1_feature_benefit"])
                    if one["weight"] is not None:
                        numpy.testing.assert_array_equal(digon.loss(W[k], b[k], law).weight, one["weight"])
                numpy.testing.assert_allclose(loss.reconstruction.sum(1) + loss.interference.sum(1), loss.loss, rtol=1e-12)

    def test_a_hidden_relu(self):
        law = digon.Law(0.2, values="uniform")
        exact = digon.loss(W[0], b[0], law).loss
        both = numpy.concatenate([W[0], -W[0]], axis=1)  # h = ReLU(Wx), ReLU(−Wx): their difference is Wx
        hidden = digon.loss(both, b[0], law, "absolute-value", W_out=both)
        self.assertGreater(hidden.error, 0)
        self.assertLess(abs(hidden.loss - exact), 3 * hidden.error)
        self.assertTrue(numpy.isnan(hidden.reconstruction).all())
        other = digon.loss(both, b[0], law, "absolute-value", W_out=abs(both))  # the null
        self.assertGreater(abs(other.loss - exact), 100 * other.error)
        tied = digon.loss_and_gradient(W[0], b[0], law, "relu-hidden")
        step = 1e-5 * tied.dW
        ahead, behind = (digon.loss_and_gradient(W[0] + s * step, b[0], law, "relu-hidden").loss for s in (1, -1))
        self.assertAlmostEqual((ahead - behind) / 2e-5 / (tied.dW ** 2).sum(), 1, delta=1e-4)

    def test_the_counts_make_up_the_loss(self):
        loss = digon.loss(W[0], b[0], digon.Law(0.3))
        self.assertAlmostEqual(loss.weight @ loss.L_mean, loss.loss, delta=1e-9 * loss.loss)
        self.assertEqual(digon.decompose(W[0], b[0], digon.Law(0.3), up_to=2).L.shape, (3,))

    def test_the_decomposition_is_of_the_weights_that_were_given(self):
        moving = W[0].copy()
        loss = digon.loss(moving, b[0], digon.Law(0.3))
        moving += 1
        numpy.testing.assert_array_equal(loss.L, digon.loss(W[0], b[0], digon.Law(0.3)).L)

    def test_closed_form(self):
        # x' = WᵀWx of W = (1, −1), x uniform on [0, 1]²: Σ_j E[x_{3−j}²] = 2/3 … with b = 0 and no ReLU.
        self.assertAlmostEqual(digon.loss([[1.0], [-1.0]], None, digon.Law(1.0), kind="linear").loss, 2 / 3, delta=1e-12)
        self.assertAlmostEqual(digon.zero_model_loss(digon.Law(0.3), n), n * 0.3 / 3, delta=1e-15)

    def test_batches_layouts_and_types(self):
        law = digon.Law(0.2)
        whole = digon.loss_and_gradient(W, b, law)
        for k in range(3):
            one = digon.loss_and_gradient(W[k], b[k], law)
            self.assertIsInstance(one.loss, float)
            self.assertEqual(one.loss, whole.loss[k])
            numpy.testing.assert_array_equal(one.dW, whole.dW[k])
            numpy.testing.assert_array_equal(one.db, whole.db[k])
        turned = numpy.ascontiguousarray(W.swapaxes(1, 2))
        for layout in ("m,n", "auto"):
            found = digon.loss_and_gradient(turned, b, law, layout=layout)
            numpy.testing.assert_array_equal(found.loss, whole.loss)
            numpy.testing.assert_array_equal(found.dW, whole.dW.swapaxes(1, 2))
        single = digon.loss_and_gradient(W.astype("f4"), b.astype("f4"), law)
        self.assertEqual((single.dW.dtype, single.loss.dtype), (numpy.float32, numpy.float64))
        double = digon.loss_and_gradient(W.astype("f4").astype("f8"), b.astype("f4"), law)
        numpy.testing.assert_array_equal(single.loss, double.loss)
        alone = digon.loss(W, b, law)  # asks less of the contours than the gradient does
        self.assertTrue((abs(alone.loss - whole.loss) <= 2 * alone.error).all())
        numpy.testing.assert_array_equal(digon.loss(W, b, law, threads=1).loss, alone.loss)
        numpy.testing.assert_array_equal(digon.loss(W[:, ::-1][:, ::-1], b, law).loss, alone.loss)  # strides
        shared = digon.loss(W, b[0], [digon.Law(0.2), digon.Law(0.1), law]).loss
        self.assertEqual([shared[0], shared[1]],
                         [digon.loss(W[0], b[0], law).loss, digon.loss(W[1], b[0], digon.Law(0.1)).loss])
        self.assertEqual(digon.loss(W[0].tolist(), None, law).loss, digon.loss(W[0], numpy.zeros(n), law).loss)

    def test_any_array_is_taken(self):
        class Array:
            def __init__(self, values):
                self.values = values

            def __array__(self, dtype=None):
                return self.values

        class Capsule:
            def __init__(self, values):
                self.values = values

            def __dlpack__(self, **options):
                return self.values.__dlpack__(**options)

            def __dlpack_device__(self):
                return self.values.__dlpack_device__()

        law = digon.Law(0.2)
        for kind in (Array, Capsule):
            self.assertEqual(digon.loss(kind(W[0]), kind(b[0]), law).loss, digon.loss(W[0], b[0], law).loss)

    def test_gradient_against_differences(self):
        law = digon.Law(density=[0.1, 0.2, 0.3, 0.4, 0.5], importance="0.8^i")
        _, dW, db = digon.loss_and_gradient(W[0], b[0], law)
        h = 1e-5

        def slope(at, index, of):
            up, down = at.copy(), at.copy()
            up[index] += h
            down[index] -= h
            return (of(up) - of(down)) / (2 * h)

        for index in itertools.product(range(n), range(m)):
            expected = slope(W[0], index, lambda at: digon.loss(at, b[0], law).loss)
            self.assertAlmostEqual(dW[index], expected, delta=1e-7)
        for i in range(n):
            self.assertAlmostEqual(db[i], slope(b[0], i, lambda at: digon.loss(W[0], at, law).loss), delta=1e-7)

    def test_data(self):
        x = random.random((300, n)) * (random.random((300, n)) < 0.3)
        law = digon.Law(data=x, importance=[1, 2, 3, 4, 5])
        expected = ((x - numpy.maximum(x @ W[0] @ W[0].T + b[0], 0)) ** 2 @ [1, 2, 3, 4, 5]).mean()
        self.assertAlmostEqual(digon.loss(W[0], b[0], law).loss, expected, delta=1e-12)
        numpy.save(folder / "x.npy", x)
        self.assertEqual(digon.loss(W[0], b[0], digon.Law(data=folder / "x.npy", importance=[1, 2, 3, 4, 5])).loss,
                         digon.loss(W[0], b[0], law).loss)
        # Two arrays are two laws: what is found of one is not said of the other.
        gaps = digon.gap(W[:2], b[:2], [law, digon.Law(data=x[:50])], populations=1, descents=3)
        self.assertNotEqual(gaps[0].best, gaps[1].best)

    def test_sampled_loss_is_near_the_exact_one(self):
        for kind, W_out in (("relu-output", None), ("linear", None)):
            mean, error = digon.sampled_loss(W, b, digon.Law(0.2), 200_000, kind, W_out=W_out)
            numpy.testing.assert_array_less(numpy.abs(mean - digon.loss(W, b, digon.Law(0.2), kind).loss), 5 * error)
        mean, error = digon.sampled_loss(W, b, digon.Law(0.2), 200_000)
        self.assertTrue((numpy.abs(mean - digon.loss(W, b, digon.Law(0.25)).loss) > 5 * error).all())  # the null
        hidden = digon.sampled_loss(W[0], b[0], digon.Law(0.2), 1000, "absolute-value", W_out=W[0])
        self.assertGreater(hidden.mean, 0)

    def test_a_law_stays_what_it_was(self):
        density = numpy.full(n, 0.1)
        law = digon.Law(density)
        before = digon.loss(W[0], b[0], law).loss
        density[:] = 0.9
        self.assertEqual(digon.loss(W[0], b[0], law).loss, before)


class Pickles(unittest.TestCase):
    def test_laws_and_losses(self):
        law = digon.Law([0.1] * n, "0.9^i", values="signed")
        again = pickle.loads(pickle.dumps(law))
        self.assertEqual(digon.loss(W, b, again).loss.tolist(), digon.loss(W, b, law).loss.tolist())
        loss = digon.loss(W, b, law)
        loss.L
        numpy.testing.assert_array_equal(pickle.loads(pickle.dumps(loss)).L, loss.L)
        with self.assertRaises(ValueError):
            pickle.loads(pickle.dumps(digon.loss(W, b, law))).L


class Errors(unittest.TestCase):
    def test_the_sentences_of_the_program(self):
        """Each as the command says it, without its dashes."""
        numpy.savez(folder / "models.npz", W=W, b=b)
        for given, options in [
            ({"density": 1.5}, ["--density", 1.5]),
            ({"density": 10}, ["--density", 10]),
            ({"density": "0.1,0.2"}, ["--density", "0.1,0.2"]),
            ({"sparsity": -1}, ["--sparsity", -1]),
            ({"density": 0.1, "importance": -1}, ["--density", 0.1, "--importance=-1"]),
            ({"density": 0.1, "values": "normal"}, ["--density", 0.1, "--values", "normal"]),
            ({"density": 0.1, "correlated": 2}, ["--density", 0.1, "--correlated", 2]),
            ({"density": 0.1, "correlated": "0,1:7"}, ["--density", 0.1, "--correlated", "0,1:7"]),
            ({"density": 0.9, "anticorrelated": [[0, 1]]}, ["--density", 0.9, "--anticorrelated", "0,1"]),
            ({"density": 0.1, "active": 2}, ["--density", 0.1, "--active", 2]),
        ]:
            with self.subTest(**given):
                done = command("loss", "--model", folder / "models.npz", *options)
                self.assertEqual(done.returncode, 2)
                sentence = done.stderr.strip().removeprefix("digon: ").replace("--", "")
                with self.assertRaises(ValueError) as caught:
                    digon.loss(W, b, digon.Law(**given))
                self.assertEqual(str(caught.exception), sentence)

    def test_what_is_refused(self):
        law = digon.Law(0.1)
        nan = W[0].copy()
        nan[2, 1] = numpy.nan
        for call, word in [
            (lambda: digon.Law(), "density is needed"),
            (lambda: digon.Law(0.1, data=W[0]), "data: given with density"),
            (lambda: digon.Law(0.1, active=1.5), "active: 1.5 given"),
            (lambda: digon.loss(nan, b[0], law), "W: contains NaN"),
            (lambda: digon.loss(W[0], b[0] * numpy.inf, law), "b: contains NaN or infinity"),
            (lambda: digon.loss(W[0, 0], b[0], law), "W: [2] given"),
            (lambda: digon.loss(W[0], b[0, :3], law), "b: [3] given"),
            (lambda: digon.loss(W[:, :0], None, law), "features: 0 given"),
            (lambda: digon.loss(W[0] * 1j, b[0], law), "W: of type complex128 given"),
            (lambda: digon.loss([["a"]], b[0], law), "W: of type <U1 given"),
            (lambda: digon.loss(W[0], b[0], None), "law: none given"),
            (lambda: digon.measure(numpy.ones((2_000_000, 1))), "W: its 2000000 features, for their inner products alone"),
            (lambda: digon.loss(W, b, [law, law]), "law: 2 given for 3 instances"),
            (lambda: digon.loss(W, b, law, ["linear", "linear"]), "kind: 2 given for 3 instances"),
            (lambda: digon.loss(W[0], b[0], law, "cubic"), "kind: 'cubic' is not a model; accepted: linear"),
            (lambda: digon.loss(W[0], b[0], law, "absolute-value"), "W_out: none given"),
            (lambda: digon.loss(W[0], b[0], law, layout="nm"), "layout: 'nm' is not a layout; accepted: auto, n,m, m,n"),
            (lambda: digon.loss(W[0, :2], b[0, :2], law, layout="auto"), "layout: auto given, but W is square"),
            (lambda: digon.loss(W[0], b[0], digon.Law(numpy.full(4, 0.1))), "density: 4 values given"),
            (lambda: digon.loss(W[0], b[0], digon.Law([0.1, 0.1, 0.1, 0.1, 7])), "density: feature 4 has 7"),
            (lambda: digon.decompose(W[0], b[0], law, up_to=6), "up_to: 6 given; accepted: 0 to 5"),
            (lambda: digon.loss(W[0], b[0], digon.Law(0.1, correlated="0,1")).L, "decomposition: relu-output models"),
            (lambda: digon.optimum(0, 2, law), "n: '0' given; accepted: a whole number from 1 to 100000"),
            (lambda: digon.optimum(5, -1, law), "m: '-1' given"),
            (lambda: digon.optimum(5, 2, law, seconds=-1), "seconds: '-1' given; accepted: a number above 0"),
            (lambda: digon.optimum(5, 2, law, populations=0), "populations: '0' given"),
            (lambda: digon.optimum(5, 2, law, threads=1.5), "threads: '1.5' given"),
            (lambda: digon.loss(W[0], b[0], law, tolerance=0), "tolerance: '0' given; accepted: a number above 0 and at most 1"),
            (lambda: digon.optimum(5, 2, law, penalty={"bias": 1}), "penalty: 'bias' given"),
            (lambda: digon.optimum(5, 2, law, max_coherence=2), "max_coherence: 2"),
            (lambda: digon.loss_and_gradient(W[0], b[0], law, "absolute-value"), "W_out: none given"),
            (lambda: digon.phase(4), "features: 4 given"),
            (lambda: digon.pack(12, 3, "warm"), "energy: 'warm' given; accepted: coulomb"),
            (lambda: digon.pack(1, 3), "points: '1' given"),
            (lambda: digon.pack(3, 2, antipodal=True), "antipodal: given with energy coulomb"),
            (lambda: digon.pack(3, 2, initial=numpy.ones((3, 2))), "initial: points 0 and 1 coincide"),
            (lambda: digon.train(5, 2, law, batch=100), "batch: 100 given"),
            (lambda: digon.train(5, 2, law, momentum=0.5), "momentum: given with optimizer adam"),
            (lambda: digon.train(5, 2, law, optimizer="magic"), "optimizer: 'magic' is not"),
            (lambda: digon.train(5, 2, law, restarts=0), "restarts: '0' given"),
            (lambda: digon.sample(law, 10), "n: none given"),
            (lambda: digon.sample(law, -1, n=2), "T: '-1' given"),
            (lambda: digon.train(5, 2, law, learning_rate=-1), "learning_rate: '-1' given"),
            (lambda: digon.train(5, 2, law, stop="late"), "stop: 'late' is not"),
            (lambda: digon.train(5, 2, law, "relu-hidden", stop="exact"), "stop: exact given for relu-hidden"),
            (lambda: digon.load(folder / "none.npz"), "none.npz"),
            (lambda: digon.save(folder / "models.npz" / "a", W[0], b[0], law), "models.npz"),
        ]:
            with self.subTest(word=word), self.assertRaises(ValueError) as caught:
                call()
            self.assertIn(word, str(caught.exception))

    def test_a_tolerance_out_of_reach(self):
        with self.assertRaises(digon.ToleranceError):
            digon.loss(100 * W[0], b[0], digon.Law(0.2), tolerance=1e-18)


class Searches(unittest.TestCase):
    def test_optimum_is_the_program_s(self):
        expected, = answer("optimum", "--features", 3, "--hidden", 2, "--density", 0.2, "--populations", 2, "--descents", 30)
        found = digon.optimum(3, 2, digon.Law(0.2), populations=2, descents=30)
        self.assertEqual([found.loss, found.agreeing, found.searched],
                         [expected["loss"], expected["agreeing"], expected["populations"]])
        numpy.testing.assert_array_equal(found.W.T, expected["W"])
        self.assertEqual(found.geometry, expected["geometry"])
        self.assertAlmostEqual(digon.loss(found.W, found.b, digon.Law(0.2)).loss, found.loss, delta=1e-9 * found.loss)
        numpy.testing.assert_array_equal(found.W, found.minima[0].W)
        self.assertEqual(digon.optimum(3, 2, digon.Law(0.2), populations=2, descents=30, layout="m,n").W.shape, (2, 3))
        recorded = digon.optimum(20, 5, digon.Law(0.001, importance="0.7^i"))
        self.assertTrue(recorded.confirmed and recorded.recorded)
        bounded = digon.optimum(3, 2, digon.Law(0.2), populations=1, descents=20, max_coherence=0.3)
        self.assertGreater(bounded.loss, found.loss)

    def test_gap(self):
        law = digon.Law(0.2)
        best = digon.optimum(5, 2, law, populations=2, descents=100)
        gap = digon.gap(best.W, best.b, law, populations=2, descents=100)
        self.assertEqual((gap.minimum, gap.confirmed), (0, gap.agreeing >= 3))
        self.assertLess(abs(gap.relative), 1e-7)
        worse = digon.gap(numpy.stack([best.W, W[0]]), numpy.stack([best.b, b[0]]), law, populations=2, descents=100)
        self.assertGreater(worse[1].relative, 0.01)
        linear = digon.gap(W[0], b[0], law, "linear")
        self.assertTrue(linear.confirmed and linear.absolute > 0)
        self.assertEqual(linear.best, digon.optimum(5, 2, law, "linear").loss)

    def test_models_with_a_hidden_relu(self):
        law = digon.Law(0.5, values="signed")
        found = digon.optimum(2, 4, law, "absolute-value", populations=1, descents=6)
        self.assertLess(found.loss, 1e-12)  # two neurons a feature
        self.assertLess(found.stated[0], 1e-12)
        self.assertEqual(found.W_out.shape, (2, 4))
        worse = digon.gap(found.W, found.b, law, "absolute-value", W_out=0.9 * found.W_out, populations=1, descents=6)
        self.assertGreater(worse.absolute, 1e-4)
        self.assertGreater(worse.loss, digon.gap(found.W, found.b, law, "absolute-value", W_out=found.W_out, populations=1,
                                                 descents=6).loss)
        with self.assertRaisesRegex(ValueError, "W_out: none given"):
            digon.gap(found.W, found.b, law, "absolute-value")
        neurons = digon.measure([[1.0], [-5.0]], "relu-hidden").neurons[0]
        self.assertEqual(neurons.features, [0])
        self.assertEqual(digon.measure([[1.0], [-5.0]]).neurons[0].features, [1])
        self.assertEqual(digon.measure([[1.0], [-5.0]], "absolute-value", W_out=[[1.0], [1.0]]).neurons[0].features, [0, 1])

    def test_linear_optimum(self):
        law = digon.Law([0.1, 0.4, 0.2], importance=[1, 2, 3])
        found = digon.optimum(3, 1, law, "linear")
        cost = [i * (p / 3 - p * p / 4) for i, p in zip([1, 2, 3], [0.1, 0.4, 0.2])]
        self.assertAlmostEqual(found.loss, sum(cost) - max(cost), delta=1e-14)
        self.assertAlmostEqual(digon.loss(found.W, found.b, law, "linear").loss, found.loss, delta=1e-14)
        self.assertTrue(found.confirmed)
        with self.assertRaisesRegex(ValueError, "closed form"):
            digon.optimum(3, 1, law, "linear", seconds=1)

    def test_descend(self):
        law = digon.Law(0.2)
        found = digon.descend(W, b, law)
        self.assertTrue((found.loss <= digon.loss(W, b, law).loss).all())
        numpy.testing.assert_allclose(digon.loss(found.W, found.b, law).loss, found.loss, rtol=1e-8)
        self.assertLess(found.gradient_norm.max(), 1e-4)

    def test_measure(self):
        measures = digon.measure([[3.0], [-1.0]])
        numpy.testing.assert_allclose(measures.norm, [3, 1])
        numpy.testing.assert_allclose(measures.superposition, [1, 9])
        numpy.testing.assert_allclose(measures.dimensionality, [0.9, 0.1])
        self.assertAlmostEqual(measures.dimensions_per_feature, 0.1)
        angle = 2 * numpy.pi * numpy.arange(5) / 5
        pentagon = numpy.stack([numpy.cos(angle), numpy.sin(angle)], 1)
        both = digon.measure(numpy.stack([pentagon, numpy.eye(5, 2)]))
        self.assertEqual(both.geometry, ["pentagon", "2 dedicated"])
        self.assertEqual(both.components[0][0].features, [0, 1, 2, 3, 4])
        self.assertEqual(digon.measure(numpy.eye(2)).neurons[0].name, "monosemantic")

    def test_learning_coefficient(self):
        angle = 2 * numpy.pi * numpy.arange(5) / 5
        W, b = 1.170460 * numpy.stack([numpy.cos(angle), numpy.sin(angle)], 1), numpy.full(5, -0.282297)
        found = digon.learning_coefficient(W, b, digon.Law(active=1))
        self.assertAlmostEqual(float(found), 7.0, delta=0.15)
        self.assertGreater(abs(found.value - 7.5), 0.3)  # half the parameters
        self.assertTrue(found.trustworthy)
        self.assertEqual((found.parameters, found.rotations, found.half_rank), (15, 1, 7.0))
        self.assertEqual([point.gamma for point in found.points], [100.0] * 4)
        self.assertAlmostEqual(sum(found.limits[0].approach.values()), 1.0)
        self.assertIsNone(found.volume)
        numpy.testing.assert_allclose(found.W, W, atol=1e-4)
        same = digon.learning_coefficient([W, W], b, digon.Law(active=1), draws=50, nbeta=[1e5], layout="n,m", threads=1)
        self.assertEqual(same[0].value, same[1].value)
        self.assertFalse(same[0].trustworthy)  # of one temperature
        for settings, reason in ((dict(nbeta=[2, 1]), "ascend"), (dict(gamma=-1), "gamma: -1 given"),
                                 (dict(chains=0), "chains: '0' given"), (dict(sampler="nuts"), "accepted: hmc, mala"),
                                 (dict(objective="l2"), "accepted: exact, l1"),
                                 (dict(kind="relu-hidden"), "accepted: linear, relu-output")):
            with self.assertRaisesRegex(ValueError, reason):
                digon.learning_coefficient(W, b, digon.Law(active=1), **settings)

    def test_phase_and_pack(self):
        diagram = digon.phase(density=[0.01, 1.0], relative_importance=[0.2, 5.0])
        names = [[diagram.names[cell] for cell in row] for row in diagram.phase]
        self.assertEqual(names, [["superposed", "absent"], ["superposed", "dedicated"]])
        self.assertTrue((diagram.loss <= diagram.candidate_loss * (1 + 1e-9)).all())
        packing = digon.pack(12, 3, starts=4)
        self.assertEqual((packing.geometry, packing.proved_optimal_by is not None), ("icosahedron", True))
        self.assertAlmostEqual(packing.value, 49.165253058, delta=1e-8)
        numpy.testing.assert_allclose(numpy.linalg.norm(packing.points, axis=1), 1)
        lines = digon.pack(6, 3, "coherence", antipodal=True, starts=4)
        self.assertAlmostEqual(lines.value, 5**-0.5, delta=1e-9)
        again = digon.pack(12, 3, starts=1, initial=packing.points)
        self.assertLessEqual(again.value, packing.value)
        free = digon.pack(5, 2, "l1", starts=6)
        best = answer("pack", "--features", 5, "--dim", 2, "--energy", "l1", "--starts", 6)[0]["optima"]
        self.assertEqual(free.by_represented, {one["represented"]: one["loss"] for one in best})
        self.assertEqual((free.value, free.geometry), (best[0]["loss"], best[0]["geometry"]))
        law = digon.Law(active=1)
        self.assertAlmostEqual(digon.loss(free.points, free.b, law).loss, free.value / 5, delta=1e-10)
        for given in [{"hops": 3}, {"initial": packing.points}, {"antipodal": True}]:
            with self.assertRaisesRegex(ValueError, "accepted with"):
                digon.pack(12, 3, "l1", **given)


class Trainings(unittest.TestCase):
    def test_training_is_the_program_s(self):
        out = folder / "run"
        done = command("train", "--features", 5, "--hidden", 2, "--density", 1, 0.1, "--restarts", 2, "--steps", 200,
                       "--batch", 64, "--seed", 4, "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        laws = [digon.Law(1.0), digon.Law(0.1)]
        trained = digon.train(5, 2, laws, restarts=2, steps=200, batch=64, seed=4, snapshots=[0, 100])
        models = digon.load(out / "weights.safetensors")
        numpy.testing.assert_array_equal(trained.W, models.W)
        numpy.testing.assert_array_equal(trained.b, models.b)
        self.assertEqual(trained.seed, models.seed)
        self.assertEqual((trained.steps, trained.snapshots.W.shape, len(trained.loss_history[0])), ([200] * 4, (2, 4, 5, 2), 2))
        numpy.testing.assert_array_equal(digon.loss(models.W, models.b, models.law, models.kind).loss,
                                         digon.loss(trained.W, trained.b, trained.law, trained.kind).loss)
        path = folder / "again.safetensors"
        digon.save(path, models.W, models.b, models.law, models.kind, seed=models.seed)
        digon.save(folder / "turned.safetensors", W[0].T, b[0], laws[1], layout="m,n")
        again = digon.load(path)
        numpy.testing.assert_array_equal(again.W, models.W)
        self.assertEqual(again.step, [None] * 4)
        self.assertEqual(again.law[3].for_features(5).json, models.law[3].for_features(5).json)
        numpy.testing.assert_array_equal(digon.load(folder / "turned.safetensors").W[0], W[0])
        self.assertEqual(command("loss", "--model", path).returncode, 0)

    def test_exact_training_is_the_program_s(self):
        out = folder / "exact"
        done = command("train", "--features", 5, "--hidden", 2, "--density", 0.2, "--objective", "exact", "--steps", 60,
                       "--snapshots", "every:30", "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(digon.load(out / "snapshots.safetensors").step, [0, 30, 60])
        law = digon.Law(0.2)
        trained = digon.train(5, 2, law, objective="exact", steps=60)
        numpy.testing.assert_array_equal(trained.W.astype(numpy.float32), digon.load(out / "weights.safetensors").W)
        self.assertFalse(numpy.allclose(trained.W, digon.train(5, 2, law, steps=60).W, rtol=1e-3))
        data = digon.Law(data=random.random((40, 5)))
        of_data = digon.train(5, 2, data, steps=20)
        numpy.testing.assert_array_equal(of_data.W, digon.train(5, 2, data, objective="exact", steps=20).W)
        for call, words in [
            (lambda: digon.train(5, 2, law, objective="some"), "accepted: sampled, exact"),
            (lambda: digon.train(5, 2, law, "relu-hidden", objective="exact"), "accepted there: sampled"),
            (lambda: digon.train(5, 2, data, objective="sampled"), "accepted there: exact"),
        ]:
            with self.assertRaisesRegex(ValueError, words):
                call()

    def test_recover(self):
        law = digon.Law(0.1)
        trained = digon.train(12, 4, law, steps=300, batch=64)
        path = folder / "recover.safetensors"
        digon.save(path, trained.W, trained.b, law)
        expected = answer("recover", "--model", path, "--samples", 300)[0]["encoders"][0]
        found = digon.recover(trained.W, trained.b, law, samples=300)[0]
        self.assertEqual({name: found.decoders[name].error for name in found.decoders},
                         {one["decoder"]: one["error"] for one in expected["decoders"]})
        self.assertEqual([found.lost, found.unfound, found.readout, found.best],
                         [expected["loss"][name] for name in ("lost", "unfound", "readout", "best")])
        readout = found.decoders["readout"]
        self.assertAlmostEqual(found.loss, readout.error, delta=1e-15)
        exact = digon.loss(trained.W, trained.b, law).loss[0]
        self.assertLess(abs(found.loss - exact), 5 * readout.standard_error)
        self.assertGreater(abs(2 * found.loss - exact), 5 * readout.standard_error)
        self.assertEqual(found.decoders["support"].recovered, digon.recover(trained.W[0], trained.b[0], law, samples=300,
                                                                            threads=1).decoders["support"].recovered)
        self.assertNotIn("nnls", digon.recover(trained.W[0], None, digon.Law(0.1, values="signed"), samples=20).decoders)
        for call, words in [
            (lambda: digon.recover(W[0], b[0], law, "relu-hidden"), "accepted: models with h = Wx"),
            (lambda: digon.recover(W[0], b[0], law, samples=1), "samples: '1' given"),
        ]:
            with self.assertRaisesRegex(ValueError, words):
                call()

    def test_hidden_models(self):
        trained = digon.train(6, 4, digon.Law(0.3), "absolute-value", steps=100, batch=64)
        self.assertEqual(trained.W_out.shape, (1, 6, 4))
        digon.save(folder / "hidden.safetensors", trained.W, trained.b, trained.law, trained.kind, W_out=trained.W_out)
        again = digon.load(folder / "hidden.safetensors")
        numpy.testing.assert_allclose(again.W_out, trained.W_out, rtol=1e-7)
        self.assertIn("uniform [-1, 1]", repr(again.law[0]))

    def test_samples(self):
        T = 40_000
        for given, mean, square in [
            ({"density": 0.3}, 0.15, 0.1),
            ({"density": 0.01}, 0.005, 0.01 / 3),
            ({"density": 0.3, "values": "signed"}, 0.0, 0.1),
            ({"active": 2}, 0.2, 2 / 15),
            ({"density": 0.2, "correlated": "0,1/2,3"}, 0.1, 0.2 / 3),
            ({"density": 0.2, "anticorrelated": "0,1,2,3"}, 0.1, 0.2 / 3),
        ]:
            law = digon.Law(**given)
            x = digon.sample(law, T, 3, n=n)
            self.assertEqual(x.shape, (T, n))
            allowed = 5 * (square / T) ** 0.5
            numpy.testing.assert_allclose(x.mean(0), mean, atol=allowed)
            numpy.testing.assert_allclose((x**2).mean(0), square, atol=allowed)
            # In any order: the first half is as the second, and the k-th is the same whatever T.
            numpy.testing.assert_allclose(x[: T // 2].mean(0), x[T // 2:].mean(0), atol=2 * allowed)
            numpy.testing.assert_array_equal(digon.sample(law, 100, 3, n=n, threads=1), x[:100])
            self.assertFalse((digon.sample(law, 100, 4, n=n) == x[:100]).all())
        x = digon.sample(digon.Law(active=2), 500, n=n)
        self.assertTrue(((x > 0).sum(1) == 2).all())
        x = digon.sample(digon.Law(0.2, correlated="0,1"), 2000, n=n)
        self.assertTrue(((x[:, 0] > 0) == (x[:, 1] > 0)).all())
        x = digon.sample(digon.Law(0.2, anticorrelated="0,1"), 2000, n=n)
        self.assertFalse(((x[:, 0] > 0) & (x[:, 1] > 0)).any())
        data = random.random((7, n))
        drawn = digon.sample(digon.Law(data=data), 700)
        self.assertEqual({tuple(row) for row in drawn}, {tuple(row) for row in data})


class Calls(unittest.TestCase):
    def interrupted(self, call, after=0.15):
        """(seconds from the signal to the exception, its result)."""
        sent = []

        def send():
            sent.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

        timer = threading.Timer(after, send)
        timer.start()
        try:
            call()
        except KeyboardInterrupt as stop:
            return time.monotonic() - sent[0], getattr(stop, "result", None)
        finally:
            timer.join()
        self.fail("it ended before it was interrupted")

    def test_control_c(self):
        large = random.normal(size=(900, 300)) / 300**0.5
        law = digon.Law(0.1)
        cases = [
            (lambda: [digon.loss(large, None, digon.Law(0.1)) for _ in range(1000)], 0.3, False),
            (lambda: digon.loss(numpy.repeat(large[None, :60, :20], 20000, 0), None, digon.Law(0.1)), 0.3, False),
            (lambda: digon.decompose(large[:300], None, digon.Law(0.1), up_to=300), 1.0, False),
            (lambda: digon.optimum(12, 4, digon.Law(0.05, importance="0.9^i"), seconds=100), 1.5, True),
            (lambda: digon.gap(random.normal(size=(12, 4)), None, digon.Law(0.05, importance="0.9^i"), seconds=100), 1.5, True),
            (lambda: digon.phase(3, density=numpy.geomspace(0.01, 1, 300)), 1.5, True),
            (lambda: digon.phase(3, density=[0.01], relative_importance=[1, 2], starts=100_000), 1.5, True),
            (lambda: digon.pack(100, 3, starts=100_000, hops=100), 1.5, None),
            (lambda: digon.train(20, 5, law, steps=10_000_000), 1.0, True),
            (lambda: digon.sampled_loss(numpy.repeat(W, 10_000, 0), None, law, 1_000_000), 1.0, False),
            (lambda: digon.recover(numpy.repeat(W, 10_000, 0), None, law), 1.0, True),
        ]
        for number, (call, at_most, leaves) in enumerate(cases):
            with self.subTest(number=number):
                seconds, result = self.interrupted(call)
                self.assertLess(seconds, 2 * at_most)  # on a machine that others use too
                if leaves is not None:
                    self.assertEqual(result is not None, leaves)
                if number == 3:
                    self.assertGreater(result.loss, 0)
                    self.assertEqual(result.W.shape, (12, 4))
                if number == 6:  # no cell of fewer descents than were asked for
                    self.assertTrue((result.phase == -1).all())
                if number == 8:
                    self.assertLess(result.steps[0], 10_000_000)
                    self.assertTrue(numpy.isfinite(result.W).all())
                if number == 10:  # the models that were finished
                    self.assertEqual((result[0] is None, result[-1]), (False, None))
                # And all goes on as before.
                self.assertGreater(digon.loss(W[0], b[0], digon.Law(0.1)).loss, 0)
        self.assertIs(signal.getsignal(signal.SIGINT), signal.default_int_handler)
        # Nor does what was pressed then end a later search in another thread.
        found = []
        thread = threading.Thread(target=lambda: found.append(digon.optimum(3, 2, law, populations=1, descents=20)))
        thread.start()
        thread.join()
        self.assertGreater(found[0].descents, 4)

    def test_a_handler_of_the_user_s(self):
        class Mine(Exception):
            pass

        def handler(*_):
            raise Mine

        before = signal.signal(signal.SIGINT, handler)
        try:
            with self.assertRaises(Mine):
                self.interrupted(lambda: digon.optimum(12, 4, digon.Law(0.05), seconds=100))
        finally:
            signal.signal(signal.SIGINT, before)

    def test_others_run_on(self):
        ticks = []
        done = threading.Event()

        def tick():
            while not done.wait(0.01):
                ticks.append(1)

        thread = threading.Thread(target=tick)
        thread.start()
        digon.optimum(12, 4, digon.Law(0.05, importance="0.9^i"), seconds=0.5)
        done.set()
        thread.join()
        self.assertGreater(len(ticks), 10)

    def test_calls_from_threads(self):
        found = [None] * 4

        def work(k):
            found[k] = digon.loss(W, b, digon.Law(0.2)).loss

        threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for each in found:
            numpy.testing.assert_array_equal(each, found[0])

    def test_progress(self):
        shown = io.StringIO()
        with contextlib.redirect_stderr(shown):
            digon.train(5, 2, digon.Law(0.1), steps=2000, batch=64, progress=True)
            quiet = shown.getvalue()
            self.assertIn("train", quiet)
            digon.train(5, 2, digon.Law(0.1), steps=200, batch=64)
            self.assertEqual(shown.getvalue(), quiet)


if __name__ == "__main__":
    harness.main()
