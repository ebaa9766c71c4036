# RUN: %python %s %root %clangxx
"""The parameters in CudaDriver.def are those of cuda.h, and the numbers that the runtime has beside
their names: where a toolkit is at hand."""
import glob
import os
import re
import shutil
import subprocess
import sys

root, compiler = sys.argv[1:]
ptxas = shutil.which("ptxas")
folders = [os.environ.get("CUDA_HOME"), ptxas and os.path.dirname(os.path.dirname(os.path.realpath(ptxas))), "/usr/local/cuda"]
headers = [os.path.join(folder, "include", "cuda.h") for folder in folders if folder]
header = next(filter(os.path.exists, headers), None)
if not header:
    print("no cuda.h: nothing is compared")
    sys.exit()

PROGRAM = r"""
#include <type_traits>
template <typename A, typename B> constexpr bool isLike =
    sizeof(A) == sizeof(B) && std::is_pointer_v<A> == std::is_pointer_v<B>;
template <typename... A, typename... B> constexpr bool compare(CUresult (*)(A...), int (*)(B...)) {
  if constexpr (sizeof...(A) == sizeof...(B))
    return (isLike<A, B> && ...);
  return false;
}
"""
with open(os.path.join(root, "lib", "Runtime", "CudaDriver.def")) as file:
    functions = re.findall(r'^CUDA_(?:FUNCTION|OPTIONAL)\(\w+, "(\w+)", (.*)\)$', file.read(), re.M)
assert len(functions) > 30
checks = [f'static_assert(compare(&{name}, (int (*)({parameters}))nullptr), "{name}");' for name, parameters in functions]
numbers = []
for path in glob.glob(os.path.join(root, "lib", "Runtime", "Cuda*.c")):
    with open(path) as file:
        numbers += re.findall(r"= (\d+),? /\* (CU\w+) ", file.read())
assert len(numbers) > 15
checks += [f'static_assert({name} == {number}, "{name}");' for number, name in numbers]
command = [compiler, "-std=c++17", "-fsyntax-only", "-include", header, "-I", os.path.dirname(header), "-x", "c++", "-"]
subprocess.run(command, input=PROGRAM + "\n".join(checks), text=True, check=True)
# The comparison can fail.
wrong = 'static_assert(compare(&cuMemFree_v2, (int (*)(void *))nullptr), "");'
assert subprocess.run(command, input=PROGRAM + wrong, text=True, capture_output=True).returncode
