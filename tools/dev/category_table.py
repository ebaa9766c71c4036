#!/usr/bin/env python3
"""Writes lib/Import/CategoryTable.def: Unicode's general categories.

A row says of which one the code points `first`, `first + step`, ... `last` are. Surrogates
and what is not assigned are of none.
"""

import pathlib
import unicodedata

TABLE = pathlib.Path(__file__).parents[2] / "lib/Import/CategoryTable.def"
WIDTH = 118


def rows():
    """(category, [first, last, step]), in the order of the categories."""
    found = {}
    for code in range(0x110000):
        category = unicodedata.category(chr(code))
        if category in ("Cn", "Cs"):
            continue
        runs = found.setdefault(category, [])
        if runs:
            first, last, step = runs[-1]
            if code - last == step or (first == last and code - last <= 2):
                runs[-1] = [first, code, code - last]
                continue
        runs.append([code, code, 1])
    return [(category, run) for category in sorted(found) for run in found[category]]


def text():
    lines = [f"// Written by tools/dev/category_table.py of Unicode {unicodedata.unidata_version}: "
             "(category, first, last, step)."]
    for category, (first, last, step) in rows():
        row = f"ROW({category}, {first:#x}, {last:#x}, {step})"
        if len(lines) > 1 and len(lines[-1]) + 1 + len(row) <= WIDTH:
            lines[-1] += " " + row
        else:
            lines.append(row)
    return "\n".join([*lines, "#undef ROW"]) + "\n"


if __name__ == "__main__":
    TABLE.write_text(text(), encoding="utf-8")
