"""What the program prints and leaves for other programs: JSON with the keys of docs/json.md, no more and no less, the same
whatever the model and the law; CSV that pandas and R load without arguments.

    outputs_test.py DIGON
"""
import copy
import csv
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy

program = str(pathlib.Path(sys.argv[1]).resolve())
page = pathlib.Path(__file__).resolve().parents[2] / "docs" / "json.md"
#: Objects whose keys are a kind's own, those of what is null, or the columns of a table.
OPEN = {"why", "settings", "result", "cells", "boundary", "weight_of_approach"}


def sections(text):
    """The keys that each section of the page lists."""
    found = {}
    for part in text.split("\n## ")[1:]:
        name, body = part.split("\n", 1)
        keys = set(re.findall(r"^\| `([^`]+)` \|", body, flags=re.M))
        shared = re.findall(r"With the keys of (every \w+)", body)
        found[name.strip()] = keys.union(*(found[one] for one in shared))
    return found


def keys_of(value, prefix=""):
    """Every key of an object, as the page writes it: "components[].name"."""
    for key, inner in value.items():
        yield prefix + key
        if key.split(".")[-1] in OPEN:
            continue
        if isinstance(inner, dict):
            yield from keys_of(inner, f"{prefix}{key}.")
        for one in inner if isinstance(inner, list) else []:
            if isinstance(one, dict):
                yield from keys_of(one, f"{prefix}{key}[].")


def is_number(text):
    try:
        return math.isfinite(float(text))
    except ValueError:
        return text.lower() in ("nan", "inf", "-inf", "infinity")


def numbers_as_text(value, key=""):
    """Texts that are numbers, outside of what is open."""
    if isinstance(value, str):
        return [f"{key} = '{value}'"] if is_number(value) else []
    inner = value.items() if isinstance(value, dict) else [(key, one) for one in value] if isinstance(value, list) else []
    return [found for name, one in inner if name not in OPEN | {"text"} for found in numbers_as_text(one, name)]


def faults(answers, listed):
    """What is wrong with what one command printed, by the keys its section lists."""
    found = []
    top = {key for key in listed if "." not in key}
    for answer in answers:
        printed = set(keys_of(answer))
        if set(answer) != top:
            found.append(f"keys {sorted(set(answer) ^ top)} are not both printed and listed")
        found += [f"{key} is printed, not listed" for key in sorted(printed - listed)]
        found += [f"{text} is a number as text" for text in numbers_as_text(answer)]
        for scope in [answer, *answer.get("checks", []), *answer.get("encoders", [])]:
            nulls = {key for key, value in scope.items() if value is None}
            if "why" in scope and nulls != set(scope["why"]):
                found.append(f"null: {sorted(nulls)}; why: {sorted(scope['why'])}")
    return found


def faults_of_table(text):
    """Why pandas.read_csv(file) or read.csv(file) would not see names, and numbers as numbers."""
    rows = list(csv.reader(text.splitlines()))
    if not rows:
        return ["empty"]
    names, body = rows[0], rows[1:]
    found = [f"'{name}' is no name of a column" for name in names if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)]
    if len(set(names)) < len(names):
        found.append("two columns of one name")
    if any(len(row) != len(names) for row in body):
        return [*found, "rows of different lengths"]
    for name, *cells in zip(names, *body):
        numbers = [is_number(cell) for cell in cells if cell]
        if any(numbers) and not all(numbers):
            found.append(f"'{name}' has numbers and text")
        found += [f"'{name}' has {cell}" for cell in cells if cell.lower().lstrip("-") in ("nan", "inf", "infinity")]
    return found


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)

    def digon(*words):
        done = subprocess.run([program, *map(str, words)], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, (words, done.returncode, done.stderr)
        return done.stdout

    listed = sections(page.read_text())
    seen = {section: set() for section in listed}
    last = {}

    def check(section, *words):
        answers = json.loads(digon(*words, "--json"))
        assert isinstance(answers, dict if section == "verify" else list), words
        last[section] = answers = [answers] if isinstance(answers, dict) else answers
        assert answers, words
        wrong = faults(answers, listed[section])
        assert not wrong, (words, wrong)
        for answer in answers:
            seen[section] |= set(keys_of(answer))

    shape = ("--features", 4, "--hidden", 2)
    short = ("--steps", 40, "--batch", 64, "--threads", 1)
    law = ("--importance", "0.9^i", "--correlated", "2")
    check("train", "train", *shape, "--density", 0.5, 0.2, *short, "--snapshots", "every:20", "--out", "run")
    check("train", "train", *shape, "--kind", "absolute-value", "--density", 0.2, *short, "--out", "abs")
    check("train", "train", *shape, "--kind", "linear", "--density", 0.3, *short, "--out", "linear")
    numpy.save(folder / "x.npy", numpy.eye(4)[:2])
    numpy.save(folder / "layer.npy", numpy.eye(5)[:, :2] + 0.5)
    models = {"run/weights.safetensors": [(), law, ("--data", "x.npy"), ("--active", 1)], "run/snapshots.safetensors": [("--step", "last")],
              "abs/weights.safetensors": [()], "linear/weights.safetensors": [()]}
    for file, laws in models.items():
        for words in laws:
            check("loss", "loss", "--model", file, *words)
            check("measure", "measure", "--model", file, *words)
            check("gap", "gap", "--model", file, *words, "--populations", 1, "--descents", 6)
    check("loss", "loss", "--model", "run/snapshots.safetensors", "--no-decomposition", "--out", "losses")
    check("measure", "measure", "--model", "run/weights.safetensors", "--out", "measures")
    for file in ("run", "abs"):
        check("attack", "attack", "--model", f"{file}/weights.safetensors", "--samples", 64)
    check("recover", "recover", "--model", "run/weights.safetensors", *law, "--samples", 64, "--trials", 8, "--beside", "frame")
    numpy.savez(folder / "pair.npz", W=numpy.array([[1.0, -1.0]]), b=numpy.zeros(2))
    check("learning-coefficient", "learning-coefficient", "--model", "pair.npz", "--active", 1, "--nbeta", 100, "--draws", 20,
          "--warm-up", 20, "--volume", "--out", "lambda")
    check("measure --layer", "measure", "--layer", "layer.npy", "--layout", "n,m", "--csv", "layer.csv")
    small = ("optimum", "--features", 3, "--hidden", 2, "--populations", 1, "--descents", 8)
    check("optimum", *small, "--density", 0.2, "--out", "optimum", "--record", "known")
    check("optimum", *small, "--objective", "l1", "--max-coherence", 0.9)
    check("optimum", *small, "--kind", "absolute-value", "--density", 0.5)
    check("pack", "pack", "--points", 6, "--dim", 3, "--starts", 2, "--out", "packed")
    check("pack", "pack", "--points", 7, "--dim", 4, "--starts", 1, "--energy", "coherence")
    check("pack --energy l1", "pack", "--features", "2:3", "--dim", 2, "--starts", 2, "--energy", "l1", "--out", "l1")
    check("report --model", "report", "--model", "run/weights.safetensors", "--populations", 1, "--descents", 6, "--out", "page")
    digon("phase", "--grid", 2, "--shard", "1/1", "--out", "phase")
    if "--json" in digon("phase", "--help-as=words").split():
        check("phase", "phase", "--grid", 2, "--out", "diagram")
    else:
        del seen["phase"]
    (folder / "study.toml").write_text('compute = ["gap", "geometry"]\n[cell]\nn = 2\nm = 1\nsteps = 40\nstarts = 1\nbatch = 64\n'
                                       'optimum-starts = 2\n[axes]\ndensity = [0.5, 0.1]\n')
    check("sweep", "sweep", "study.toml", "--out", "study")
    check("reproduce", "reproduce", "intro", "--set", "density=0.2", "starts=1", "steps=40", "--out", "changed")
    check("merge", "merge", "--out", "phase")
    check("export", "export", "--store", "phase/results.db", "--out", "cells")
    check("verify", "verify", "--suite", "theory", "--out", "theory")

    everywhere = set.union(*seen.values())
    for shared in ("every model", "every check"):
        seen[shared] = everywhere & listed[shared]
    for section, keys in seen.items():
        # Of the law, and of checks, those of one section will do.
        elsewhere = {key for shared in ("every model", "every check") for key in listed[shared] if "." in key}
        missing = listed[section] - keys - (everywhere & elsewhere)
        assert not missing, f"docs/json.md, {section}: {sorted(missing)} are never printed"
    for command in re.findall(r"^  ([a-z]+)  ", digon("--help"), flags=re.M):
        has_json = "--json" in digon(command, "--help-as=words").split()
        is_listed = any(name.split()[0] == command for name in seen if not name.startswith("every "))
        assert has_json == is_listed, f"{command}: --json is {'' if has_json else 'not '}taken, docs/json.md says otherwise"

    # Nulls: a key more, a key less, a number as text, a null without a why.
    one = last["loss"][0]
    for wrong in ({**one, "more": 1}, {key: one[key] for key in one if key != "loss"}, {**one, "loss": "0.5"},
                  {**one, "loss": None}, {**one, "sets": [{"new": 1}]}):
        assert faults([copy.deepcopy(one)], listed["loss"]) == [] != faults([wrong], listed["loss"]), wrong
    print(f"{sum(map(len, seen.values()))} keys are as docs/json.md has them")

    tables = sorted(folder.rglob("*.csv"))
    headerless = {folder / "packed" / "initial.csv"}
    for table in tables:
        wrong = faults_of_table(table.read_text())
        assert bool(wrong) == (table in headerless), (str(table.relative_to(folder)), wrong)
    for wrong in ("# by\na,b\n1,2\n", "a b,c\n1,2\n", "a,a\n1,2\n", "a,b\n1\n", "a\n1\nx\n", "a\n1\nnan\n", "1,2\n3,4\n"):
        assert faults_of_table(wrong), wrong
    assert len(tables) > 12, tables
    print(f"{len(tables)} tables load without arguments")
