#!/usr/bin/env python3
"""Writes lib/Runtime/CaseTable.def: Unicode's simple case mapping.

A row maps the code points `first`, `first + step`, ... `last`, each to itself plus
`delta`. Rows are in the order of their code points and do not overlap.
"""

import pathlib

TABLE = pathlib.Path(__file__).parents[2] / "lib/Runtime/CaseTable.def"


def mapping(change):
    """Code points that `change` makes another one."""
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000:
            continue
        changed = change(chr(code))
        if len(changed) == 1 and ord(changed) != code:
            yield code, ord(changed) - code


def rows(change):
    """[first, last, step, delta] of the mapping."""
    result = []
    for code, delta in mapping(change):
        if result and result[-1][3] == delta:
            first, last, step, _ = result[-1]
            if code - last == step or (first == last and code - last <= 2):
                result[-1] = [first, code, code - last, delta]
                continue
        result.append([code, code, 1, delta])
    return result


def text():
    lines = ["// Written by tools/dev/case_table.py: (first, last, step, delta)."]
    for name, change in (("LOWER", str.lower), ("UPPER", str.upper)):
        lines.append(f"#ifdef {name}")
        lines += [
            f"{name}({first:#x}, {last:#x}, {step}, {delta})"
            for first, last, step, delta in rows(change)
        ]
        lines += [f"#undef {name}", "#endif"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(text())
