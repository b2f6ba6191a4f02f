"""What users have, as the C-contiguous doubles of _digon: W [instances, n, m], b [instances, n]."""
import numpy

LAYOUTS = ("n,m", "m,n", "auto")


def to_array(name, value):
    """Anything with __array__, __dlpack__ or numbers in it, as float32 or float64; the rest is refused."""
    if getattr(value, "requires_grad", False):
        raise ValueError(f"{name}: a tensor that requires grad given; accepted: {name}.detach(), or "
                         "digon.torch.exact_loss, which has a gradient")
    if not hasattr(value, "__array__") and hasattr(value, "__dlpack__"):
        value = numpy.from_dlpack(value)
    array = numpy.asarray(value)
    if array.dtype.kind in "biu" or array.dtype == numpy.float16:
        array = array.astype(numpy.float64)
    if array.dtype.kind != "f":
        raise ValueError(f"{name}: of type {array.dtype} given; accepted: real numbers")
    return array


class Weights:
    """W and b as given, and as _digon takes them.

    W [n, m] or [instances, n, m] by layout "n,m"; [m, n] or [instances, m, n] by "m,n"; "auto" tells by b."""

    __slots__ = ("W", "b", "W_out", "batched", "hidden_first", "dtype")

    def __init__(self, W, b, layout, W_out=None):
        W = to_array("W", W)
        if W.ndim not in (2, 3):
            raise ValueError(f"W: {list(W.shape)} given; accepted: [n, m] or [instances, n, m]")
        self.dtype = W.dtype if W.dtype == numpy.float32 else numpy.dtype(numpy.float64)
        self.batched = W.ndim == 3
        if b is not None:
            b = to_array("b", b)
        self.hidden_first = _is_hidden_first(W, b, layout)
        self.W = self._to_native(W)
        instances, n, _ = self.W.shape
        if b is None:
            self.b = numpy.zeros((instances, n))
        elif b.shape == (instances, n) or not self.batched and b.shape == (n,):
            self.b = numpy.ascontiguousarray(b.reshape(instances, n), numpy.float64)
        elif b.shape == (n,):
            self.b = numpy.ascontiguousarray(numpy.broadcast_to(b, (instances, n)), numpy.float64)
        else:
            raise ValueError(f"b: {list(b.shape)} given for W {list(W.shape)}; accepted: [{n}]"
                             + (f" or [{instances}, {n}]" if self.batched else ""))
        self.W_out = None
        if W_out is not None:
            W_out = to_array("W_out", W_out)
            if W_out.shape != W.shape:
                raise ValueError(f"W_out: {list(W_out.shape)} given; accepted: the shape of W, {list(W.shape)}")
            self.W_out = self._to_native(W_out)

    def _to_native(self, W):
        if self.hidden_first:
            W = W.swapaxes(-1, -2)
        if not self.batched:
            W = W[None]
        return numpy.ascontiguousarray(W, numpy.float64)

    def like_W(self, native):
        """What is [instances, n, m], in the shape, layout and type of the W that was given."""
        if self.hidden_first:
            native = numpy.ascontiguousarray(native.swapaxes(-1, -2))
        return (native if self.batched else native[0]).astype(self.dtype, copy=False)

    def like_b(self, native):
        return (native if self.batched else native[0]).astype(self.dtype, copy=False)

    def each(self, native):
        """One value or row an instance; that of the only instance where W was no batch."""
        if self.batched:
            return native
        return native[0].item() if isinstance(native, numpy.ndarray) and native.ndim == 1 else native[0]


def _is_hidden_first(W, b, layout):
    if layout == "n,m":
        return False
    if layout == "m,n":
        return True
    if layout != "auto":
        raise ValueError(f"layout: {layout!r} is not a layout; accepted: auto, n,m, m,n")
    rows, columns = W.shape[-2:]
    if b is None or rows == columns:
        raise ValueError(f"layout: auto given, but {'there is no b' if b is None else 'W is square'}, so that nothing "
                         "tells which axis counts the features; accepted there: n,m, m,n")
    return b.shape[-1:] == (columns,)
