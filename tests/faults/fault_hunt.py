"""Faults put in on purpose: processes killed, signals, a full disk, a folder that cannot be written to, two processes in
one folder, a store of another version, flipped bits. After each the same command must come to the same files as one that
met no fault, or refuse with one line; never to other numbers.

    fault_hunt.py PROGRAM [--seed S] [--scale F] [--part NAME]

--scale 1 is the whole hunt (minutes), of which ctest runs a small part. Full disks need a tmpfs, and so root."""
import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("program", type=pathlib.Path)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--scale", type=float, default=1.0)
parser.add_argument("--part", help="of the hunt, as its functions are named; default: all")
arguments = parser.parse_args()
draw = random.Random(arguments.seed)
program = str(arguments.program.resolve())
temporary = tempfile.TemporaryDirectory()
root = pathlib.Path(temporary.name)
environment = {**os.environ, "LC_ALL": "C"}
figures = []


def scaled(count):
    return max(1, round(count * arguments.scale))


def some(cases):
    """All of them, or at a smaller scale some."""
    cases = list(cases)
    return cases if arguments.scale >= 1 else draw.sample(cases, scaled(len(cases)))


def start(words, **options):
    return subprocess.Popen([program, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            cwd=root, env=environment, **options)


def run(*words):
    process = start(words)
    out, error = process.communicate()
    return process.returncode, out, error


def contents(folder):
    """What a run leaves, by name, without what differs from run to run: times, the store's pages, the page's links."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if not path.is_file() or path.suffix in (".db", ".png", ".html") or name.endswith((".db-wal", ".db-shm", ".lock")):
            continue
        data = path.read_bytes()
        if path.name == "run.json":
            record = json.loads(data)
            record.pop("timings")
            data = json.dumps(record, sort_keys=True).encode()
        found[name] = hashlib.sha256(data.replace(str(folder).encode(), b"")).hexdigest()
    return found


training = ["train", "--features", 5, "--hidden", 2, "--density", 0.5, 0.1, 0.02, "--steps", 60000, "--batch", 64,
            "--snapshots", "log:3", "--checkpoint-every", 0.02]
commands = {
    "train": training,
    "sweep": ["reproduce", "correlated"],
    "verify": ["verify", "--suite", "theory"],
    "report": ["report", "--suite", "theory"],
}
wholes, seconds = {}, {}


def whole(name):
    """The files of a run that met no fault, and how long it took."""
    if name not in wholes:
        folder = root / f"whole-{name}"
        begun = time.monotonic()
        status, _, error = run(*commands[name], "--out", folder)
        assert status in (0, 1), (name, status, error)
        seconds[name] = time.monotonic() - begun
        wholes[name] = (status, contents(folder))
    return wholes[name]


def completes(name, folder, what):
    status, expected = whole(name)
    found, _, error = run(*commands[name], "--out", folder)
    assert found == status, (name, what, found, error)
    differing = [one for one in expected.keys() | contents(folder).keys() if expected.get(one) != contents(folder).get(one)]
    assert not differing, (name, what, differing)


def refused(status, error, what):
    """One line that says what is wrong; no crash, no exception's name."""
    assert status in (1, 2) and error.startswith("digon: ") and error.count("\n") == 1, (what, status, error)
    assert "std::" not in error and "what()" not in error, (what, error)


def killed():
    count = scaled(25)
    for name in some(commands):
        whole(name)
        for k in range(count):
            folder = root / "killed"
            moments = [draw.uniform(0, seconds[name]) for _ in range(draw.choice((1, 1, 2)))]
            for moment in moments:
                process = start([*commands[name], "--out", folder], start_new_session=True)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(moment)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
            finished = name == "train" and (folder / "run.json").exists() and not (folder / "checkpoint.safetensors").exists()
            if not finished:
                completes(name, folder, f"killed after {moments} s")
            shutil.rmtree(folder, ignore_errors=True)
        figures.append((f"`{name}` killed with SIGKILL at a random moment", count, "the same files on the next run"))


def signalled():
    """Every command ends within two seconds of a signal."""
    import numpy
    big = numpy.random.default_rng(0).normal(size=(1000, 200)).astype(numpy.float32) / 14
    numpy.savez(root / "big.npz", W=big, b=numpy.zeros(1000, numpy.float32))
    numpy.save(root / "layer.npy", numpy.random.default_rng(0).normal(size=(60000, 256)).astype(numpy.float32))
    of_big = ("--model", "big.npz", "--density", 0.01)
    slowest, count = 0.0, 0
    for words in [("loss", *of_big)] + some((("gap", *of_big), ("report", *of_big, "--out", "page"), ("attack", *of_big),
                  ("measure", "--model", "big.npz"), ("measure", "--layer", "layer.npy"),
                  ("optimum", "--features", 100, "--hidden", 20, "--density", 0.05),
                  ("pack", "--points", 3000, "--dim", 50), ("phase", "--grid", 200, "--out", "phase"),
                  ("reproduce", "basic-large", "--out", "basic"), ("verify", "--out", "verified"),
                  ("train", "--features", 2000, "--hidden", 500, "--density", 0.1, "--steps", 100000, "--out", "large"))):
        for name in some(("INT", "TERM")):
            process = start(words)
            time.sleep(draw.uniform(0.2, 1.5))
            process.send_signal(getattr(signal, "SIG" + name))
            begun = time.monotonic()
            _, error = process.communicate()
            slowest = max(slowest, time.monotonic() - begun)
            count += 1
            assert time.monotonic() - begun < 2.0, (words, name, time.monotonic() - begun)
            assert process.returncode in (0, 130), (words, name, process.returncode, error)
            assert process.returncode == 0 or "interrupted" in error, (words, error)
            shutil.rmtree(root / "large", ignore_errors=True)
    figures.append(("a signal to every command", count, f"an end within {slowest:.1f} s, exit 130"))


@contextlib.contextmanager
def small_disk(kilobytes):
    folder = root / "disk"
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def full_disk():
    for output in (["loss", "--model", "big.npz", "--help"], ["--help"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run([program, *output], stdout=full, stderr=subprocess.PIPE, text=True, cwd=root)
        refused(done.returncode, done.stderr, "/dev/full")
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
        print("no root: full and read-only disks are left out")
        return
    points = 0
    for name in some(("train", "sweep", "verify")):
        whole(name)
        needed = sum(-(-path.stat().st_size // 4096) * 4 for path in (root / f"whole-{name}").rglob("*") if path.is_file())
        for k in range(scaled(7)):
            size = 8 + 4 * draw.randrange(max(1, needed // 4))
            with small_disk(size) as disk:
                status, _, error = run(*commands[name], "--out", disk / "run")
                points += 1
                if status == wholes[name][0]:
                    continue  # it was just enough
                lines = [line for line in error.splitlines() if "the training goes on" not in line]
                refused(status, "\n".join(lines) + "\n", f"{name} on {size} kB")
                assert "is not a run store" not in error and ("No space" in error or "full" in error), (name, size, error)
                subprocess.run(["mount", "-o", "remount,size=200000k", disk], check=True)
                completes(name, disk / "run", f"after {size} kB")
    figures.append(("the disk full, at a random size", points, "a line that says so; the same files once there is room"))
    with small_disk(100000) as disk:
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        for name in commands:
            status, _, error = run(*commands[name], "--out", disk / "run")
            refused(status, error, f"{name} read-only")
            assert "Read-only" in error, error
    figures.append(("a folder that is read-only", len(commands), "a line that says so"))


def two_processes():
    count = scaled(8)
    for k in range(count):
        name = draw.choice(list(commands))
        folder = root / "two"
        wait = k % 2 == 0
        words = [*commands[name], "--out", folder]
        first = start(words)
        time.sleep(draw.uniform(0, 0.3))
        second = start(words + ["--wait"] if wait else words)
        results = [process.communicate() + (process.returncode,) for process in (first, second)]
        codes = [code for _, _, code in results]
        expected = whole(name)[0]
        if name != "train" and wait:
            assert codes == [expected] * 2, (name, results)
        else:  # one did the work; the other was refused, the folder at work or, a training, finished
            assert expected in codes and set(codes) <= {expected, 2}, (name, results)
        assert contents(folder) == whole(name)[1], name
        shutil.rmtree(folder)
    figures.append(("two processes in one folder", count, "one waits or is refused; the files of one"))


def other_versions():
    whole("sweep")
    folder = root / "older"
    shutil.copytree(root / "whole-sweep", folder)
    for version in (0, 1, 2, 99):
        with sqlite3.connect(folder / "results.db") as database:
            database.execute(f"PRAGMA user_version = {version}")
        database.close()
        status, _, error = run(*commands["sweep"], "--out", folder)
        refused(status, error, "older store")
        assert "another version" in error, error
    (folder / "results.db").write_bytes(b"not a store, " * 1000)
    status, _, error = run(*commands["sweep"], "--out", folder)
    refused(status, error, "no store")
    assert "is not a run store" in error, error
    figures.append(("a store of another version, or none", 5, "refused"))


def flip(path):
    data = bytearray(path.read_bytes())
    place = draw.randrange(len(data))
    data[place] ^= 1 << draw.randrange(8)
    path.write_bytes(data)
    return place


def flipped_bits():
    """In the store, where a cell could be another number, and in a checkpoint."""
    whole("sweep")
    healed = recomputed = 0
    count = scaled(50)
    for k in range(count):
        folder = root / "flipped"
        folder.mkdir()
        shutil.copy(root / "whole-sweep" / "results.db", folder)
        place = flip(folder / "results.db")
        status, _, error = run(*commands["sweep"], "--out", folder)
        if status == wholes["sweep"][0]:
            found = contents(folder)
            assert found == wholes["sweep"][1], (place, error)
            healed += 1
            recomputed += "taken for missing" in error
        else:
            refused(status, "".join(line for line in error.splitlines(True) if "taken for missing" not in line), place)
        shutil.rmtree(folder)
    figures.append(("a flipped bit in a store", count, f"{healed} to the same files ({recomputed} with a cell computed again), {count - healed} refused"))
    folder = root / "checkpoint"
    process = start([*training, "--out", folder])
    while not (folder / "checkpoint.safetensors").exists():
        time.sleep(0.005)
    process.kill()
    process.communicate()
    kept = (folder / "checkpoint.safetensors").read_bytes()
    count = scaled(50)
    for k in range(count):
        (folder / "checkpoint.safetensors").write_bytes(kept)
        flip(folder / "checkpoint.safetensors")
        status, _, error = run("train", "--resume", folder)
        if status == 0:  # a bit that means nothing, such as of the spaces behind the header
            assert contents(folder) == whole("train")[1]
            for path in folder.iterdir():
                path.unlink()
        else:
            refused(status, error, "checkpoint")
    figures.append(("a flipped bit in a checkpoint", count, "refused, or a bit that means nothing"))


for part in (killed, signalled, full_disk, two_processes, other_versions, flipped_bits):
    if arguments.part not in (None, part.__name__):
        continue
    begun = time.monotonic()
    part()
    print(f"{part.__name__}: {time.monotonic() - begun:.1f} s", file=sys.stderr)
for row in figures:
    print("| " + " | ".join(map(str, row)) + " |")
