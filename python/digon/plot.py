"""Figures of models and what is known of them, by matplotlib, in the colours of the program's own. Each takes `ax`, the
axes to draw in (default: new ones), and returns the axes. Needs matplotlib."""
import matplotlib.pyplot as pyplot
import numpy
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.patches import Patch, Rectangle

import digon
from digon._arrays import to_array

__all__ = ["FEATURE_COLORS", "PHASE_COLORS", "SEQUENTIAL", "DIVERGING", "arrows", "decomposition", "dimensionality",
           "gram", "norms", "phases", "stack"]

#: One colour for one feature everywhere; Okabe and Ito's palette, safe for the colour-blind.
FEATURE_COLORS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#000000", "#f0e442")
#: Absent, dedicated, superposed.
PHASE_COLORS = ("#bbbbbb", "#56b4e9", "#e69f00")
#: Of a quantity that is at least 0 (viridis), and of one of either sign.
SEQUENTIAL = LinearSegmentedColormap.from_list("digon_sequential", [
    "#440154", "#472c7a", "#3b518b", "#2c718e", "#21908d", "#27ad81", "#5cc863", "#aadc32", "#fde725"])
DIVERGING = LinearSegmentedColormap.from_list("digon_diverging", [
    "#053061", "#2166ac", "#67a9cf", "#d1e5f0", "#ffffff", "#fddbc7", "#ef8a62", "#b2182b", "#67001f"])
_GREY = "#999999"


def _axes(ax, **figure):
    if ax is None:
        _, ax = pyplot.subplots(layout="constrained", **figure)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return ax


def _one(W, layout):
    """[n, m] of one instance."""
    W = to_array("W", W)
    if W.ndim != 2:
        raise ValueError(f"W: {list(W.shape)} given; accepted: one instance, [n, m]")
    return W.T if layout == "m,n" else W


def _whole_numbers():
    return pyplot.MaxNLocator(nbins=10, integer=True)


def _color(i):
    return FEATURE_COLORS[i % len(FEATURE_COLORS)]


def arrows(W, *, layout="n,m", labels=None, ax=None):
    """The directions W_i of the features in the plane, m = 2 (of more dimensions the two of most weight), beside the unit
    circle. W [n, m]; labels [n], default their numbers."""
    W = _one(W, layout)
    if W.shape[1] == 1:
        W = numpy.hstack([W, numpy.zeros_like(W)])
    if W.shape[1] > 2:
        W = W @ numpy.linalg.svd(W, full_matrices=False)[2][:2].T
    ax = _axes(ax, figsize=(3.4, 3.4))
    angle = numpy.linspace(0, 2 * numpy.pi, 200)
    ax.plot(numpy.cos(angle), numpy.sin(angle), color=_GREY, linestyle="--", linewidth=1, zorder=0)
    for i, (x, y) in enumerate(W):
        ax.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "-|>", "color": _color(i), "linewidth": 2,
                                                    "shrinkA": 0, "shrinkB": 0})
        length = numpy.hypot(x, y)
        if length > 0.05:
            ax.text(x * (1 + 0.12 / length), y * (1 + 0.12 / length), str(i if labels is None else labels[i]),
                    color=_color(i), ha="center", va="center")
    reach = 1.15 * max(1.15, numpy.hypot(*W.T).max())
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    return ax


def gram(W, b=None, *, layout="n,m", ax=None):
    """WᵀW [n, n], and b as a column beside it: what output j (row) hears of feature i (column)."""
    W = _one(W, layout)
    G = W @ W.T
    n = len(G)
    greatest = max(1e-12, numpy.abs(G).max(), 0 if b is None else numpy.abs(b).max())
    ax = _axes(ax, figsize=(4.2, 3.4))
    options = {"cmap": DIVERGING, "vmin": -greatest, "vmax": greatest}
    image = ax.imshow(G, **options)
    ax.set(xticks=[(n - 1) / 2], xticklabels=["$W^TW$"], ylabel="output")
    ax.yaxis.set_major_locator(_whole_numbers())
    if b is not None:
        ax.imshow(numpy.asarray(b, float)[:, None], extent=(n + 0.2, n + 1.2, n - 0.5, -0.5), **options)
        ax.add_patch(Rectangle((n + 0.2, -0.5), 1, n, fill=False, edgecolor="#444444", linewidth=0.8))
        ax.set(xlim=(-0.5, n + 1.2), xticks=[(n - 1) / 2, n + 0.7], xticklabels=["$W^TW$", "$b$"])
    ax.tick_params(length=0)
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.figure.colorbar(image, ax=ax, shrink=0.8)
    return ax


def norms(W, *, layout="n,m", ax=None):
    """‖W_i‖ of each feature as a bar, coloured by its superposition Σ_{j≠i}(Ŵ_i·W_j)², from 0 to 1 and above."""
    measures = digon.measure(_one(W, layout))
    ax = _axes(ax, figsize=(4.2, 2.8))
    shown = numpy.minimum(measures.superposition, 1.0)
    ax.bar(numpy.arange(len(shown)), measures.norm, color=SEQUENTIAL(shown))
    ax.axhline(1, color=_GREY, linestyle="--", linewidth=1)
    ax.set(xlabel="feature", ylabel=r"norm $\Vert W_i\Vert$", ylim=(0, None))
    ax.xaxis.set_major_locator(_whole_numbers())
    scale = pyplot.cm.ScalarMappable(pyplot.Normalize(0, 1), SEQUENTIAL)
    ax.figure.colorbar(scale, ax=ax, label="superposition", extend="max")
    return ax


def dimensionality(density, W, *, layout="n,m", ax=None):
    """D_i of every feature of models [instances, n, m] against 1/density [instances], as the paper's figure of geometry:
    features of a figure with its name share a line, a digon 1/2, a pentagon 2/5."""
    measures = digon.measure(W, layout=layout)
    inverse = 1 / numpy.broadcast_to(numpy.asarray(density, float), len(measures.norm))
    ax = _axes(ax, figsize=(5.4, 3.4))
    for value, name, where in ((1, "dedicated", "center"), (3 / 4, "tetrahedron", "center"), (2 / 3, "triangle", "center"),
                               (1 / 2, "digon", "center"), (2 / 5, "pentagon", "bottom"), (3 / 8, "square antiprism", "top")):
        ax.axhline(value, color=_GREY, linestyle="--", linewidth=0.8, zorder=0)
        ax.text(1.01, value, name, transform=ax.get_yaxis_transform(), va=where, fontsize=8, color="#555555")
    x = numpy.repeat(inverse, measures.dimensionality.shape[1])
    spread = 1 + 0.03 * numpy.linspace(-1, 1, measures.dimensionality.shape[1])  # so that dots do not hide each other
    ax.plot(x * numpy.tile(spread, len(inverse)), measures.dimensionality.ravel(), ".", markersize=4, color=FEATURE_COLORS[0])
    ax.set(xscale="log", xlabel="1/(1 − S)", ylabel=r"feature dimensionality $D_i$", ylim=(-0.02, 1.06))
    return ax


def phases(diagram, *, which="phase", ax=None):
    """The map of a PhaseDiagram: `which` is "phase", of the exact optimum, or "candidate_phase", of the hand-built models."""
    ax = _axes(ax, figsize=(4.4, 3.6))
    cells = numpy.ma.masked_less(getattr(diagram, which), 0)
    ax.pcolormesh(diagram.density, diagram.relative_importance, cells, cmap=ListedColormap(PHASE_COLORS), vmin=-0.5, vmax=2.5,
                  shading="nearest")
    ax.set(xscale="log", yscale="log", xlabel="density 1 − S", ylabel="relative importance of the last feature")
    ax.legend(handles=[Patch(color=color, label=name) for color, name in zip(PHASE_COLORS, diagram.names)], ncols=3,
              loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False, fontsize=8)
    return ax


def stack(W, W_out=None, *, layout="n,m", ax=None):
    """What each hidden neuron serves, for a privileged basis: the weights W_ai of neuron a as blocks on top of each other, a
    colour a feature (elhage2022 §6). W [n, m]; with W_out, the blocks are W_ai · W_out,ia."""
    W = _one(W, layout)
    blocks = W if W_out is None else W * _one(W_out, layout)
    ax = _axes(ax, figsize=(5.0, 3.2))
    for a, neuron in enumerate(blocks.T):
        ends = {1: 0.0, -1: 0.0}
        for i in numpy.argsort(-numpy.abs(neuron)):
            sign = 1 if neuron[i] >= 0 else -1
            ax.bar(a, neuron[i], 0.8, bottom=ends[sign], color=_color(i), edgecolor="white", linewidth=0.5)
            ends[sign] += neuron[i]
    ax.axhline(0, color="#444444", linewidth=1)
    colors = len(FEATURE_COLORS)
    ax.legend(handles=[Patch(color=_color(i), label=", ".join(map(str, range(i, min(len(W), 3 * colors), colors))))
                       for i in range(min(len(W), colors))],
              title="feature", fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    ax.set(xlabel="neuron", ylabel="weight" if W_out is None else r"$W_{ai}\,W^{out}_{ia}$", xticks=range(blocks.shape[1]))
    return ax


def decomposition(loss, *, ax=None):
    """The share of the loss that inputs with k active features make, weight_k · L_mean_k, split into what is lost at active
    outputs and interference at the others. `loss`: a Loss or Decomposition of one instance."""
    parts = loss if isinstance(loss, digon.Decomposition) else loss.decomposition
    if parts.weight.ndim != 1:
        raise ValueError(f"loss: of {len(parts.weight)} instances given; accepted: of one")
    shown = numpy.flatnonzero(parts.weight * parts.L_mean > 1e-4 * numpy.nanmax(parts.weight * parts.L_mean))
    k = numpy.arange(shown[-1] + 1 if len(shown) else 1)
    ax = _axes(ax, figsize=(4.4, 3.0))
    lost = (parts.weight * parts.reconstruction)[k]
    ax.bar(k, lost, color=FEATURE_COLORS[0], label="at active outputs")
    ax.bar(k, (parts.weight * parts.interference)[k], bottom=lost, color=FEATURE_COLORS[3], label="interference")
    ax.set(xlabel="active features k", ylabel=r"$P(k)\,\bar L_k$")
    ax.xaxis.set_major_locator(_whole_numbers())
    ax.legend(frameon=False, fontsize=8, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0), columnspacing=1)
    return ax
