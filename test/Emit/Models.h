// Small models for the tests of lib/Emit.
#pragma once

#include <string>

/// y[i] = x[i] + w[i] for 32 floats; the weights 0, 1, 2, ... are a blob. Uses
/// 128 bytes of workspace.
std::string addWeightsModel(const std::string &name);

/// y = 2 x for x: float [n, 3], in parallel over n; a workspace of 64 n.
std::string doubleRowsModel();

/// kept = the elements of x: int32 [n] that are not 0; a negative one is bad
/// data.
std::string keepNonzeroModel();

/// On tensors: y = exp(x) + x and s = the sums of exp(x)'s rows, for x: float
/// [n, 4]; twice = x above itself, [2 n, 4].
std::string expModel();
