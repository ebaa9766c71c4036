# The project's CMake functions.

option(GRAPHOPT_PRECOMPILED_HEADERS "Parse MLIR's headers once instead of in each file" ON)

# One precompiled header for every library: MLIR's headers cost about 8 s a
# file without it, under 1 s with it.
function(graphopt_precompiled_headers header)
  if(NOT GRAPHOPT_PRECOMPILED_HEADERS)
    return()
  endif()
  file(WRITE ${PROJECT_BINARY_DIR}/precompiled.cpp "")
  add_library(GraphOptPrecompiled OBJECT ${PROJECT_BINARY_DIR}/precompiled.cpp)
  graphopt_compile_options(GraphOptPrecompiled)
  target_precompile_headers(GraphOptPrecompiled PRIVATE ${header})
endfunction()

# LLVM is built without exceptions; so is all our code but what calls ONNX.
# A precompiled header without time stamps lets ccache reuse what includes it.
function(graphopt_compile_options name)
  target_compile_options(${name} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>
    $<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>
    -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers)
endfunction()

# graphopt_library(NAME SOURCES... [TABLEGEN target...] [LINK lib...] [EXCEPTIONS])
#
# SOURCES in alphabetical order; TABLEGEN what must be generated first;
# EXCEPTIONS for files that call ONNX (no precompiled header then).
function(graphopt_library name)
  cmake_parse_arguments(ARG "EXCEPTIONS" "" "SOURCES;TABLEGEN;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  if(ARG_EXCEPTIONS)
    target_compile_options(${name} PRIVATE -Wall -Wextra -Wno-unused-parameter)
  else()
    graphopt_compile_options(${name})
    if(TARGET GraphOptPrecompiled)
      target_precompile_headers(${name} REUSE_FROM GraphOptPrecompiled)
    endif()
  endif()
  if(ARG_TABLEGEN)
    add_dependencies(${name} ${ARG_TABLEGEN})
  endif()
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
endfunction()

# graphopt_tool(NAME SOURCES... [LINK lib...])
function(graphopt_tool name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  graphopt_compile_options(${name})
  # As the libraries are, or the precompiled header does not fit.
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC)
  if(TARGET GraphOptPrecompiled)
    target_precompile_headers(${name} REUSE_FROM GraphOptPrecompiled)
  endif()
  target_link_libraries(${name} PRIVATE ${ARG_LINK} MLIR LLVM)
  target_link_options(${name} PRIVATE -fuse-ld=lld -Wl,--gc-sections)
endfunction()

# graphopt_passes(Transforms): Passes.td of this folder to Passes.h.inc.
function(graphopt_passes room)
  set(LLVM_TARGET_DEFINITIONS Passes.td)
  mlir_tablegen(Passes.h.inc -gen-pass-decls -name GraphOpt${room})
  add_public_tablegen_target(GraphOpt${room}PassesIncGen)
endfunction()

# graphopt_ops(Graph Elementwise): dialects/Graph/Elementwise.td to
# Elementwise.{h,cpp}.inc. One pair a family, so that a change in one family does
# not recompile the others.
function(graphopt_ops dialect family)
  set(LLVM_TARGET_DEFINITIONS ${family}.td)
  set(inc -I${PROJECT_SOURCE_DIR})
  mlir_tablegen(${family}.h.inc -gen-op-decls ${inc})
  mlir_tablegen(${family}.cpp.inc -gen-op-defs ${inc})
  add_public_tablegen_target(GraphOpt${dialect}${family}IncGen)
endfunction()
