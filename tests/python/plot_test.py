"""digon.plot: every figure shows the numbers it is given, in the colours of the program's figures, and is drawn.

    plot_test.py PROGRAM MODULE_FOLDER; skipped where there is no matplotlib."""
import io
import re
import unittest

import harness
import numpy

import digon

try:
    import matplotlib
except ImportError:
    harness.skip("matplotlib is not installed")
matplotlib.use("Agg")
import digon.plot as plot
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

angle = 2 * numpy.pi * numpy.arange(5) / 5
pentagon = numpy.stack([numpy.cos(angle), numpy.sin(angle)], 1)


def colors_of(file, name):
    """The colours of a constant of the C++ sources."""
    text = (harness.root / "plots" / file).read_text()
    return re.findall(r"#[0-9a-f]{6}", text[text.index(name):text.index(";", text.index(name))])


class Plots(unittest.TestCase):
    def drawn(self, ax):
        self.assertIsInstance(ax, Axes)
        image = io.BytesIO()
        ax.figure.savefig(image, format="png", dpi=40)
        self.assertGreater(len(image.getvalue()), 1000)
        plot.pyplot.close(ax.figure)
        return ax

    def test_colors_are_the_program_s(self):
        self.assertEqual(list(plot.FEATURE_COLORS), colors_of("figure.cpp", "colors{"))
        self.assertEqual(list(plot.PHASE_COLORS), colors_of("phase_figure.cpp", "phase_colors{"))
        for palette, map_ in (("sequential_palette", plot.SEQUENTIAL), ("diverging_palette", plot.DIVERGING)):
            expected = colors_of("figure.cpp", palette + " =")
            self.assertEqual(len(expected), 9)
            self.assertEqual([to_hex(map_(0.0)), to_hex(map_(1.0))], [expected[0], expected[-1]])

    def test_arrows(self):
        ax = self.drawn(plot.arrows(pentagon))
        self.assertEqual([text.get_text() for text in ax.texts if text.get_text()], list("01234"))
        tips = [text.xy for text in ax.texts if not text.get_text()]
        numpy.testing.assert_allclose(tips, pentagon)
        turned = self.drawn(plot.arrows(pentagon.T, layout="m,n"))
        numpy.testing.assert_allclose([text.xy for text in turned.texts if not text.get_text()], tips)
        self.drawn(plot.arrows([[1.0], [-1.0]]))
        self.drawn(plot.arrows(numpy.eye(4)))

    def test_gram(self):
        ax = self.drawn(plot.gram(pentagon, numpy.arange(5) / 10))
        numpy.testing.assert_allclose(ax.images[0].get_array(), pentagon @ pentagon.T)
        numpy.testing.assert_allclose(ax.images[1].get_array()[:, 0], numpy.arange(5) / 10)
        self.assertEqual(ax.images[0].get_clim(), ax.images[1].get_clim())

    def test_norms(self):
        ax = self.drawn(plot.norms([[3.0], [-1.0]]))
        numpy.testing.assert_allclose([bar.get_height() for bar in ax.patches], [3, 1])

    def test_dimensionality(self):
        ax = self.drawn(plot.dimensionality([0.1, 0.01], numpy.stack([pentagon, numpy.eye(5, 2)])))
        shown = ax.lines[-1].get_ydata()
        numpy.testing.assert_allclose(shown, [0.4] * 5 + [1, 1, 0, 0, 0])
        numpy.testing.assert_allclose(ax.lines[-1].get_xdata(), [10] * 5 + [100] * 5, rtol=0.05)

    def test_phases(self):
        diagram = digon.phase(density=[0.01, 1.0], relative_importance=[0.2, 5.0])
        ax = self.drawn(plot.phases(diagram))
        numpy.testing.assert_array_equal(ax.collections[0].get_array().reshape(2, 2), diagram.phase)
        self.drawn(plot.phases(diagram, which="candidate_phase"))

    def test_stack(self):
        W = numpy.array([[1.0, -2.0], [0.5, 0.0]])
        ax = self.drawn(plot.stack(W))
        heights = {round(bar.get_x() + 0.4): [] for bar in ax.patches}
        for bar in ax.patches:
            heights[round(bar.get_x() + 0.4)].append((bar.get_y(), bar.get_height()))
        self.assertEqual(heights, {0: [(0.0, 1.0), (1.0, 0.5)], 1: [(0.0, -2.0), (0.0, 0.0)]})

    def test_decomposition(self):
        loss = digon.loss(pentagon, None, digon.Law(0.3))
        ax = self.drawn(plot.decomposition(loss))
        self.assertAlmostEqual(sum(bar.get_height() for bar in ax.patches), loss.loss, delta=1e-3 * loss.loss)
        with self.assertRaises(ValueError):
            plot.decomposition(digon.loss(pentagon[None], None, digon.Law(0.3)))

    def test_axes_are_the_user_s(self):
        _, axes = plot.pyplot.subplots(1, 2)
        self.assertIs(plot.arrows(pentagon, ax=axes[0]), axes[0])
        with self.assertRaises(ValueError):
            plot.arrows(pentagon[None])


if __name__ == "__main__":
    harness.main()
