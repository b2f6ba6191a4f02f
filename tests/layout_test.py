"""The dependency direction: a part includes headers of the parts it may know, and no others."""
import pathlib
import re
import sys

ALLOWED = {
    "src/core": {"core"},
    "theory": {"core", "theory"},
    "empirical": {"core", "empirical"},
    "plots": {"core", "plots"},
    "src/program": {"core", "theory", "empirical", "plots", "program"},
}

root = pathlib.Path(sys.argv[1])
wrong = []
files = 0
for part, allowed in ALLOWED.items():
    for path in sorted((root / part).rglob("*.[ch]pp")):
        files += 1
        for header in re.findall(r'#include "([^/"]+)/', path.read_text()):
            if header not in allowed:
                wrong.append(f"{path.relative_to(root)} includes {header}/")
print("\n".join(wrong) or f"{files} files, all in the right direction")
sys.exit(bool(wrong) or files == 0)
