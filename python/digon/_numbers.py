"""Settings that are numbers: from where to where, as the command line has them."""
import operator

#: Whole numbers.
_WHOLE = {"n": (1, 100_000), "m": (1, 100_000), "points": (2, 5000), "dim": (2, 1000), "threads": (0, 1024),
          "seed": (0, 2**64 - 1), "populations": (1, 100_000), "descents": (1, 10**9), "starts": (1, 10**6),
          "hops": (0, 10**6), "restarts": (1, 10**6), "steps": (1, 10**9), "batch": (64, 1 << 24), "warm_up": (0, 10**9),
          "patience": (1, 10**9), "T": (0, 10**12), "samples": (2, 10**12), "chains": (1, 10_000),
          "draws": (4, 10**8)}
#: Above the first and at most the second; where that is None, from 0.
_REAL = {"seconds": (0.0, 1e9), "tolerance": (0.0, 1.0), "learning_rate": (0.0, 1e3), "weight_decay": (None, 1e3)}


def check(**settings):
    """Raises ValueError where a setting is not in its range; None stands for a default."""
    for name, value in settings.items():
        if value is not None:
            (_check_whole if name in _WHOLE else _check_real)(name, value)


def _check_whole(name, value):
    least, greatest = _WHOLE[name]
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if not least <= number <= greatest:
        raise ValueError(f"{name}: '{value}' given; accepted: a whole number from {least} to {greatest}")


def _check_real(name, value):
    above, greatest = _REAL[name]
    is_number = isinstance(value, (int, float)) or hasattr(value, "__float__")
    if above is None:
        if not (is_number and 0.0 <= value <= greatest):
            raise ValueError(f"{name}: '{value}' given; accepted: a number from 0 to {greatest:g}")
    elif not (is_number and above < value <= greatest):
        raise ValueError(f"{name}: '{value}' given; accepted: a number above {above:g} and at most {greatest:g}")
