"""Sweeps on MPI: how efficient ranks are, what a cell costs rank 0, and how many ranks it can serve.

    python3 bench/ranks_bench.py build/release/digon

1. Efficiency: the same sweep on 1 and 2 threads and on 1 and 2 ranks, wall-clock.
2. Cost of a cell at rank 0: a study of cells so small that rank 0 is the limit (one descent of one feature in one
   dimension), on 2 ranks: seconds of the whole over cells, an upper bound of what rank 0 needs to hand out a cell, take
   it back and store it.
3. Simulation: R ranks with recorded cell times, drawn with replacement from the store of step 1, handed out as the
   program does it; rank 0 serves one message at a time, at the cost measured, and a message takes a latency to travel.

Assumptions of the simulation: cell times are independent of each other and of where they are computed; all ranks are
equally fast; rank 0 only hands out (as the program does from 64 ranks on); the network has the latency given and no
limit of bandwidth; each result is a message of its own.
"""
import heapq
import json
import pathlib
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time

digon = str(pathlib.Path(sys.argv[1]).resolve())
LATENCY = 20e-6  # seconds one way, between nodes


def run(words, ranks=0):
    command = [digon, *words]
    if ranks:
        command = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "-n", str(ranks)] + command
    begin = time.monotonic()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.monotonic() - begin, done.stderr


def simulate(ranks, times, cells, cost, seed=0):
    """Seconds until the last result is at rank 0. One thread a rank."""
    draw = random.Random(seed)
    durations = [draw.choice(times) for _ in range(cells)]
    given = 0
    done = 0
    free = 0.0  # rank 0 has dealt with all before
    queue = [[] for _ in range(ranks)]
    under_way = [0] * ranks
    busy = [False] * ranks
    events = [(LATENCY, k, rank, "ask") for k, rank in enumerate(range(ranks))]
    heapq.heapify(events)
    serial = ranks
    end = 0.0

    def push(at, rank, what):
        nonlocal serial
        serial += 1
        heapq.heappush(events, (at, serial, rank, what))

    while done < cells:
        now, _, rank, what = heapq.heappop(events)
        if what == "computed":
            busy[rank] = False
            push(now + LATENCY, rank, "result")
        elif what == "tasks":
            pass
        else:  # rank 0 receives a request or a result, and answers
            free = max(free, now) + cost
            if what == "result":
                done += 1
                under_way[rank] -= 1
                end = free
            left = cells - given
            plenty = left > 2 * ranks
            enough = 2 if plenty else 1
            if left > 0 and under_way[rank] < enough:
                count = min(left, max(enough - under_way[rank], left // (2 * ranks)), 64)
                queue[rank] += durations[given:given + count]
                given += count
                under_way[rank] += count
                push(free + LATENCY, rank, "tasks")
            continue
        if not busy[rank] and queue[rank]:
            busy[rank] = True
            push(now + queue[rank].pop(0), rank, "computed")
    return end, sum(durations)


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    sweep = ["reproduce", "collapse", "--threads"]
    seconds = {}
    for label, words, ranks in (("1 thread", "1", 0), ("2 threads", "2", 0), ("1 rank", "1", 1), ("2 ranks", "1", 2)):
        out = folder / label.replace(" ", "-")
        seconds[label], said = run(sweep + [words, "--out", str(out)], ranks)
        print(f"{label:10} {seconds[label]:7.2f} s   efficiency {seconds['1 thread'] / seconds[label] / (2 if label[0] == '2' else 1):.3f}"
              f"   {said.strip()}")
    store = sqlite3.connect(folder / "1-thread" / "results.db")
    times = [row[0] for row in store.execute("SELECT seconds FROM cells WHERE result LIKE '%losses%'")]
    print(f"recorded training cells: {len(times)}, mean {sum(times) / len(times):.3f} s")

    cells = 5000
    (folder / "small.toml").write_text(f"""compute = ["optimum"]
[cell]
n = 1
m = 1
density = 1
optimum-starts = 1
[axes]
seed = "lin:1:{cells}:{cells}"
""")
    small = ["sweep", str(folder / "small.toml"), "--threads", "1", "--out"]
    alone, _ = run([*small, str(folder / "alone")])
    both, said = run([*small, str(folder / "both")], 2)
    print(f"{cells} cells of {alone / cells * 1e6:.0f} µs: {both / cells * 1e6:.0f} µs each on 2 ranks; {said.strip()}")

cost = both / cells
mean = sum(times) / len(times)
print(f"rank 0 at most {cost * 1e6:.0f} µs a cell: it saturates at {mean / cost:.0f} ranks for cells of {mean:.2f} s")
print("ranks   efficiency at 100 cells a rank   rank 0 busy")
for ranks in (1, 4, 16, 64, 256, 1024):
    cells = 100 * ranks
    wall, work = simulate(ranks, times, cells, cost)
    print(f"{ranks:5}   {work / wall / ranks:26.3f}   {100 * cells * cost / wall:10.2f}%")
