"""lit's configuration of all tests but the GoogleTest ones (test/Unit)."""
import os
import platform
import shutil
import subprocess
import lit.formats

config.name = "graphopt"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".py", ".onnxtxt"]
config.excludes = ["Inputs", "Unit", "lit.cfg.py", "lit.local.cfg.py", "compare.py", "conformance.py",
                   "corpus.py", "emulator.py", "engines.py", "generator.py", "graphs.py", "harness.py", "kernels.py",
                   "launcher.py", "movements.py", "nets.py", "operators.py", "quantize_peers.py", "tree.py"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.build_dir, "test")

bin_dir = os.path.join(config.build_dir, "bin")
config.environment["PATH"] = os.pathsep.join(
    [bin_dir, config.llvm_bin_dir, os.environ["PATH"]])
# Tests import each other's helpers (harness) and the tree's Python package.
config.environment["PYTHONPATH"] = os.pathsep.join(
    [os.path.join(config.source_dir, folder) for folder in ("test/Ops", "test/Cuda", "python", "tools/dev")])
config.environment["PYTHONDONTWRITEBYTECODE"] = "1"
config.environment["GRAPHOPT_BUILD"] = config.build_dir
# One thread a test: lit runs as many tests at once as there are cores.
config.environment["OMP_NUM_THREADS"] = "1"
config.environment["OPENBLAS_NUM_THREADS"] = "1"

# Whole words: %graphopt is not the start of %graphopt-opt.
for name in ("graphopt-opt", "graphopt-lsp-server"):
    config.substitutions.append((f"%{name}", os.path.join(bin_dir, name)))
config.substitutions += [
    ("%graphopt", os.path.join(bin_dir, "graphopt")),
    ("%python", config.python),
    ("%clangxx", config.cxx),
    ("%clang", config.cc),
    ("%root", config.source_dir),
    ("%build", config.build_dir),
    ("%include", os.path.join(config.source_dir, "include")),
]
def cpu_flags():
    """What the kernel says of the CPU; nothing on other systems."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            lines = [line for line in file if line.startswith("flags")]
    except OSError:
        return []
    return lines[0].split() if lines else []


config.available_features.add(platform.machine())
if {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"} <= set(cpu_flags()):
    config.available_features.add("avx512")
if platform.libc_ver()[0] == "glibc":
    config.available_features.add("glibc")
if os.geteuid() == 0:
    config.available_features.add("root")
# Of the tests' own Python, which need not have what only one of them reads.
if not subprocess.run([config.python, "-c", "import seqeval"], capture_output=True).returncode:
    config.available_features.add("seqeval")
if config.images:
    config.available_features.add("images")
if shutil.which("gdb"):
    config.available_features.add("gdb")
# `graphopt compile` comes with Compiler.cpp.
if os.path.exists(os.path.join(config.source_dir, "lib", "Driver", "Compiler.cpp")):
    config.available_features.add("compile")
