# RUN: %python %s %root
"""A room uses only rooms to its left (DESIGN): in #include lines, in TableGen's
include lines and in what a library links.

Support -> Target, Compress -> dialects -> Import, Transforms, Conversion -> Codegen, Export ->
Emit -> Pipeline -> Driver -> CAPI -> tools, python
"""
import re

import tree

ORDER = ["Support", ("Target", "Compress"), "dialects", ("Import", "Transforms", "Conversion"),
         ("Codegen", "Export"), "Emit", "Pipeline", "Driver", "CAPI", ("tools", "python")]
RANK = {room: rank for rank, rooms in enumerate(ORDER)
        for room in ([rooms] if isinstance(rooms, str) else rooms)}
# Linked into the user's program: uses nothing of ours, everybody may use its header.
RANK["Runtime"] = -1

# What only one room may use.
RESERVED = [
    (re.compile(r'#\s*include\s*[<"](onnx/|google/protobuf/)'), ("lib/Import/", "lib/Export/"),
     "ONNX and Protobuf headers appear in lib/Import and lib/Export only"),
    (re.compile(r'#\s*include\s*[<"](cuda|cudnn|cublas|nvrtc|nvml|nvPTXCompiler)\w*\.h'), (),
     "CUDA headers appear nowhere: the runtime opens the driver by name"),
    (re.compile(r'\bcl::(opt|list|bits|alias|SubCommand)\b|#\s*include\s*"llvm/Support/CommandLine\.h"'),
     ("tools/",), "cl::opt is for tools only"),
]
INCLUDE = re.compile(r'^\s*#?\s*include\s*[<"]([^>"]+)[>"]', re.M)


def room_of(path):
    """The room that a file, or an include written from the root, belongs to."""
    parts = path.split("/")
    if parts[0] in ("dialects", "tools", "python"):
        return parts[0]
    if parts[0] == "lib" and len(parts) > 2:
        return parts[1]
    if parts[:2] == ["include", "graphopt"] and len(parts) > 3:
        return parts[2]
    if parts[0] == "graphopt" and len(parts) > 2:  # as written in #include
        return parts[1]
    return None


def allowed(user, used):
    if user == used or used == "Runtime":
        return True
    return RANK[used] < RANK[user] and user != "Runtime"


def links(trees):
    """(file, library's room, linked name) of every library, and name -> room."""
    rooms, edges = {}, []
    for name in trees.matching("CMakeLists.txt", under=("lib/", "dialects/", "tools/")):
        for call in re.finditer(r"\bgraphopt_(library|tool)\(\s*(\S+)([^)]*)\)", trees.text(name)):
            rooms[call[2]] = room_of(name)
            linked = re.search(r"\bLINK\b([^)]*?)(?=\b(?:SOURCES|TABLEGEN|EXCEPTIONS)\b|$)", call[3])
            for word in (linked[1].split() if linked else []):
                edges.append((name, call[2], word))
    return rooms, edges


def check(trees):
    problems = []
    sources = trees.matching(".h", ".c", ".cpp", ".td", ".def", ".inc",
                             under=("dialects/", "include/", "lib/", "tools/", "python/"))
    for name in sources:
        text, room = trees.text(name), room_of(name)
        if name.endswith((".h", ".c", ".cpp", ".td")) and room and room not in RANK:
            problems.append(f"{name}: no such room in DESIGN: {room}")
            continue
        for included in INCLUDE.findall(text):
            used = room_of(included)
            if room and used in RANK and not allowed(room, used):
                problems.append(f"{name}: {room} may not use {used} ({included})")
        for pattern, homes, rule in RESERVED:
            if pattern.search(text) and not name.startswith(homes or ("nowhere/",)):
                problems.append(f"{name}: {rule}")
    rooms, edges = links(trees)
    for name, library, linked in edges:
        user, used = rooms[library], rooms.get(linked)
        if used in RANK and user in RANK and not allowed(user, used):
            problems.append(f"{name}: {library} ({user}) may not link {linked} ({used})")
    return problems


GOOD = {
    "include/graphopt/Emit/Archive.h": '#include "graphopt/Target/Target.h"\n',
    "lib/Emit/Archive.cpp": '#include "graphopt/Emit/Archive.h"\n#include "graphopt/Runtime/graphopt.h"\n',
    "lib/Import/Parse.cpp": "#include <onnx/checker.h>\n",
    "lib/Export/Write.cpp": '#include <onnx/onnx_pb.h>\n#include "lib/Import/Types.h"\n',
    "lib/Emit/CMakeLists.txt": "graphopt_library(GraphOptEmit\n  SOURCES Archive.cpp\n  LINK GraphOptTarget)\n",
    "lib/Target/CMakeLists.txt": "graphopt_library(GraphOptTarget SOURCES T.cpp)\n",
    "tools/graphopt/main.cpp": "static llvm::cl::opt<bool> quiet;\n",
}
BAD = [
    {"lib/Target/Cpu.cpp": '#include "graphopt/Emit/Archive.h"\n'},
    {"lib/Import/If.cpp": '#include "graphopt/Transforms/Passes.h"\n'},
    {"dialects/Graph/Graph.td": 'include "graphopt/Conversion/Passes.td"\n'},
    {"lib/Runtime/check.c": '#include "graphopt/Support/Log.h"\n'},
    {"include/graphopt/Import/Import.h": "#include <onnx/onnx_pb.h>\n"},
    {"lib/Import/Parse.cpp": '#include "graphopt/Export/Export.h"\n'},
    {"lib/Driver/D.cpp": "#include <google/protobuf/message.h>\n"},
    {"lib/Runtime/gpu.c": "#include <cuda.h>\n"},
    {"lib/Driver/D.cpp": "llvm::cl::opt<int> level;\n"},
    {"lib/Helpers/H.cpp": "\n"},
    {"lib/Target/CMakeLists.txt": "graphopt_library(GraphOptTarget\n  SOURCES T.cpp\n  LINK GraphOptEmit)\n"},
]
tree.main(check, GOOD, BAD)
