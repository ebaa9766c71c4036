// Products of matrices that a warp holds in registers: PTX ISA, "Warp Level
// Matrix Multiply-Accumulate Instructions". Products are exact, sums are
// rounded once.
#include "Faults.h"
#include "Operations.h"
#include <cmath>
#include <string>

using namespace emulator;

namespace {
enum class Type { F16, BF16, TF32, S8, U8, F32, S32 };

/// m16n8k`depth`, d = a b + c
struct Product {
  unsigned depth;
  Type a, b, sum; ///< F16, F32 or S32
  bool saturates;
};

constexpr unsigned kRows = 16, kColumns = 8;

/// Of a 4-byte register.
unsigned elementsOf(Type type) {
  switch (type) {
  case Type::F16:
  case Type::BF16:
    return 2;
  case Type::S8:
  case Type::U8:
    return 4;
  default:
    return 1;
  }
}

double bitsToFloat(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

double element(Type type, uint32_t bits, unsigned i) {
  switch (type) {
  case Type::F16: {
    uint16_t half = uint16_t(bits >> 16 * i);
    _Float16 value;
    memcpy(&value, &half, sizeof value);
    return double(value);
  }
  case Type::BF16:
    return bitsToFloat(bits >> 16 * i << 16);
  case Type::TF32: // "the lower 13 bits are ignored"
    return bitsToFloat(bits & ~0x1FFFu);
  case Type::S8:
    return int8_t(bits >> 8 * i);
  case Type::U8:
    return uint8_t(bits >> 8 * i);
  case Type::F32:
    return bitsToFloat(bits);
  case Type::S32:
    return int32_t(bits);
  }
  return NAN;
}

struct Place {
  unsigned row, column;
};

// "Matrix Fragments for mma.m16n8k...": a lane is thread t of group g, t = lane
// % 4 and g = lane / 4. Along the depth a register holds elements that lie side
// by side, those of the four threads of a group follow each other, and
// registers go on from there.

/// Element `i` of register `r` of matrix A (16 x depth): two rows of 8, then
/// depth.
Place placeInA(unsigned lane, unsigned r, unsigned i, unsigned perRegister) {
  return {lane / 4 + 8 * (r % 2), (r / 2 * 4 + lane % 4) * perRegister + i};
}

/// Of matrix B (depth x 8).
Place placeInB(unsigned lane, unsigned r, unsigned i, unsigned perRegister) {
  return {(r * 4 + lane % 4) * perRegister + i, lane / 4};
}

/// Element `i` of those of C and D (16 x 8) that a lane holds.
Place placeInSum(unsigned lane, unsigned i) {
  return {lane / 4 + 8 * (i / 2), lane % 4 * 2 + i % 2};
}

/// What sums in f64 become: s32 wraps around but in .satfinite.
uint32_t toBits(const Product &product, double sum) {
  if (product.sum == Type::S32) {
    if (product.saturates)
      sum = std::fmin(std::fmax(sum, INT32_MIN), INT32_MAX);
    return uint32_t(int64_t(sum));
  }
  float value = float(sum);
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

uint16_t toHalf(double sum) {
  _Float16 value = _Float16(float(sum));
  uint16_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}
} // namespace

static void multiply(const Product &product, const Meeting &meeting) {
  if (meeting.members != ~0u)
    fail("multiplies matrices in a warp of fewer than 32 lanes");
  static thread_local double a[kRows][64], b[64][kColumns],
      sum[kRows][kColumns];
  unsigned perA = elementsOf(product.a), perB = elementsOf(product.b);
  unsigned countA = kRows * product.depth / kWarpSize / perA;
  unsigned countB = kColumns * product.depth / kWarpSize / perB;
  bool halves = product.sum == Type::F16;
  unsigned perSum = halves ? 2 : 1;
  meeting.forEach([&](unsigned lane, const Operands &operands) {
    for (unsigned r = 0; r < countA; ++r)
      for (unsigned i = 0; i < perA; ++i) {
        Place place = placeInA(lane, r, i, perA);
        a[place.row][place.column] =
            element(product.a, operands.get<uint32_t>(r), i);
      }
    for (unsigned r = 0; r < countB; ++r)
      for (unsigned i = 0; i < perB; ++i) {
        Place place = placeInB(lane, r, i, perB);
        b[place.row][place.column] =
            element(product.b, operands.get<uint32_t>(countA + r), i);
      }
    for (unsigned i = 0; i < 4; ++i) {
      Place place = placeInSum(lane, i);
      uint32_t bits = operands.get<uint32_t>(countA + countB + i / perSum);
      sum[place.row][place.column] = element(product.sum, bits, i % perSum);
    }
  });
  for (unsigned m = 0; m < kRows; ++m)
    for (unsigned k = 0; k < product.depth; ++k)
      for (unsigned n = 0; n < kColumns; ++n)
        sum[m][n] += a[m][k] * b[k][n];
  meeting.forEach([&](unsigned lane, const Operands &operands) {
    auto at = [&](unsigned i) {
      Place place = placeInSum(lane, i);
      return sum[place.row][place.column];
    };
    if (halves)
      for (unsigned r = 0; r < 2; ++r)
        operands.set(r, uint32_t(toHalf(at(2 * r)) |
                                 uint32_t(toHalf(at(2 * r + 1))) << 16));
    else
      for (unsigned i = 0; i < 4; ++i)
        operands.set(i, toBits(product, at(i)));
  });
}

static bool parse(std::string_view text, Type &type) {
  static constexpr std::pair<std::string_view, Type> kTypes[] = {
      {"f16", Type::F16},   {"f32", Type::F32}, {"bf16", Type::BF16},
      {"tf32", Type::TF32}, {"s8", Type::S8},   {"u8", Type::U8}};
  for (auto [name, known] : kTypes)
    if (name == text) {
      type = known;
      return true;
    }
  return false;
}

/// mma.m16n8k<depth>.row.col[.satfinite].<types>: f32.f32 and f16.f16 are those
/// of d and c, of f16 matrices; other names those of a and, if it differs, b.
Operation emulator::findMatrixProduct(std::string_view name) {
  Operation operation;
  auto parts = splitName(name);
  if (parts.size() < 5 || parts[0] != "mma" ||
      parts[1].substr(0, 6) != "m16n8k" || parts[2] != "row" ||
      parts[3] != "col")
    return operation;
  Product product = {};
  product.depth = unsigned(std::stoi(std::string(parts[1].substr(6))));
  product.saturates = parts[4] == "satfinite";
  parts.erase(parts.begin(), parts.begin() + (product.saturates ? 5 : 4));
  Type second;
  if (parts.empty() || parts.size() > 2 || !parse(parts[0], product.a) ||
      !parse(parts.back(), second) || product.depth > 64)
    return operation;
  bool integers = product.a == Type::S8 || product.a == Type::U8;
  if (product.a == Type::F16 || product.a == Type::F32) {
    if (parts.size() != 2 || second != product.a)
      return operation;
    product = {product.depth, Type::F16, Type::F16, second, false};
  } else {
    product.b = second;
    product.sum = integers ? Type::S32 : Type::F32;
  }
  operation.ofWarp = [=](const Meeting &meeting) {
    multiply(product, meeting);
  };
  return operation;
}
