"""The dumps of docs/Tour.md: the page holds a model as Python code; each fenced block
under a line `<!-- dump: WHAT -->` is what graphopt makes of it. docs.py writes the page.

WHAT is a stage (its @main), `library` (the files), `header` (the types that the model's
header defines) or `assembly` (the inner loop that keeps the most sums in registers)."""
import glob
import os
import re
import subprocess
import sys
import tempfile

CPU = "x86-64-v3"  # named: the page is the same on every machine


def command(*words, folder):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def stage(folder, name):
    """@main of a dump, without the descriptions of arguments."""
    [path] = glob.glob(os.path.join(folder, "stages", f"*-{name}.mlir"))
    with open(path, encoding="utf-8") as file:
        text = file.read()
    maps = re.findall(r"^#\w+ = .*\n", text, re.M)
    main = re.search(r"^  func\.func @main\(.*?^  }\n", text, re.M | re.S).group()
    main = re.sub(r" \{(?:graph|bufferization|llvm)\.[^{}]*\}", "", main)
    return "".join(maps) + re.sub(r"^  ", "", main, flags=re.M)


def library(folder, _):
    return "\n".join(sorted(os.listdir(os.path.join(folder, "out"))))


def header(folder, _):
    [path] = [p for p in glob.glob(os.path.join(folder, "out", "*.h")) if not p.endswith("graphopt.h")]
    with open(path, encoding="utf-8") as file:
        return "\n".join(re.findall(r"^(?:/\*(?:(?!\*/)[^#])*\*/\n)?typedef struct.*?^\}.*?\n", file.read(),
                                    re.M | re.S))


def assembly(folder, _):
    [path] = glob.glob(os.path.join(folder, "out", "*.a"))
    text = command("llvm-objdump", "-d", "--no-show-raw-insn", "--no-leading-addr", "--symbolize-operands",
                   path, folder=folder)
    # A block that jumps to its own label is an inner loop.
    blocks = re.split(r"^(<L\d+>):\n", text, flags=re.M)
    loops = [f"{label}:\n{body[:jump.end()]}\n" for label, body in zip(blocks[1::2], blocks[2::2])
             if (jump := re.search(rf"^\s+j\w+\s+{label}$", body, re.M))]
    loop = max(loops, key=lambda loop: len(set(re.findall(r"vfmadd.*(%ymm\d+)", loop))))
    return re.sub(r"^[ \t]+", "  ", re.sub(r"\s+#.*", "", loop), flags=re.M).replace("\t", " ")


def render(page, build):
    """The page with every dump made anew; `build` is the build folder."""
    os.environ["PATH"] = f"/usr/lib/llvm-22/bin{os.pathsep}{os.environ['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        [code] = re.findall(r"^```python\n(.*?)^```", page, re.M | re.S)
        command(sys.executable, "-c", code, folder=folder)
        [model] = glob.glob(os.path.join(folder, "*.onnx"))
        command(os.path.join(build, "bin", "graphopt"), "compile", model, "--cpu", CPU, "--dump-stages=stages",
                "-o", "out", folder=folder)

        def dump(match):
            what = match.group(2)
            make = {"library": library, "header": header, "assembly": assembly}.get(what, stage)
            return match.group(1) + make(folder, what).strip("\n") + "\n```"

        return re.sub(r"(^<!-- dump: (\w+) -->\n```\w*\n).*?^```$", dump, page, flags=re.M | re.S)
