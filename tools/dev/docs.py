#!/usr/bin/env python3
"""Writes the pages of docs/ that come from the sources:

  SupportedOps.md   lib/Import/OnnxOps.def and ONNX's operator definitions
  Passes.md         every include/graphopt/**/Passes.td
  Options.md        include/graphopt/Driver/Options.def
  Tour.md           itself: the dumps in it are those of BUILD/bin/graphopt

  docs.py           writes them
  docs.py --check   only says which are not up to date; exit code 1 if any

BUILD is build/ or $GRAPHOPT_BUILD.
"""
import argparse
import ast
import os
import re
import subprocess
import sys

import onnx

import tour

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("GRAPHOPT_BUILD", os.path.join(ROOT, "build"))
LLVM = "/usr/lib/llvm-22"
OPSET = 28
NOTE = "<!-- Written by tools/dev/docs.py from {}; edit that. -->\n"


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def newest(domain):
    """name -> (schema, is a function) of the live operators at OPSET."""
    result = {}
    for schema in onnx.defs.get_all_schemas_with_history():
        limit = OPSET if domain == "" else schema.since_version
        if schema.domain == domain and schema.since_version <= limit:
            if schema.name not in result or result[schema.name].since_version < schema.since_version:
                result[schema.name] = schema
    return {name: schema for name, schema in result.items() if not schema.deprecated}


def supported_ops():
    source = "lib/Import/OnnxOps.def"
    text = re.sub(r"//.*", "", read(source))
    native = {("", name) for name in re.findall(r"^ONNX_(?:OP|READ)\((\w+), \d", text, re.M)}
    written = set(re.findall(r"^ONNX_(?:OP|WRITE)\((\w+), \d", text, re.M))
    native |= set(re.findall(r'^\s*ONNX_OP_IN\("([^"]+)",\s*(\w+),', text, re.M))
    lines = [NOTE.format(source), "# ONNX operators\n",
             f"Models of every opset up to {OPSET} are read; ONNX's converter brings them to {OPSET} first.\n",
             "- **native**: an operation of the graph dialect, or several. Those marked `=` are one, which",
             "  `--emit=onnx` writes as the same operator; the others become operators that do the same.",
             "- **expanded**: replaced by the function body that ONNX defines, when all in it is native.",
             "- **no**: reported as unsupported, by node name.\n",
             "ImageDecoder is there if graphopt was built with image libraries (CMake's `GRAPHOPT_IMAGES`); models that have",
             "it are linked with them.\n"]
    for domain in ["", *sorted({d for d, _ in native} - {""})]:
        schemas = newest(domain)
        names = sorted(set(schemas) | {name for d, name in native if d == domain})
        rows = []
        for name in names:
            schema = schemas.get(name)
            how = ("native" if (domain, name) in native else
                   "expanded" if schema and (schema.has_function or schema.has_context_dependent_function) else "no")
            if how == "native" and domain == "" and name in written:
                how = "native ="
            rows.append((name, str(schema.since_version) if schema else "", how))
        count = {how: sum(r[2].removesuffix(" =") == how for r in rows) for how in ("native", "expanded", "no")}
        lines += [f"## {domain or 'ai.onnx'}: {count['native']} native, {count['expanded']} expanded, "
                  f"{count['no']} not supported\n", "| operator | since opset | how |", "|---|---|---|"]
        lines += [f"| {name} | {since} | {how} |" for name, since, how in rows]
        lines.append("")
    # Operators stand first in their lists' lines.
    folder = "lib/Import/Onnx"
    contrib = sorted(name for file in os.listdir(os.path.join(ROOT, folder)) if file.startswith("Microsoft")
                     for name in re.findall(r'^ {6}\{"(\w+)",', read(f"{folder}/{file}"), re.M))
    lines += [f"## com.microsoft: {len(contrib)} expanded\n",
              "Operators of ONNX Runtime's own become those of the standard that do the same (`lib/Import/Onnx/Microsoft*.cpp`); what",
              "of their attributes, inputs and outputs is not done is an error of the node.\n",
              *(f"- {name}" for name in contrib), ""]
    return "\n".join(lines)


def pass_files():
    for folder, _, files in sorted(os.walk(os.path.join(ROOT, "include", "graphopt"))):
        if "Passes.td" in files:
            yield os.path.relpath(os.path.join(folder, "Passes.td"), ROOT)


def passes():
    lines = [NOTE.format("the Passes.td files"), "# Passes\n",
             "`graphopt-opt --<pass>` runs one; `graphopt compile --print-pipeline` shows their order.\n"]
    for path in pass_files():
        page = subprocess.run([f"{LLVM}/bin/mlir-tblgen", "-gen-pass-doc", f"-I{LLVM}/include",
                               f"-I{ROOT}", f"-I{ROOT}/include", os.path.join(ROOT, path)],
                              check=True, capture_output=True, text=True).stdout
        page = re.sub(r"<!-- Autogenerated.*?-->\n", "", page)
        lines += [f"## {os.path.dirname(path).removeprefix('include/graphopt/')}\n", page.strip() + "\n"]
    return "\n".join(lines)


def options():
    source = "include/graphopt/Driver/Options.def"
    commands = sorted(set(re.findall(r"^#ifndef (\w+)_OPTION", read(source), re.M)))
    macros = "".join(f'#define {c}_OPTION(type, field, flag, initial, value, help) '
                     f'("{c.lower()}", #type, #field, flag, #initial, value, help),\n' for c in commands)
    rows = subprocess.run([f"{LLVM}/bin/clang", "-E", "-P", "-x", "c", "-"], check=True, capture_output=True,
                          text=True, input=macros + read(source)).stdout
    rows = ast.literal_eval(f"[{rows}]")
    lines = [NOTE.format(source), "# Options\n",
             "Flags of the command `graphopt`; Python and the C API call them by the second column's name.\n"]
    for command in dict.fromkeys(row[0] for row in rows):
        lines += [f"## {command}\n", "| flag | name | default | what it does |", "|---|---|---|---|"]
        for name, _, field, flag, initial, value, text in rows:
            if name != command:
                continue
            dashes = "-" if len(flag) == 1 else "--"
            flag = f"{dashes}{flag}" + ((" " if len(flag) == 1 else "=") + value if value else "")
            initial = re.sub(r"^\w+::", "", initial).strip('"').replace("{}", "")
            text = text.replace("<", "&lt;").replace("|", "\\|")
            lines.append(f"| `{flag}` | `{field}` | {initial and f'`{initial}`'} | {text} |")
        lines.append("")
    return "\n".join(lines)


def tour_page():
    return tour.render(read("docs", "Tour.md"), BUILD)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    old = []
    for name, page in (("SupportedOps.md", supported_ops), ("Passes.md", passes), ("Options.md", options),
                       ("Tour.md", tour_page)):
        path = os.path.join(ROOT, "docs", name)
        text = page()
        if os.path.exists(path) and read("docs", name) == text:
            continue
        old.append(name)
        if not check:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
    if check and old:
        print(f"not up to date: {' '.join('docs/' + n for n in old)}; run tools/dev/docs.py")
    return int(check and bool(old))


if __name__ == "__main__":
    sys.exit(main())
