"""Models for GPUs on this CPU: their kernels as emulate-kernels makes them, under a
driver that has no GPU (FakeCuda.cpp)."""
import ctypes
import os
import re
import shutil
import subprocess
import tempfile

import graphopt

BUILD = os.environ["GRAPHOPT_BUILD"]
CLANG = os.environ.get("CLANG", "clang-22")


def _find_toolkit():
    """The folder of a CUDA toolkit with NVIDIA's library of functions, or None."""
    ptxas = shutil.which("ptxas")
    folders = [os.environ.get("CUDA_HOME"), ptxas and os.path.dirname(os.path.dirname(ptxas)), "/usr/local/cuda"]
    return next((f for f in folders if f and os.path.isdir(os.path.join(f, "nvvm", "libdevice"))), None)


TOOLKIT = _find_toolkit()
DRIVER = os.path.join(BUILD, "test", "Cuda")  # the folder of libcuda.so.1


def toolkit(folder):
    """A toolkit in `folder` whose ptxas makes nothing that is one: the driver has no use for cubins."""
    os.makedirs(os.path.join(folder, "nvvm"), exist_ok=True)
    os.makedirs(os.path.join(folder, "bin"), exist_ok=True)
    ptxas = os.path.join(folder, "bin", "ptxas")
    with open(ptxas, "w") as file:
        file.write("#!/bin/sh\nprintf '\\177ELF' > \"$4\"\n")  # -arch=... FILE -o CUBIN
    os.chmod(ptxas, 0o755)
    link = os.path.join(folder, "nvvm", "libdevice")
    if TOOLKIT and not os.path.lexists(link):
        os.symlink(os.path.join(TOOLKIT, "nvvm", "libdevice"), link)
    path = [p for p in os.environ["PATH"].split(os.pathsep) if not os.path.exists(os.path.join(p, "ptxas"))]
    return {"CUDA_HOME": folder, "CUDA_PATH": "", "PATH": os.pathsep.join(path)}


class EmulationError(Exception):
    """Kernels of which no code for this CPU could be made."""


def _run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise EmulationError(f"{os.path.basename(command[0])}: {done.stderr.strip()[-2000:]}")


def emulate(kernels, library, level="-O0"):
    """Makes a library for FakeCuda.cpp of a module with kernels, as --dump-stages writes. They are optimized already;
    to do so again is for kernels that run long."""
    bitcode = library + ".bc"
    _run([os.path.join(BUILD, "bin", "emulate-kernels"), kernels, bitcode])
    _run([CLANG, level, "-shared", "-fPIC", "-w", bitcode, os.path.join(DRIVER, "libcuda.so.1"), "-lm",
          f"-Wl,-rpath,{DRIVER}", "-o", library])


def compile(model, level="-O1", keep=None, kernels=None, capability=None, **options):
    """As graphopt.compile() with target="cuda", its kernels emulated, by clang's `level`, on a GPU of `capability`, or
    else the last of `sm`. What is loaded is left in the folder `keep`, with kernels.so for GRAPHOPT_EMULATED. A list
    `kernels` gets their names."""
    ctypes.CDLL(os.path.join(DRIVER, "libcuda.so.1"), ctypes.RTLD_GLOBAL)
    with tempfile.TemporaryDirectory(prefix="graphopt-cuda-") as folder:
        options = {"sm": 80, **options}
        os.environ["GRAPHOPT_FAKE_CC"] = str(capability or str(options["sm"]).split(",")[-1])
        compiled = _compile(model, lambda name: os.path.join(folder, name), level, options)
        if kernels is not None:
            kernels += _names(os.path.join(folder, "stages", "4-llvm.mlir"))
        if keep:
            shutil.copytree(os.path.join(folder, "out"), keep, dirs_exist_ok=True)
            shutil.copy(os.path.join(folder, "kernels.so"), keep)
        return compiled


def _names(module):
    with open(module) as file:
        return re.findall(r"llvm\.func @(\w+)\(.*gpu\.kernel", file.read())


def _compile(model, path, level, options):
    if not isinstance(model, str):
        with open(path("model.onnx"), "wb") as file:
            file.write(model.SerializeToString())
        model = path("model.onnx")
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    done = subprocess.run([os.path.join(BUILD, "bin", "graphopt"), "compile", model, "-o", path("out"),
                           "--target=cuda", "--emit=shared", f"--dump-stages={path('stages')}", *flags],
                          capture_output=True, text=True, env={**os.environ, **toolkit(path("toolkit"))})
    if done.returncode:
        raise graphopt.CompileError(done.stderr.strip().removeprefix("graphopt: error: ")[:2000])
    emulate(path("stages/4-llvm.mlirbc"), path("kernels.so"), level)
    os.environ["GRAPHOPT_EMULATED"] = path("kernels.so")
    return graphopt.load(path("out"))
