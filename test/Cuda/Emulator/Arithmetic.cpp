// Arithmetic of one thread that LLVM has as an intrinsic of NVIDIA's.
#include "Operations.h"
#include <algorithm>
#include <cmath>
#include <map>
#include <string>

using namespace emulator;

namespace {
using OfThread = std::function<void(const Operands &)>;

template <float (*function)(float)> void apply(const Operands &operands) {
  operands.set(0, function(operands.get<float>(0)));
}

float reciprocal(float x) { return 1 / x; }
float inverseRoot(float x) { return 1 / std::sqrt(x); }
float saturate(float x) {
  return std::isnan(x) ? 0 : std::min(std::max(x, 0.0f), 1.0f);
}

/// "cvt.rna.tf32.f32": to 10 bits, halves away from 0.
uint32_t roundToTf32(uint32_t bits) {
  bool special = (bits & 0x7F800000) == 0x7F800000;
  return special ? bits : (bits + 0x1000) & ~0x1FFFu;
}

uint16_t roundToBf16(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (std::isnan(value))
    return 0x7FFF;
  return uint16_t((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

uint16_t roundToF16(float value) {
  _Float16 half = _Float16(value);
  uint16_t bits;
  memcpy(&bits, &half, sizeof bits);
  return bits;
}

/// Two halves: the first operand is the upper one.
template <uint16_t (*round)(float)> void roundPair(const Operands &operands) {
  operands.set(0, uint32_t(round(operands.get<float>(1))) |
                      uint32_t(round(operands.get<float>(0))) << 16);
}

/// "dp4a": (a, b, sum), four bytes each.
template <typename A, typename B> void addBytes(const Operands &operands) {
  auto sum = operands.get<uint32_t>(2);
  for (unsigned i = 0; i < 4; ++i)
    sum += uint32_t(int32_t(A(operands.get<uint32_t>(0) >> 8 * i)) *
                    int32_t(B(operands.get<uint32_t>(1) >> 8 * i)));
  operands.set(0, sum);
}

const std::map<std::string_view, OfThread> &table() {
  static const std::map<std::string_view, OfThread> known = {
      {"ex2.approx", apply<std::exp2>},
      {"lg2.approx", apply<std::log2>},
      {"rcp.approx", apply<reciprocal>},
      {"rcp.rn", apply<reciprocal>},
      {"rsqrt.approx", apply<inverseRoot>},
      {"sqrt.approx", apply<std::sqrt>},
      {"sqrt.rn", apply<std::sqrt>},
      {"sin.approx", apply<std::sin>},
      {"cos.approx", apply<std::cos>},
      {"tanh.approx", apply<std::tanh>},
      {"saturate", apply<saturate>},
      {"fma.rn",
       [](const Operands &operands) {
         operands.set(0,
                      std::fma(operands.get<float>(0), operands.get<float>(1),
                               operands.get<float>(2)));
       }},
      {"f2tf32.rna",
       [](const Operands &operands) {
         operands.set(0, roundToTf32(operands.get<uint32_t>(0)));
       }},
      {"f2bf16.rn",
       [](const Operands &operands) {
         operands.set(0, roundToBf16(operands.get<float>(0)));
       }},
      {"ff2bf16x2.rn", roundPair<roundToBf16>},
      {"ff2f16x2.rn", roundPair<roundToF16>},
      {"idp4a.s.s", addBytes<int8_t, int8_t>},
      {"idp4a.s.u", addBytes<int8_t, uint8_t>},
      {"idp4a.u.s", addBytes<uint8_t, int8_t>},
      {"idp4a.u.u", addBytes<uint8_t, uint8_t>},
  };
  return known;
}
} // namespace

/// Flushing to 0 (.ftz) and the type f32 (.f) make no difference here.
Operation emulator::findArithmetic(std::string_view name) {
  Operation operation;
  if (name.substr(0, 6) == "membar" || name.substr(0, 5) == "fence" ||
      name == "nanosleep" || name.substr(0, 8) == "prefetch") {
    operation.ofThread = [](const Operands &) {};
    return operation;
  }
  std::string plain(name);
  for (std::string_view suffix : {".f", ".f32", ".ftz"})
    if (plain.size() > suffix.size() &&
        plain.compare(plain.size() - suffix.size(), suffix.size(), suffix) == 0)
      plain.resize(plain.size() - suffix.size());
  if (auto found = table().find(plain); found != table().end())
    operation.ofThread = found->second;
  return operation;
}
