"""Compiling and loading, by the graphopt command."""
import glob
import os
import shutil
import subprocess
import tempfile

from . import _abi
from ._model import Model


class CompileError(RuntimeError):
    """The message of graphopt, which names the ONNX node at fault."""


def tool():
    """The path of the graphopt command: of the prefix $GRAPHOPT_HOME, else of the
    tree that this package was installed from, else of $PATH."""
    try:
        from ._home import HOME
    except ImportError:
        HOME = None
    for home in (os.environ.get("GRAPHOPT_HOME"), HOME):
        if home:
            path = os.path.join(home, "bin", "graphopt")
            if os.access(path, os.X_OK):
                return path
    path = shutil.which("graphopt")
    if not path:
        raise FileNotFoundError("the graphopt command is not found; set GRAPHOPT_HOME to the folder "
                                "that holds bin/graphopt, such as the build folder")
    return path


def compile(model, output=None, *, shapes=None, threads=1, **options):
    """Compiles an ONNX model and loads it.

    model    a path, or an onnx.ModelProto
    output   folder for the compiled library, to be loaded again by load();
             default: the library is kept in memory only
    shapes   input name -> dims; None leaves a dimension open
    threads  of each run, as for load()
    options  any other option of `graphopt compile`, with _ for -: cpu="native",
             name="minilm". True is a flag, a list repeats it.
    """
    arguments = []
    for name, dims in (shapes or {}).items():
        text = "x".join("?" if dim is None else str(int(dim)) for dim in dims)
        arguments.append(f"--shape={name}={text}")
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if item is True:
                arguments.append(flag)
            elif item is not None and item is not False:
                arguments.append(f"{flag}={item}")

    with tempfile.TemporaryDirectory(prefix="graphopt-") as scratch:
        if hasattr(model, "SerializeToString"):
            path = os.path.join(scratch, "model.onnx")
            with open(path, "wb") as file:
                file.write(model.SerializeToString())
        else:
            path = os.fspath(model)
        written = _run(path, os.fspath(output or scratch), arguments)
        library, = [name for name in written if name.endswith(".so")]
        # Loaded libraries and mapped weights need their files no more.
        return load(library, threads=threads)


def _run(path, folder, arguments):
    """The files that the command wrote."""
    done = subprocess.run([tool(), "compile", path, "-o", folder, "--emit=shared", *arguments],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode:
        message = done.stderr.strip().removeprefix("graphopt: error: ")
        raise CompileError(message or f"graphopt ended with exit code {done.returncode}")
    return done.stdout.splitlines()


def load(path, *, threads=1, weights=None, device=0):
    """Loads a model that compile() or `graphopt compile --emit=shared` wrote.

    path     the folder, or the shared library in it; its code runs with all
             rights of the process, so load only what you trust
    threads  of each run; 0: one a CPU
    weights  the file, of a model compiled with --weights=file; default:
             <model>.weights beside the library
    device   number of the GPU, of a model compiled with target="cuda"
    """
    path = os.fspath(path)
    if os.path.isdir(path):
        found = glob.glob(os.path.join(glob.escape(path), "lib*.so"))
        if len(found) != 1:
            raise FileNotFoundError(f"'{path}' holds {len(found) or 'no'} shared libraries lib<model>.so"
                                    " (compile with --emit=shared)")
        path = found[0]
    name = os.path.basename(path).removesuffix(".so").removeprefix("lib")
    if weights is None:
        weights = os.path.join(os.path.dirname(path), name + ".weights")
    return Model(_abi.open_model(path, name), threads, weights, device)
