"""Exact theory and trained toy models of superposition (Elhage et al. 2022): arrays in, arrays out.

    import digon
    law = digon.Law(density=0.1, importance="0.9^i")
    digon.loss(W, b, law).loss          # the population loss of the weights, exactly, without sampling
    digon.gap(W, b, law).relative       # how far they are from the best weights there are

The models are x' = ReLU(WᵀWx + b) and its relatives (`kind`): "linear", "relu-output" (the default), "relu-hidden",
"absolute-value". Everywhere

    W       [n, m], row i the direction of feature i in m hidden dimensions, or a batch [instances, n, m]; layout="m,n" for
            [m, n], "auto" where the bias tells. float32 or float64, of NumPy or anything with __array__ or __dlpack__.
    b       [n] or [instances, n]; None: 0.
    law     a digon.Law, or one an instance.
    threads 0: one a core. The results do not depend on it.

All is computed in double precision. What does not fit raises ValueError, in the words of the command line; a tolerance out
of reach digon.ToleranceError, an ArithmeticError. Ctrl-C ends a call at once: digon.Interrupted, a KeyboardInterrupt whose
`result` is what was done until then, or None. Other threads of Python run on during a call.

digon.torch has the loss as a function of PyTorch with a gradient, digon.plot figures by matplotlib.
"""
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Optional, Union

import numpy
from numpy.typing import ArrayLike, NDArray

from . import _digon
from ._arrays import Weights, to_array
from ._digon import Interrupted, ToleranceError
from ._law import Law, laws_of
from ._numbers import check
from ._progress import watch

__version__ = _digon.version
simd = _digon.simd  # the path taken, "sse2", "avx2" or "avx512"; the environment's DIGON_SIMD names another
__all__ = ["Component", "Decomposition", "Descent", "Gap", "Gradient", "Interrupted", "Law", "LearningCoefficient",
           "LearningPoint", "Limit", "Loss", "Measures", "Minimum",
           "Models", "Neuron", "Optimum", "Packing", "PhaseDiagram", "Recovered", "Recovery", "SampledLoss", "Snapshots", "ToleranceError", "Training",
           "decompose", "descend", "gap", "learning_coefficient", "load", "loss", "loss_and_gradient", "measure", "optimum", "pack", "phase",
           "recover", "sample", "sampled_loss", "save", "train", "zero_model_loss"]

Array = NDArray[Any]
Number = Union[float, Array]  # a number, or one an instance [instances]
Laws = Union[Law, Sequence[Law]]
Kinds = Union[str, Sequence[str]]
Bias = Optional[ArrayLike]
Path = Union[str, "os.PathLike[str]"]


def _kinds(kind):
    return [kind] if isinstance(kind, str) else list(kind)


def _read(W, b, law, kind, layout, W_out=None):
    """(weights, kinds, native laws)."""
    weights = Weights(W, b, layout, W_out)
    kinds = _kinds(kind)
    instances, n, _ = weights.W.shape
    return weights, kinds, laws_of(law, n, instances, kinds)


def _interruptible(call, described):
    """described(call()), also of what is left after Ctrl-C."""
    try:
        return described(call())
    except Interrupted as stop:
        if stop.result is not None:
            stop.result = described(stop.result)
        raise


# --- losses


@dataclass(frozen=True)
class Decomposition:
    """The loss by number of active features, L = Σ_k weight_k L_mean_k (elhage2022 §2, "Mathematical Understanding");
    [instances, ·] of a batch."""

    L: Array  #: [K+1] L_k, the sum over the C(n, k) patterns of k active features; infinite where C(n, k) overflows
    L_mean: Array  #: [K+1] L_k / C(n, k)
    reconstruction: Array  #: [K+1] the part of L_mean at outputs whose feature is active
    interference: Array  #: [K+1] the part of L_mean at outputs whose feature is 0
    error: Array  #: [K+1] estimate of the numerical error of L_mean
    weight: Array  #: [K+1] the probability of k active features; NaN where densities differ and L_k do not make up the loss
    feature_benefit: Array  #: [n] of L_1: what is lost of feature i itself
    feature_interference: Array  #: [n] of L_1: what feature i causes at the other outputs
    relative_error: Number  #: the worst of L_mean, in the terms of the tolerance


@dataclass(frozen=True)
class Loss:
    """The exact loss L = Σ_j I_j E[(x_j − x'_j)²]; [instances] or [instances, n] of a batch."""

    loss: Number
    error: Number  #: estimate of |loss − L|: truncation, rounding
    reconstruction: Array  #: [n] I_j p_j E[(x_j − x'_j)² | x_j active]
    interference: Array  #: [n] I_j S_j E[(x'_j)² | x_j = 0]
    _decompose: Any = field(repr=False, compare=False)
    _decomposition: Optional[Decomposition] = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_decompose": None}

    @property
    def decomposition(self) -> Decomposition:
        """The loss by number of active features, computed when first asked for, of the weights that were given. A Loss that
        was pickled has it where it was asked for before."""
        found = self._decomposition
        if found is None:
            if self._decompose is None:
                raise ValueError("decomposition: not asked for before the loss was pickled; digon.decompose has it")
            found = self._decompose()
            object.__setattr__(self, "_decomposition", found)
        return found

    @property
    def L(self) -> Array:
        """[K+1] L_k of k = 0 … K active features: the sum over the C(n, k) patterns of activity."""
        return self.decomposition.L

    @property
    def L_mean(self) -> Array:
        """[K+1] L_k / C(n, k): the mean loss of inputs with exactly k features active."""
        return self.decomposition.L_mean

    @property
    def weight(self) -> Array:
        """[K+1] the probability of k active features: loss = weight · L_mean where all densities are the same."""
        return self.decomposition.weight

    def __float__(self) -> float:
        return float(self.loss)


def loss(W: ArrayLike, b: Bias, law: Laws, kind: Kinds = "relu-output", *, W_out: Bias = None, layout: str = "n,m",
         tolerance: Optional[float] = None, threads: int = 0) -> Loss:
    """The population loss of any weights: exact, without sampling, n to thousands, any densities and importances.

    Of relu-hidden and absolute-value models L_0 … L_2 are exact and the rest is estimated, by scrambled Sobol nets:
    Loss.error is half of the 95% interval, reconstruction and interference are nan (docs/hidden-relu.md).

    W [n, m] or [instances, n, m], b [n], [instances, n] or None; W_out, shaped as W, of an absolute-value model: row j is
    what output j reads. tolerance: relative error allowed of the loss, 1e-10 where it is exact, 1e-4 where it is estimated;
    Loss.error says what was achieved.

    Raises ValueError on bad input or a kind without an exact loss, ToleranceError where the tolerance is out of reach.
    docs/exact-loss.md says how it is computed.

    >>> digon.loss([[1.0], [-1.0]], None, digon.Law(density=1.0), kind="linear").loss
    0.6666666666666666
    """
    check(tolerance=tolerance, threads=threads)
    weights, kinds, laws = _read(W, b, law, kind, layout, W_out)
    found = _digon.loss(weights.W, weights.b, weights.W_out, kinds, laws, tolerance, threads)
    each = weights.each
    # A copy: the weights may be trained on before the decomposition is asked for.
    own = weights.W.copy(), weights.b.copy(), weights.W_out
    return Loss(each(found[0]), each(found[1]), each(found[2]), each(found[3]), lambda: _decomposition(
        each, _digon.decompose(*own, kinds, laws, None, 10 * (tolerance or 1e-10), threads, None)))


def _decomposition(each, found):
    return Decomposition(*map(each, found))


def decompose(W: ArrayLike, b: Bias, law: Laws, kind: Kinds = "relu-output", *, layout: str = "n,m",
              up_to: Optional[int] = None, tolerance: float = 1e-9, threads: int = 0, progress: bool = False) -> Decomposition:
    """The exact loss by number of active features, k = 0 … up_to (default: all of up to 60 features, of more those k that
    make up all but 1e-12 of the weight). The L_k depend on the law's importance and values, not on its density.

    W [n, m] or [instances, n, m]. tolerance: of each L_mean; Decomposition.error says what was achieved. Raises ValueError
    where there is no decomposition: of features that depend on one another, or a ReLU in the hidden layer.
    """
    check(tolerance=tolerance, threads=threads)
    weights, kinds, laws = _read(W, b, law, kind, layout)
    instances, n, _ = weights.W.shape
    if up_to is not None and not 0 <= up_to <= n:
        raise ValueError(f"up_to: {up_to} given; accepted: 0 to {n}")
    with watch(progress, "decomposition, outputs", instances * n) as counter:
        found = _digon.decompose(weights.W, weights.b, weights.W_out, kinds, laws, up_to, tolerance, threads, counter)
    return _decomposition(weights.each, found)


class Gradient(NamedTuple):
    """A loss and its derivatives by W and b, in the shape, layout and type of those given."""

    loss: Number
    dW: Array
    db: Array


def loss_and_gradient(W: ArrayLike, b: Bias, law: Laws, kind: Kinds = "relu-output", *, layout: str = "n,m",
                      tolerance: Optional[float] = None, threads: int = 0) -> Gradient:
    """The exact loss and its gradient, (loss, dW, db): one call for scipy.optimize or a training loop of your own.

    Of relu-hidden models both are of a fixed sample beyond L_2, so that they are of one smooth function: digon.loss states
    what it comes to by other samples. tolerance: as of digon.loss, of the other kinds.

    W [n, m] or [instances, n, m]; dW is shaped as W, db [n] or [instances, n]. The derivatives are those of the very sums
    that give the loss. Raises as loss does.

    >>> loss, dW, db = digon.loss_and_gradient(W, b, law)
    """
    check(tolerance=tolerance, threads=threads)
    weights, kinds, laws = _read(W, b, law, kind, layout)
    loss, _, dW, db = _digon.loss_and_gradient(weights.W, weights.b, None, kinds, laws, tolerance, threads)
    return Gradient(weights.each(loss), weights.like_W(dW), weights.like_b(db))


class SampledLoss(NamedTuple):
    """A sample mean of the loss and its standard error."""

    mean: Number
    standard_error: Number


def sampled_loss(W: ArrayLike, b: Bias, law: Laws, samples: int, kind: Kinds = "relu-output", *, W_out: Bias = None,
                 layout: str = "n,m", seed: int = 0, threads: int = 0) -> SampledLoss:
    """The loss estimated from at least so many samples, of every kind of model: what others have in place of the exact
    one. Raises ValueError on bad input or samples below 2."""
    check(samples=samples, seed=seed, threads=threads)
    weights, kinds, laws = _read(W, b, law, kind, layout, W_out)
    found = _digon.sampled_loss(weights.W, weights.b, weights.W_out, kinds, laws, samples, seed, threads)
    return SampledLoss(*map(weights.each, found))


def zero_model_loss(law: Law, n: int) -> float:
    """Σ_i I_i E[x_i²], the loss of the model of n features that always answers 0: the natural unit of loss."""
    check(n=n)
    return _digon.zero_model_loss(law.for_features(n))


# --- geometry


class Component(NamedTuple):
    """Features that share dimensions with no other."""

    name: str  #: "pentagon", "digon", "dedicated", or "7 points in 3 dimensions"
    features: list[int]
    dimension: int


class Neuron(NamedTuple):
    """What a hidden neuron serves where the hidden basis is privileged (elhage2022 §6)."""

    name: str  #: "dead", "monosemantic" or "polysemantic"
    features: list[int]  #: that get back of themselves through it: not those that turn it off
    effective_features: float


@dataclass(frozen=True)
class Measures:
    """How each feature is represented; [instances, ·], and lists of so many, of a batch (elhage2022 §§2, 4)."""

    norm: Array  #: [n] ‖W_i‖
    superposition: Array  #: [n] Σ_{j≠i} (Ŵ_i·W_j)²: how much feature i shares its dimension; 0 where W_i = 0
    dimensionality: Array  #: [n] D_i = ‖W_i‖² / Σ_j (Ŵ_i·W_j)², the capacity of scherlis2022; 0 where W_i = 0
    dimensions_per_feature: Number  #: D* = m/‖W‖_F²; infinite where W = 0
    geometry: Union[str, list[str]]  #: "2 digons ⊥ triangle", of the represented features alone
    components: list  #: Component of each orthogonal part
    neurons: list  #: Neuron of each hidden dimension, of use where it has a ReLU


def measure(W: ArrayLike, kind: Kinds = "relu-output", *, W_out: Bias = None, layout: str = "n,m",
            tolerance: float = _digon.model_tolerance, threads: int = 0) -> Measures:
    """How the features lie: norms, superposition, dimensionality D_i, D*, and the geometry by name.

    W [n, m] or [instances, n, m]. kind, and W_out of an absolute-value model, decide what neurons serve. tolerance: how
    far inner products of directions may be from those of a figure that is named. Raises ValueError where W is not finite.

    >>> digon.measure([[3.0], [-1.0]]).dimensionality
    array([0.9, 0.1])
    """
    check(tolerance=tolerance, threads=threads)
    weights = Weights(W, None, layout, W_out)
    found = _digon.measure(weights.W, weights.W_out, _kinds(kind), tolerance, threads)
    norm, superposition, dimensionality, per_feature, names, components, neurons = found
    each = weights.each
    return Measures(each(norm), each(superposition), each(dimensionality), each(per_feature), each(names),
                    each([[Component(*one) for one in its] for its in components]),
                    each([[Neuron(*one) for one in its] for its in neurons]))


# --- optima


@dataclass(frozen=True)
class Minimum:
    """A local minimum of the exact loss, or of a model with a ReLU in the hidden layer of that on fixed samples."""

    loss: float
    W: Array  #: [n, m]
    b: Array  #: [n]
    W_out: Optional[Array]  #: [n, m], of an absolute-value model
    gradient_norm: float
    populations: int  #: that came to it
    geometry: str


@dataclass(frozen=True)
class Optimum(Minimum):
    """The lowest minimum known, and how well."""

    agreeing: int  #: populations, which share nothing, that came to it
    searched: int  #: of so many
    confirmed: bool  #: by so many that it hardly was by chance; no proof
    recorded: Optional[str]  #: the date, where Digon's own record knew it
    descents: int
    stated: Optional[tuple[float, float]]  #: of a ReLU in the hidden layer: the loss by other samples, half its 95% interval
    minima: list[Minimum]  #: all that were found, lowest first


def optimum(n: int, m: int, law: Law, kind: str = "relu-output", *, seconds: Optional[float] = None,
            populations: Optional[int] = None, descents: Optional[int] = None, penalty: Optional[Mapping[str, float]] = None,
            max_coherence: float = 1.0, layout: str = "n,m", seed: int = 0, threads: int = 0,
            progress: bool = False) -> Optimum:
    """The lowest loss any model of n features in m dimensions can have, its weights, and the other minima.

    Populations of models evolve apart from each other until three agree on the lowest minimum or `populations` (12, of a
    ReLU in the hidden layer 4), each of at most `descents` (20000), are done, or `seconds` have passed; Ctrl-C ends the
    search likewise, with Interrupted.result. What Digon's record has confirmed is answered at once unless one of the three
    is given. The linear model's optimum is known in closed form.
    penalty: {"weights": λ, "interference": λ} adds λ Σ‖W_i‖² and λ Σ_{i≠j}(W_i·W_j)²; max_coherence bounds |cos(W_i, W_j)|.

    Raises ValueError on bad input. docs/search.md says how sure the answer is.

    >>> best = digon.optimum(5, 2, digon.Law(density=0.1, importance="0.9^i"))
    >>> best.loss, best.geometry, best.confirmed
    """
    check(n=n, m=m, seconds=seconds, populations=populations, descents=descents, seed=seed, threads=threads)
    by_weights, by_interference = _penalty(penalty)
    native = law.for_features(n)
    with watch(progress, "optimum, descents", _most_descents(kind, populations, descents)) as counter:
        return _interruptible(
            lambda: _digon.optimum(m, native, kind, by_weights, by_interference, max_coherence, seconds, populations, descents,
                                   seed, threads, counter),
            lambda found: _optimum(found, layout))


def _most_descents(kind, populations, descents):
    return (populations or (4 if kind in ("relu-hidden", "absolute-value") else 12)) * (descents or 20000)


def _penalty(penalty: Optional[Mapping[str, float]]) -> tuple[float, float]:
    strengths = dict(penalty or {})
    numbers = float(strengths.pop("weights", 0.0)), float(strengths.pop("interference", 0.0))
    if strengths:
        raise ValueError(f"penalty: '{next(iter(strengths))}' given; accepted: weights, interference")
    return numbers


def _laid_out(W, layout):
    """[…, n, m] as the layout asks."""
    if layout not in ("n,m", "m,n"):
        raise ValueError(f"layout: {layout!r} is not a layout; accepted: n,m, m,n")
    return W if layout == "n,m" else numpy.ascontiguousarray(W.swapaxes(-1, -2))


def _optimum(found, layout):
    read = found["W_out"]
    minima = [Minimum(*one) for one in zip(found["loss"], _laid_out(found["W"], layout), found["b"],
                                           [None] * len(found["W"]) if read is None else _laid_out(read, layout),
                                           found["gradient_norm"], found["hits"], found["geometry"])]
    return Optimum(**vars(minima[0]), agreeing=found["agreeing"], searched=found["populations"],
                   confirmed=found["confirmed"], recorded=found["recorded"], descents=found["descents"],
                   stated=found["stated"], minima=minima)


class Descent(NamedTuple):
    """Where descents ended; [instances, ·] of a batch."""

    loss: Number
    W: Array
    b: Array
    gradient_norm: Number


def descend(W: ArrayLike, b: Bias, law: Laws, *, layout: str = "n,m", threads: int = 0) -> Descent:
    """The local minimum of the exact loss that L-BFGS reaches from the weights of a ReLU output model: training without
    noise, to its end. W [n, m] or [instances, n, m]. Raises ValueError on bad input."""
    check(threads=threads)
    weights, _, laws = _read(W, b, law, "relu-output", layout)
    W, b, loss, gradient_norm = _digon.descend(weights.W, weights.b, laws, threads)
    return Descent(weights.each(loss), weights.like_W(W), weights.like_b(b), weights.each(gradient_norm))


@dataclass(frozen=True)
class Gap:
    """How far weights are from what is possible."""

    loss: float
    local: float  #: the local minimum that a descent from them reaches
    best: float  #: the lowest loss known
    absolute: float  #: loss − best
    relative: float  #: loss/best − 1
    minimum: Optional[int]  #: which of the minima found the weights belong to, 0 the best
    dead: int  #: outputs that no input turns on
    agreeing: int  #: populations that came to the best; 0 where it is known in closed form
    populations: int
    confirmed: bool
    recorded: Optional[str]
    error: float  #: half of the loss's 95% interval where it is estimated, and those of `local` and `best` are alike; else 0


def gap(W: ArrayLike, b: Bias, law: Laws, kind: Kinds = "relu-output", *, W_out: Bias = None,
        seconds: Optional[float] = None, populations: Optional[int] = None, descents: Optional[int] = None,
        penalty: Optional[Mapping[str, float]] = None, max_coherence: float = 1.0, layout: str = "n,m", seed: int = 0,
        threads: int = 0, progress: bool = False) -> Union[Gap, list[Optional[Gap]]]:
    """How far weights are from their nearest local minimum and from the optimum, found as optimum() does, once for all
    instances of one law. Of a batch a list, with None for those that Ctrl-C left out in Interrupted.result.

    W [n, m] or [instances, n, m] of any kind, W_out alike of an absolute-value model; a linear model's optimum is known in
    closed form, one of a ReLU in the hidden layer searched for on fixed samples and stated by others. Raises ValueError on
    bad input.
    """
    check(seconds=seconds, populations=populations, descents=descents, seed=seed, threads=threads)
    by_weights, by_interference = _penalty(penalty)
    weights, kinds, laws = _read(W, b, law, kind, layout, W_out)
    most = _most_descents(kinds[0], populations, descents)
    with watch(progress, "gap, descents", most * len(laws)) as counter:
        return _interruptible(
            lambda: _digon.gap(weights.W, weights.b, weights.W_out, kinds, laws, by_weights, by_interference, max_coherence, seconds,
                               populations, descents, seed, threads, counter),
            lambda found: weights.each([one and Gap(**one) for one in found]))


@dataclass(frozen=True)
class PhaseDiagram:
    """What becomes of the last feature (elhage2022 §3): rows are relative importances, columns densities."""

    density: Array  #: [D]
    relative_importance: Array  #: [R] of the last feature over the others'
    phase: Array  #: [R, D] of the exact optimum: 0 absent, 1 dedicated, 2 superposed; −1 where Ctrl-C came first
    loss: Array  #: [R, D] of the exact optimum
    candidate_phase: Array  #: [R, D] of the best of the paper's hand-built models
    candidate_loss: Array  #: [R, D] of it, exactly
    names = ("absent", "dedicated", "superposed")


def phase(n: int = 2, *, density: Bias = None, relative_importance: Bias = None, values: str = "uniform", biases: bool = True,
          starts: int = 2, seed: int = 0, threads: int = 0, progress: bool = False) -> PhaseDiagram:
    """The exact phase diagram of n features, 2 or 3, in n − 1 dimensions, beside that of the paper's hand-built models.

    density [D], default 16 from 0.01 to 1, and relative_importance [R], default 16 from 0.1 to 10, both even in the
    logarithm. values: of active features, as in Law. biases=False: of models without them. Each cell is the lowest of the
    descents from every hand-built model and from `starts` random ones. Raises ValueError on bad input.
    """
    check(starts=starts, seed=seed, threads=threads)
    columns = _axis("density", numpy.geomspace(0.01, 1.0, 16) if density is None else density)
    rows = _axis("relative_importance", numpy.geomspace(0.1, 10.0, 16) if relative_importance is None else relative_importance)
    with watch(progress, "phase, cells", columns.size * rows.size) as counter:
        return _interruptible(lambda: _digon.phase(n, columns, rows, values, biases, starts, seed, threads, counter),
                              lambda found: PhaseDiagram(columns, rows, *found))


def _axis(name: str, values: Any) -> Array:
    return numpy.atleast_1d(to_array(name, values).astype(numpy.float64))


@dataclass(frozen=True)
class Packing:
    """Unit vectors at the lowest energy found, and all that is known of it."""

    quantity: str  #: "Coulomb energy", "coherence"
    value: float
    points: Array  #: [points, dim]
    starts: int  #: those finished
    hits: int  #: that came to the value
    confirmed: bool  #: by more than one
    gradient_norm: Optional[float]
    least_eigenvalue: Optional[float]  #: of the Hessian off rotations
    bounds: dict[str, float]  #: what no points can go below, by whose bound it is
    proved_optimal_by: Optional[str]  #: the bound that it meets
    known: Optional[float]  #: the lowest value known
    known_proved: Optional[bool]
    known_source: Optional[str]
    geometry: str
    inner_products: list[tuple[float, int]]  #: of pairs: value, how many; ascending
    b: Optional[Array] = None  #: [points] of energy "l1"
    by_represented: Optional[dict[int, float]] = None  #: of energy "l1": the lowest by how many features are not 0


def pack(points: int, dim: int, energy: str = "coulomb", *, antipodal: bool = False, starts: int = 32,
         hops: Optional[int] = None, initial: Bias = None, seed: int = 0, threads: int = 0, progress: bool = False) -> Packing:
    """`points` unit vectors in `dim` dimensions at the lowest energy: the paper's generalised Thomson problem.

    energy: "coulomb" 1/r, "log" −ln r, "riesz:S" r^−S, "relu2" max(c, 0)² and "frame" c² of the inner product c, or
    "coherence", the largest c (with antipodal=True the largest |c|: lines); "l1", the loss of one active feature of
    importance 1, L_1, whose `points` features have norms and biases of their own. starts: random ones; hops: descents after each
    from moved copies of what it found, default as the command's; initial [points, dim]: one more start.

    Raises ValueError on bad input. docs/packing.md says how they are found.

    >>> digon.pack(12, 3).geometry
    'icosahedron'
    """
    check(points=points, dim=dim, starts=starts, hops=hops, seed=seed, threads=threads)

    def packing(found):
        found["points"] = found["points"][0]
        if found["b"] is not None:
            found["b"] = found["b"][0]
        return Packing(**found)

    with watch(progress, "pack, starts", starts) as counter:
        return _interruptible(
            lambda: _digon.pack(points, dim, energy, antipodal, starts, hops,
                                None if initial is None else to_array("initial", initial), seed, threads, counter),
            packing)


# --- learning coefficients


class Limit(NamedTuple):
    """What something measured comes to in a limit, over several ways of approach."""

    value: float
    error: float  #: one standard deviation
    approach: dict[str, float]  #: the weight of each way: "none", "1/t", "1/sqrt(t)", "1/log(t)"


@dataclass(frozen=True)
class LearningPoint:
    """λ̂ = nβ (E[L] − L(w*)) at one temperature and localisation."""

    nbeta: float
    gamma: float
    value: float  #: λ̂, by control variates
    standard_error: float
    without_controls: float  #: the mean as drawn
    without_controls_standard_error: float
    r_hat: float  #: above 1.01 the chains disagree
    effective_draws: float  #: independent draws that the mean as drawn is worth
    acceptance: float
    below: float  #: share of draws of clearly lower loss: w* is no minimum there
    distance: float  #: √E ‖w − w*‖²
    trustworthy: bool


@dataclass(frozen=True)
class LearningCoefficient:
    """The local learning coefficient λ of weights."""

    value: float  #: nβ → ∞
    error: float
    trustworthy: bool  #: drawn from three temperatures or more whose chains agree and stay
    half_rank: float  #: of the Hessian, a lower bound of λ
    least_eigenvalue: float  #: of the Hessian: clearly below 0, w* is no minimum
    parameters: int
    rotations: int  #: directions of W → WQ, taken out
    loss: float  #: L(w*)
    moved: float  #: ‖w* − w‖ of the descent
    points: list[LearningPoint]  #: gamma by gamma, nbeta ascending
    limits: list[Limit]  #: nβ → ∞ of each gamma
    volume: Optional[Limit]  #: by the scaling of volume, where asked for
    W: Array  #: [n, m] w*
    b: Array  #: [n]

    def __float__(self) -> float:
        return self.value


def learning_coefficient(W: ArrayLike, b: Bias, law: Laws, kind: Kinds = "relu-output", *, objective: str = "exact",
                         nbeta: Optional[Sequence[float]] = None, gamma: Union[float, Sequence[float]] = 100.0,
                         chains: int = 4, draws: int = 500, warm_up: int = 300, sampler: str = "hmc", as_is: bool = False,
                         volume: bool = False, layout: str = "n,m", seed: int = 0, threads: int = 0,
                         progress: bool = False) -> Union[LearningCoefficient, list[LearningCoefficient]]:
    """The local learning coefficient of weights by Hamiltonian Monte Carlo on the exact loss, without minibatches
    (lau2023, chen2023): at the minimum that a descent from them reaches, or with as_is at the weights themselves.

    W [n, m] or [instances, n, m], of kind "relu-output" or "linear"; of a batch a list. objective: "exact", the loss of the
    law, or "l1", its sum over inputs with one feature active. nbeta: temperatures, ascending, default 1e4 … 1e7 over the
    loss of answering 0; gamma: strengths of the localisation, which reaches about 1/√gamma. sampler: "hmc", or "mala" as a
    check. volume: also by the scaling of volume, of up to 40 parameters.

    Raises ValueError on bad input. docs/learning-coefficients.md says how it is found and what to trust.

    >>> pentagon = digon.optimum(5, 2, digon.Law(active=1)); digon.learning_coefficient(pentagon.W, pentagon.b, digon.Law(active=1))
    """
    check(chains=chains, draws=draws, warm_up=warm_up, seed=seed, threads=threads)
    weights, kinds, laws = _read(W, b, law, kind, layout)
    temperatures = [] if nbeta is None else _axis("nbeta", nbeta).tolist()
    localisations = _axis("gamma", gamma).tolist()
    total = len(weights.W) * (len(temperatures) or 4) * len(localisations) * chains * (warm_up + draws)

    def coefficient(found):
        found["points"] = [LearningPoint(**one) for one in found["points"]]
        found["limits"] = [Limit(**one) for one in found["limits"]]
        found["volume"] = found["volume"] and Limit(**found["volume"])
        found["W"], found["b"] = _laid_out(found["W"][0], layout), found["b"][0]
        return LearningCoefficient(**found)

    with watch(progress, "learning coefficient, draws", total) as counter:
        return _interruptible(
            lambda: _digon.learning_coefficient(weights.W, weights.b, kinds, laws, objective, temperatures, localisations,
                                                chains, draws, warm_up, sampler, as_is, volume, seed, threads, counter),
            lambda found: weights.each([coefficient(one) for one in found]))


# --- training


class Snapshots(NamedTuple):
    """The weights before some steps."""

    steps: list[int]  #: [S]
    W: Array  #: [S, instances, n, m]
    b: Array  #: [S, instances, n]


@dataclass(frozen=True)
class Models:
    """Models of one shape: W, b, law and kind go into loss, gap, measure as they are."""

    W: Array  #: [instances, n, m]
    b: Array  #: [instances, n]
    W_out: Optional[Array]  #: [instances, n, m], of absolute-value models
    kind: list[str]  #: [instances]
    law: list  #: [instances] Law of each, None where a file does not say it
    seed: list[int]  #: [instances]
    step: list[Optional[int]]  #: [instances] that a snapshot was taken at, None of one that is none

    def __len__(self) -> int:
        return len(self.W)


@dataclass(frozen=True)
class Training(Models):
    """Trained models, and how training went."""

    loss_history: list[Array]  #: [instances] mean batch loss of each 100 steps
    steps: list[int]  #: [instances] taken
    diverged: list[Optional[int]]  #: [instances] the step whose loss was not finite; the weights are those before it
    stopped_early: list[bool]
    snapshots: Snapshots


def train(n: int, m: int, law: Laws, kind: str = "relu-output", *, objective: Optional[str] = None, restarts: int = 1,
          steps: int = 10_000, batch: int = 1024, optimizer: str = "adam", learning_rate: float = 1e-3, schedule: str = "constant",
          momentum: Optional[float] = None, warm_up: int = 0, weight_decay: Optional[float] = None, stop: str = "never",
          patience: int = 10, snapshots: Sequence[int] = (), seed: int = 0, threads: int = 0,
          progress: bool = False) -> Training:
    """Trains toy models on fresh batches of sparse features: an instance a law and restart, the bits of `digon train`.

    objective: "sampled", the loss of fresh batches, the default, or "exact", the exact population loss without sampling,
    the default and only one of a law of data. optimizer: "sgd" (momentum 0.9), "adam" or "adamw" (weight_decay 0.01); schedule: "constant", "linear" or "cosine";
    batch: a multiple of 64; stop: "never", "plateau" of the batch loss or of the "exact" loss, over `patience` intervals
    of 100 steps; snapshots: steps before which the weights are kept. Ctrl-C ends training between two steps, the weights
    in Interrupted.result.

    Raises ValueError on bad settings. docs/training.md says how good the weights get.
    """
    check(n=n, m=m, restarts=restarts, steps=steps, batch=batch, learning_rate=learning_rate, warm_up=warm_up,
          weight_decay=weight_decay, patience=patience, seed=seed, threads=threads)
    kinds = [kind]
    own = [law] if isinstance(law, Law) else list(law)
    native = laws_of(own if len(own) != 1 else own[0], n, len(own), kinds)
    if momentum is not None and optimizer != "sgd":
        raise ValueError(f"momentum: given with optimizer {optimizer}, where it does nothing; accepted with sgd")
    if weight_decay is None:
        weight_decay = 0.01 if optimizer == "adamw" else 0.0
    if momentum is None:
        momentum = 0.9
    if objective is None:
        objective = "exact" if native[0].data else "sampled"
    repeated = [one for one in own for _ in range(restarts)]

    def training(found):
        shape = len(found["snapshot_steps"]), len(repeated)
        kept = Snapshots(found.pop("snapshot_steps"), numpy.reshape(found.pop("snapshot_W"), (*shape, n, m)),
                         numpy.reshape(found.pop("snapshot_b"), (*shape, n)))
        return Training(kind=kinds * len(repeated), law=repeated, snapshots=kept, step=[None] * len(repeated),
                        **found)

    with watch(progress, "train, steps", steps * len(repeated)) as counter:
        return _interruptible(
            lambda: _digon.train(m, native, kind, objective, restarts, steps, batch, optimizer, learning_rate, schedule, momentum,
                                 warm_up, weight_decay, stop, patience, list(snapshots), seed, threads, counter),
            training)


def sample(law: Law, T: int, seed: int = 0, *, n: Optional[int] = None, threads: int = 0) -> Array:
    """T independent feature vectors x of the law [T, n], float64 (drawn in single precision): the k-th is the same whatever
    T. n is needed where the law says numbers for any n. Raises ValueError on bad input."""
    check(T=T, seed=seed, n=n, threads=threads)
    return _digon.sample(law.for_features(_features_of(law) if n is None else n), T, seed, threads)


def _features_of(law):
    if law._given is None:
        return len(law._native.density)
    for name in ("density", "sparsity", "importance", "data"):
        value = law._given.get(name)
        if isinstance(value, numpy.ndarray):
            return value.shape[-1]
    raise ValueError(f"n: none given with {law!r}; accepted: how many features to draw")


# --- recovery


class Recovered(NamedTuple):
    """What one decoder finds of x in h = Wx."""

    error: float  #: mean of Σ_j I_j (x_j − x̂_j)², the unit of the loss
    standard_error: float
    recovered: float  #: the share of inputs with ‖x̂ − x‖ ≤ 1e-6 ‖x‖


@dataclass(frozen=True)
class Recovery:
    """The loss of a model in parts, by decoders of h = Wx: loss = lost + unfound + readout, of a sample."""

    lost: float  #: what h no longer holds, told which features are active
    unfound: float  #: what the best decoder that is told nothing leaves beyond it
    readout: float  #: what the model's own readout leaves beyond that
    readout_standard_error: float
    best: str  #: that decoder: "readout", "nnls" or "l1"
    decoders: dict[str, Recovered]  #: of "readout", "nnls" (where x ≥ 0), "l1", "omp" and "support"

    @property
    def loss(self) -> float:
        """The sample mean of the loss."""
        return self.lost + self.unfound + self.readout


def recover(W: ArrayLike, b: Bias, law: Laws, kind: Kinds = "relu-output", *, samples: int = 4096, layout: str = "n,m",
            seed: int = 0, threads: int = 0, progress: bool = False) -> Union[Recovery, list[Optional[Recovery]]]:
    """What other decoders find in h = Wx (compressed sensing): non-negative least squares, least ‖x‖₁, orthogonal matching
    pursuit, and least squares on the true support, beside the model's own readout ReLU(Wᵀh + b), or Wᵀh + b of a linear
    one; the numbers of `digon recover`. Of a batch a list, with None for those that Ctrl-C left out in Interrupted.result.

    W [n, m] or [instances, n, m]; samples: inputs decoded, of data as many as there are. Raises ValueError on bad input or
    a ReLU in the hidden layer.

    >>> digon.recover(W, b, digon.Law(density=0.01)).readout
    """
    check(samples=samples, seed=seed, threads=threads)
    weights, kinds, laws = _read(W, b, law, kind, layout)

    def recovery(found):
        return found and Recovery(**{**found, "decoders": {name: Recovered(*of) for name, of in found["decoders"].items()}})

    with watch(progress, "recover, models", len(weights.W)) as counter:
        return _interruptible(lambda: _digon.recover(weights.W, weights.b, kinds, laws, samples, seed, threads, counter),
                              lambda found: weights.each([recovery(one) for one in found]))


# --- files


def load(path: Path, *, layout: str = "auto", weights: str = "", bias: str = "", weights_out: str = "") -> Models:
    """The models of a safetensors, .npz or .npy file, wherever they were trained, with their laws where the file is
    Digon's own (docs/pytorch.md); of snapshots.safetensors every snapshot, instance after instance, with its step. weights, bias,
    weights_out: the names of its tensors where they do not tell themselves; bias="none": b = 0. Raises ValueError where there is not one way to read it.

    >>> models = digon.load("run/weights.safetensors")
    >>> digon.loss(models.W, models.b, models.law, models.kind).loss
    """
    found = _digon.load(os.fspath(path), layout, weights, bias, weights_out)
    remark = found.pop("remark")
    if remark:
        import warnings
        warnings.warn(f"{path}: {remark}", stacklevel=2)
    found["law"] = [one and Law._of_file(one) for one in found["law"]]
    return Models(**found)


def save(path: Path, W: ArrayLike, b: Bias, law: Laws, kind: Kinds = "relu-output", *, W_out: Bias = None,
         seed: Union[int, Sequence[int]] = 0,
         layout: str = "n,m") -> None:
    """Writes models as a safetensors file that `digon loss --model` and load() read, whole or not at all: W [instances, n,
    m] and b_final [instances, n] in the type of W, the laws and kinds in its metadata. Raises ValueError on bad input."""
    weights, kinds, laws = _read(W, b, law, kind, layout, W_out)
    seeds = [seed] if isinstance(seed, int) else [int(one) for one in seed]
    if len(seeds) not in (1, len(weights.W)):
        raise ValueError(f"seed: {len(seeds)} given for {len(weights.W)} instances; accepted: one, or one each")
    _digon.save(os.fspath(path), weights.W, weights.b, weights.W_out, kinds, laws, seeds, weights.dtype == numpy.float32)
