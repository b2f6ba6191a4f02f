import numpy

from . import _digon
from ._arrays import to_array


class Law:
    """The law of the synthetic features and how much each one matters (elhage2022 §2).

    Feature i is 0 with probability S_i, else it has a value of the law `values`; its squared error counts I_i times.

    density: p_i = 1 − S_i, a number, n of them, or a text such as "0.9^i" (i = 0 … n − 1); from 0 to 1.
    importance: I_i in the same forms; finite, at least 0.
    sparsity: S instead of the density.
    values: of active features: "uniform" on [0, 1] (the default; of absolute-value models "signed"), "signed" (uniform on
        [−1, 1]), "binary" (always 1), "uniform:LO:HI" or "constant:C".
    correlated: features on together or off together: K for sets of K consecutive ones, or lists of their numbers,
        [[0, 1], [2, 3]], or the text "0,1/2,3"; with a correlation below 1 the text "0,1/2,3:0.5".
    anticorrelated: features of which at most one is on at a time, in the same forms.
    active: exactly so many features are on, chosen evenly, instead of a density.
    data: samples [T, n], or the path of a file of them, instead of a law: the loss is their mean, exactly.

    A law of numbers alone fits any number of features n. Errors are ValueError, at the first use with an n.

    >>> law = digon.Law(density=0.1, importance="0.9^i")
    """

    __slots__ = ("_given", "_native")

    def __init__(self, density=None, importance=1.0, *, sparsity=None, values=None, correlated=None,
                 anticorrelated=None, active=None, data=None):
        given = {"density": density, "importance": importance, "sparsity": sparsity, "values": values,
                 "correlated": correlated, "anticorrelated": anticorrelated, "active": active, "data": data}
        given = {name: _own(name, value) for name, value in given.items() if value is not None}
        self._native = {}  # by n and whether the model is absolute-value
        self._given = given
        _refuse_together(given, "density", ["sparsity"], "they are one number")
        _refuse_together(given, "active", ["density", "sparsity", "correlated", "anticorrelated", "data"],
                         "exactly K active is the whole law of what is on")
        _refuse_together(given, "data", ["density", "sparsity", "values", "correlated", "anticorrelated"],
                         "the samples are the whole law")
        if not given.keys() & {"density", "sparsity", "active", "data"}:
            raise ValueError("density is needed; accepted: one or n values, each 0 to 1, or sparsity, active or data")

    @classmethod
    def _of_file(cls, native):
        law = cls.__new__(cls)
        law._given = None
        law._native = native
        return law

    def for_features(self, n, kind="relu-output"):
        """The law of n features, as the compiled module has it: attributes density [n], importance [n], values, active,
        independent, description. Raises ValueError where the law does not fit n features."""
        if self._given is None:
            if len(self._native.density) != n:
                raise ValueError(f"features: the model has {n}, the distribution {len(self._native.density)}")
            return self._native
        key = n, kind == "absolute-value"
        native = self._native.get(key)
        if native is None:
            native = self._native[key] = self._make(n, kind)
        return native

    def _make(self, n, kind):
        given = self._given
        usual = "signed" if kind == "absolute-value" else "uniform"
        return _digon.Law(n, given.get("density"), given.get("sparsity"), given["importance"],
                          given.get("values", usual), given.get("correlated"), given.get("anticorrelated"), given.get("active"), given.get("data"))

    def __getstate__(self):
        if self._given is None:
            raise TypeError("the law of a file is not pickled; accepted: one made by digon.Law")
        return self._given

    def __setstate__(self, given):
        self._given, self._native = given, {}

    def __repr__(self):
        if self._given is None:
            density = self._native.density
            same = (density == density[0]).all()
            return f"<digon.Law of a file: {self._native.description}, density {density[0] if same else density}>"
        return "digon.Law(" + ", ".join(f"{name}={value!r}" for name, value in self._given.items()) + ")"


def _own(name, value):
    """A copy that the user's later changes do not reach."""
    if isinstance(value, str):
        return value
    if name in ("correlated", "anticorrelated"):
        return _text_of_sets(value)
    if name == "active":
        if value != int(value):
            raise ValueError(f"active: {value} given; accepted: a whole number")
        return int(value)
    if name == "values":
        raise ValueError(f"values: {value!r} is not a law of values; accepted: a text such as 'uniform'")
    if name == "data" and hasattr(value, "__fspath__"):
        return value.__fspath__()
    if isinstance(value, (int, float)):
        return float(value)
    array = numpy.array(to_array(name, value), numpy.float64)
    array.flags.writeable = False
    return array


def _text_of_sets(value):
    """ "0,1/2,3" of [[0, 1], [2, 3]]; a set of one says nothing."""
    if isinstance(value, int):
        return str(value)
    return "/".join(",".join(str(int(i)) for i in members) for members in value if len(members) > 1) or None


def _refuse_together(given, option, others, why):
    for other in others:
        if option in given and other in given:
            raise ValueError(f"{option}: given with {other}; accepted: one of them, since {why}")


def laws_of(law, n, instances, kinds):
    """One native law, or one an instance."""
    if isinstance(law, Law):
        if len(set(kind == "absolute-value" for kind in kinds)) == 1:
            return [law.for_features(n, kinds[0])]
        return [law.for_features(n, kind) for kind in kinds]
    if law is None:
        raise ValueError("law: none given; accepted: a digon.Law, or one an instance")
    laws = list(law)
    if len(laws) not in (1, instances) or not all(isinstance(one, Law) for one in laws):
        raise ValueError(f"law: {len(laws)} given for {instances} instances; accepted: a digon.Law, or one an instance")
    return [one.for_features(n, kinds[k if len(kinds) > 1 else 0]) for k, one in enumerate(laws)]
