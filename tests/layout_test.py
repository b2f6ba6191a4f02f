"""The dependency direction, room by room: a room includes headers of the rooms it may know, and no others. And what knows
how wide vectors are is a kernel, compiled for every width."""
import pathlib
import re
import sys

# A room, and the rooms it may know besides itself. Rooms are folders; the longest name that a file's path begins
# with is its room.
CORE = ["core/base", "core/model", "core/files", "core/algebra"]
THEORY = ["theory/law", "theory/numerics", "theory/engine", "theory/loss", "theory/search", "theory/packing",
          "theory/optima", "theory/recovery", "theory/singular"]
EMPIRICAL = ["empirical/sampling", "empirical/training", "empirical/attack"]
BELOW_PROGRAM = CORE + ["geometry", "plots", "sweep"] + THEORY + EMPIRICAL
ALLOWED = {
    "core/base": [],
    "core/algebra": [],
    "core/model": ["core/base"],
    "core/files": ["core/base", "core/model"],
    "geometry": CORE,
    "theory/numerics": CORE,
    "theory/law": CORE,
    "theory/engine": CORE + ["theory/numerics", "theory/law"],
    "theory/loss": CORE + ["theory/numerics", "theory/law", "theory/engine"],
    "theory/search": CORE + ["theory/numerics"],
    "theory/packing": CORE + ["geometry", "theory/numerics", "theory/search"],
    "theory/optima": CORE + ["geometry", "theory/numerics", "theory/search", "theory/law", "theory/engine",
                             "theory/loss", "theory/packing"],
    "theory/singular": CORE + ["theory/numerics", "theory/search", "theory/law", "theory/loss", "theory/optima"],
    "theory/recovery": CORE + ["geometry", "theory/numerics"],
    "empirical/sampling": CORE,
    "empirical/training": CORE + ["empirical/sampling"],
    "empirical/attack": CORE + ["empirical/sampling", "empirical/training"],
    "plots": CORE,
    "sweep": CORE + ["geometry"] + THEORY + EMPIRICAL,
    "python": CORE + ["geometry"] + THEORY + EMPIRICAL,
    "program/verdict": BELOW_PROGRAM,
    "program/experiments": BELOW_PROGRAM + ["program/verdict"],
    "program/report": BELOW_PROGRAM + ["program/verdict"],
    "program/study": BELOW_PROGRAM + ["program/verdict", "program/experiments", "program/report"],
    "program/commands": BELOW_PROGRAM + ["program/verdict", "program/experiments", "program/report",
                                         "program/study"],
    "program": BELOW_PROGRAM + ["program/verdict", "program/experiments", "program/report", "program/study",
                                "program/commands"],
}


def room_of(path):
    """The room of "theory/loss/exact_loss.hpp"; none of "Eigen/Core"."""
    rooms = [room for room in ALLOWED if path.startswith(room + "/")]
    return max(rooms, key=len, default=None)


root = pathlib.Path(sys.argv[1])
wrong = []
files = 0
for folder in ("src", "theory", "empirical", "plots", "python"):
    for path in sorted((root / folder).rglob("*.[ch]pp")):
        files += 1
        name = str(path.relative_to(root)).removeprefix("src/")
        room = room_of(name)
        if room is None:
            wrong.append(f"{name} is in no room")
            continue
        for header in re.findall(r'#include "([^"]+)"', path.read_text()):
            other = room_of(header)
            if other is None or other != room and other not in ALLOWED[room]:
                wrong.append(f"{name} includes {header}")


def reads(path, seen):
    """The project's headers that a file includes, and those that they do."""
    for header in re.findall(r'#include "([^"]+)"', path.read_text()):
        found = next((root / base / header for base in ("", "src") if (root / base / header).exists()), None)
        if found is not None and found not in seen:
            seen.add(found)
            reads(found, seen)
    return seen


width = root / "src/core/base/simd.hpp"
kernels = 0
for folder in ("src/core", "src/geometry", "theory", "empirical"):
    listed = re.search(r"KERNELS\s+(.*?)\s+LINK", (root / folder / "CMakeLists.txt").read_text(), re.S)[1].split()
    kernels += len(listed)
    for path in sorted((root / folder).rglob("*.cpp")):
        if str(path.relative_to(root / folder)) not in listed and width in reads(path, set()):
            wrong.append(f"{path.relative_to(root)} reads core/base/simd.hpp and is no kernel")
for folder in ("src/sweep", "src/program", "plots", "python"):
    for path in sorted((root / folder).rglob("*.cpp")):
        if width in reads(path, set()):
            wrong.append(f"{path.relative_to(root)} reads core/base/simd.hpp and is no kernel")
print("\n".join(wrong) or f"{files} files, all in the right direction; {kernels} kernels")
sys.exit(bool(wrong) or files == 0 or kernels == 0)
