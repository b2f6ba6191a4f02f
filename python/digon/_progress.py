import contextlib
import sys
import threading

from . import _digon

INTERVAL = 0.2  # seconds between two looks at the counter


@contextlib.contextmanager
def watch(progress, label, total):
    """A counter for a call of _digon, shown while it runs: by tqdm, or a line where there is none. None without
    progress. A thread looks at it, so that the computation never waits for Python."""
    if not progress:
        yield None
        return
    counter = _digon.Counter()
    ended = threading.Event()
    bar = _bar(label, total)

    def show():
        bar.n = min(counter.done, total)
        if counter.lowest < float("inf"):
            bar.set_postfix_str(f"lowest {counter.lowest:.10g}", refresh=False)
        bar.refresh()

    def look():
        while not ended.wait(INTERVAL):
            show()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield counter
    finally:
        ended.set()
        thread.join()
        show()
        bar.close()


def _bar(label, total):
    try:
        from tqdm.auto import tqdm  # type: ignore
    except ImportError:
        return _Line(label, total)
    return tqdm(total=total, desc=label)


class _Line:
    def __init__(self, label, total):
        self.label, self.total, self.n, self.postfix = label, total, 0, ""

    def set_postfix_str(self, text, refresh=True):
        self.postfix = "  " + text

    def refresh(self):
        print(f"\r{self.label}: {100 * self.n / max(self.total, 1):.0f}%{self.postfix}", end="", file=sys.stderr, flush=True)

    def close(self):
        print(file=sys.stderr)
