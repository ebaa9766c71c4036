// What LLVM calls to round to bfloat16 on a CPU that cannot.
#include <cmath>
#include <cstdint>
#include <cstring>

static __bf16 fromBits(uint16_t bits) {
  __bf16 value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/// To an odd number if it is not exact, so that rounding again is rounding once.
static uint32_t roundToOdd(double value) {
  float nearest = float(value);
  uint32_t bits;
  memcpy(&bits, &nearest, sizeof bits);
  if (double(nearest) == value || std::isnan(value))
    return bits;
  if (std::fabs(double(nearest)) > std::fabs(value))
    --bits;
  return bits | 1;
}

static __bf16 roundBits(uint32_t bits) {
  if ((bits & 0x7FFFFFFF) > 0x7F800000)
    return fromBits(uint16_t(bits >> 16 | 0x40));
  return fromBits(uint16_t((bits + 0x7FFF + (bits >> 16 & 1)) >> 16));
}

extern "C" {
__bf16 __truncsfbf2(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return roundBits(bits);
}
__bf16 __truncdfbf2(double value) { return roundBits(roundToOdd(value)); }
}
