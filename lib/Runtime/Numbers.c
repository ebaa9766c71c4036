/* Numbers as text and back, exactly, whatever the locale. */
#include "Libc.h"
#include "Strings.h"

/* Natural numbers: the largest here have 800 decimal digits and the exponents
 * of doubles. */
#define BIG_WORDS 144
#define MAX_DIGITS 800

typedef struct big {
  int32_t count; /* of words; the last is not 0 */
  uint32_t words[BIG_WORDS];
} big;

static void set_big(big *a, uint64_t value) {
  a->words[0] = (uint32_t)value;
  a->words[1] = (uint32_t)(value >> 32);
  a->count = value >> 32 ? 2 : value != 0;
}

/* a = a * factor + term */
static void multiply(big *a, uint32_t factor, uint32_t term) {
  uint64_t carry = term;
  for (int32_t i = 0; i < a->count; ++i) {
    carry += (uint64_t)a->words[i] * factor;
    a->words[i] = (uint32_t)carry;
    carry >>= 32;
  }
  if (carry)
    a->words[a->count++] = (uint32_t)carry;
}

static void multiply_power_of_10(big *a, int32_t exponent) {
  for (; exponent >= 9; exponent -= 9)
    multiply(a, 1000000000, 0);
  for (; exponent > 0; --exponent)
    multiply(a, 10, 0);
}

static void shift_left(big *a, int32_t bits) {
  int32_t words = bits / 32;
  if (a->count == 0)
    return;
  for (int32_t i = a->count; words && i-- > 0;)
    a->words[i + words] = a->words[i];
  for (int32_t i = 0; i < words; ++i)
    a->words[i] = 0;
  a->count += words;
  multiply(a, (uint32_t)1 << bits % 32, 0);
}

static int compare(const big *a, const big *b) {
  if (a->count != b->count)
    return a->count < b->count ? -1 : 1;
  for (int32_t i = a->count; i-- > 0;)
    if (a->words[i] != b->words[i])
      return a->words[i] < b->words[i] ? -1 : 1;
  return 0;
}

static void add(big *a, const big *b) {
  uint64_t carry = 0;
  int32_t count = a->count > b->count ? a->count : b->count;
  for (int32_t i = 0; i < count; ++i) {
    carry += (uint64_t)(i < a->count ? a->words[i] : 0) +
             (i < b->count ? b->words[i] : 0);
    a->words[i] = (uint32_t)carry;
    carry >>= 32;
  }
  a->count = count;
  if (carry)
    a->words[a->count++] = (uint32_t)carry;
}

/* a = a - b, for b <= a */
static void subtract(big *a, const big *b) {
  int64_t borrow = 0;
  for (int32_t i = 0; i < a->count; ++i) {
    int64_t word =
        (int64_t)a->words[i] - (i < b->count ? b->words[i] : 0) + borrow;
    a->words[i] = (uint32_t)word;
    borrow = word < 0 ? -1 : 0;
  }
  while (a->count && a->words[a->count - 1] == 0)
    --a->count;
}

/* a + b against c */
static int compare_sum(const big *a, const big *b, const big *c) {
  big sum = *a;
  add(&sum, b);
  return compare(&sum, c);
}

static int32_t bit_length(const big *a) {
  return a->count ? 32 * a->count - __builtin_clz(a->words[a->count - 1]) : 0;
}

typedef union bits {
  double number;
  uint64_t word;
} bits;

#define INFINITE ((uint64_t)2047 << 52)

/* Writing ------------------------------------------------------------------ */

/* A number between `low` below and `high` above which all read as it: of each
 * the numerator over `divisor`. */
typedef struct scaled {
  big value, low, high, divisor;
  int takes_ends;
} scaled;

/* mantissa * 2^exponent; `is_power`: what is below is nearer. */
static void scale(scaled *s, uint64_t mantissa, int32_t exponent, int is_power) {
  set_big(&s->value, mantissa);
  set_big(&s->divisor, 1);
  set_big(&s->low, 1);
  shift_left(&s->value, 1 + is_power + (exponent > 0 ? exponent : 0));
  shift_left(&s->divisor, 1 + is_power + (exponent < 0 ? -exponent : 0));
  shift_left(&s->low, exponent > 0 ? exponent : 0);
  s->high = s->low;
  shift_left(&s->high, is_power);
  s->takes_ends = mantissa % 2 == 0;
}

static void multiply_all(scaled *s, int32_t exponent) {
  multiply_power_of_10(&s->value, exponent);
  multiply_power_of_10(&s->low, exponent);
  multiply_power_of_10(&s->high, exponent);
}

/* The shortest digits d1 d2 ... of 0.d1d2... * 10^result. */
static int32_t write_digits(scaled *s, char *digits, int32_t *count) {
  int32_t power = 0;
  /* Not above what it must be: log10(2) is more than 0.30102. */
  int32_t guess = bit_length(&s->value) - bit_length(&s->divisor) - 1;
  guess = (int32_t)((int64_t)guess * 30103 / 100000) - 1;
  if (guess >= 0)
    multiply_power_of_10(&s->divisor, guess);
  else
    multiply_all(s, -guess);
  for (power = guess; compare_sum(&s->value, &s->high, &s->divisor) >=
                      (s->takes_ends ? 0 : 1);
       ++power)
    multiply(&s->divisor, 10, 0);
  for (*count = 0;;) {
    char digit = 0;
    for (multiply_all(s, 1); compare(&s->value, &s->divisor) >= 0; ++digit)
      subtract(&s->value, &s->divisor);
    int ends = s->takes_ends ? 0 : 1;
    int is_low = -compare(&s->value, &s->low) >= ends;
    int is_high = compare_sum(&s->value, &s->high, &s->divisor) >= ends;
    if (is_low || is_high) {
      int order = compare_sum(&s->value, &s->value, &s->divisor);
      int up = is_low && is_high ? order > 0 || (order == 0 && digit % 2)
                                 : is_high;
      digits[(*count)++] = (char)('0' + digit + up);
      return power;
    }
    digits[(*count)++] = (char)('0' + digit);
  }
}

static char *write_text(char *to, const char *text) {
  size_t length = strlen(text);
  memcpy(to, text, length);
  return to + length;
}

static char *write_integer(char *to, uint64_t value, int32_t least_digits) {
  char digits[20];
  int32_t count = 0;
  for (; value || count < least_digits; value /= 10)
    digits[count++] = (char)('0' + value % 10);
  while (count)
    *to++ = digits[--count];
  return to;
}

/* 0.digits * 10^power as NumPy writes it: with an exponent outside of 1e-4 to
 * 10^`largest`. */
static char *place_digits(char *to, const char *digits, int32_t count,
                          int32_t power, int has_exponent) {
  if (has_exponent) {
    *to++ = digits[0];
    if (count > 1)
      *to++ = '.';
    memcpy(to, digits + 1, (size_t)count - 1);
    to = write_text(to + count - 1, power > 0 ? "e+" : "e-");
    return write_integer(to, (uint64_t)(power > 0 ? power - 1 : 1 - power), 2);
  }
  if (power <= 0)
    *to++ = '0';
  for (int32_t i = 0; i < power; ++i)
    *to++ = i < count ? digits[i] : '0';
  *to++ = '.';
  for (int32_t i = power; i < 0; ++i)
    *to++ = '0';
  int32_t rest = power > 0 ? power : 0;
  if (rest >= count)
    *to++ = '0';
  for (; rest < count; ++rest)
    *to++ = digits[rest];
  return to;
}

static char *format_float(char *to, double number, int32_t precision,
                          int32_t least_exponent) {
  bits value = {number};
  uint64_t magnitude = value.word << 1 >> 1;
  if (magnitude > INFINITE)
    return write_text(to, "nan");
  if (value.word != magnitude)
    *to++ = '-';
  if (magnitude == INFINITE)
    return write_text(to, "inf");
  if (magnitude == 0)
    return write_text(to, "0.0");
  int32_t exponent = (int32_t)(magnitude >> 52);
  uint64_t mantissa = magnitude << 12 >> 12;
  if (exponent)
    mantissa |= (uint64_t)1 << 52;
  exponent = (exponent ? exponent : 1) - 1075;
  /* In units of the last place of the type. */
  int32_t unit = least_exponent - precision + 1;
  while (mantissa % 2 == 0 &&
         (exponent < unit || mantissa >> precision)) {
    mantissa /= 2;
    ++exponent;
  }
  while (exponent > unit && mantissa >> (precision - 1) == 0) {
    mantissa *= 2;
    --exponent;
  }
  scaled s;
  scale(&s, mantissa, exponent,
        mantissa == (uint64_t)1 << (precision - 1) && exponent > unit);
  char digits[32];
  int32_t count, power = write_digits(&s, digits, &count);
  double size = number < 0 ? -number : number;
  double largest = precision > 24 ? 1e16 : precision > 11 ? 1e6 : 1e3;
  return place_digits(to, digits, count, power, size >= largest || size < 1e-4);
}

#define FLOAT_ROOM 32
#define INTEGER_ROOM 24

void graphopt_format_floats(graphopt_run *run, int64_t count,
                            const double *numbers, int32_t precision,
                            int32_t least_exponent, const char **results) {
  char *to = graphopt_allocate_text(run, (size_t)count * FLOAT_ROOM);
  for (int64_t i = 0; to && i < count; ++i) {
    results[i] = to;
    to = format_float(to, numbers[i], precision, least_exponent);
    *to++ = 0;
  }
}

void graphopt_format_integers(graphopt_run *run, int64_t count,
                              const int64_t *numbers, int32_t bits,
                              int32_t is_unsigned, const char **results) {
  char *to = graphopt_allocate_text(run, (size_t)count * INTEGER_ROOM);
  for (int64_t i = 0; to && i < count; ++i) {
    uint64_t value = (uint64_t)numbers[i];
    results[i] = to;
    if (bits == 1) {
      to = write_text(to, value ? "True" : "False");
    } else {
      int is_negative = !is_unsigned && numbers[i] < 0;
      if (is_negative)
        *to++ = '-';
      to = write_integer(to, is_negative ? 0 - value : value, 1);
    }
    *to++ = 0;
  }
}

/* Reading ------------------------------------------------------------------ */

static const char *skip_blanks(const char *at) {
  while (*at == ' ' || (*at >= '\t' && *at <= '\r'))
    ++at;
  return at;
}

static int is_digit(char c) { return c >= '0' && c <= '9'; }

/* Moves `at` behind `word`, written in letters of any size, if it is there. */
static int takes_word(const char **at, const char *word) {
  const char *text = *at;
  for (; *word; ++word, ++text)
    if ((*text | 32) != *word)
      return 0;
  *at = text;
  return 1;
}

/* A sign is read: 1 for a minus. */
static int takes_minus(const char **at) {
  int is_minus = **at == '-';
  *at += is_minus || **at == '+';
  return is_minus;
}

/* digits * 10^power */
typedef struct decimal {
  big digits;
  int32_t count; /* of digits behind leading zeros */
  int64_t power;
} decimal;

/* Digits behind those that count leave a trace: they decide ties only. */
static int take_digits(const char **at, decimal *number, int is_fraction,
                       int *has_rest) {
  int found = 0;
  for (; is_digit(**at); ++*at, found = 1) {
    uint32_t digit = (uint32_t)(**at - '0');
    if (number->count >= MAX_DIGITS) {
      *has_rest |= digit != 0;
      number->power += !is_fraction;
      continue;
    }
    multiply(&number->digits, 10, digit);
    number->count += number->count || digit;
    number->power -= is_fraction;
  }
  return found;
}

/* Moves `at` behind a number. */
static int take_decimal(const char **at, decimal *number) {
  int has_rest = 0;
  set_big(&number->digits, 0);
  number->count = 0;
  number->power = 0;
  int found = take_digits(at, number, 0, &has_rest);
  if (**at == '.') {
    ++*at;
    found |= take_digits(at, number, 1, &has_rest);
  }
  if (!found)
    return 0;
  if (has_rest) {
    multiply(&number->digits, 10, 1);
    number->power -= 1;
    number->count += 1;
  }
  if ((**at | 32) == 'e') {
    ++*at;
    int is_minus = takes_minus(at);
    int64_t exponent = 0;
    if (!is_digit(**at))
      return 0;
    for (; is_digit(**at); ++*at)
      if (exponent < (int64_t)1 << 40)
        exponent = exponent * 10 + (**at - '0');
    number->power += is_minus ? -exponent : exponent;
  }
  return 1;
}

/* The nearest number of `precision` bits, ties to even. */
static double round_decimal(decimal *number, int32_t precision,
                            int32_t least_exponent) {
  bits result = {0};
  int64_t size = number->count + number->power; /* below 10^size */
  if (number->count == 0 || size < -350)
    return 0;
  result.word = INFINITE;
  if (size > 310)
    return result.number;
  big divisor;
  set_big(&divisor, 1);
  multiply_power_of_10(number->power < 0 ? &divisor : &number->digits,
                       (int32_t)(number->power < 0 ? -number->power
                                                   : number->power));
  big *rest = &number->digits;
  int32_t unit = least_exponent - precision + 1;
  int32_t exponent = bit_length(rest) - bit_length(&divisor) - precision;
  exponent = exponent > unit ? exponent : unit;
  shift_left(exponent < 0 ? rest : &divisor, exponent < 0 ? -exponent : exponent);
  /* The quotient has a bit more than `precision` at most. */
  uint64_t quotient = 0;
  for (int32_t bit = precision + 1; bit-- > 0;) {
    big shifted = divisor;
    shift_left(&shifted, bit);
    if (compare(rest, &shifted) >= 0) {
      subtract(rest, &shifted);
      quotient |= (uint64_t)1 << bit;
    }
  }
  if (quotient >> precision) {
    /* The last bit joins the rest. */
    if (quotient % 2)
      add(rest, &divisor);
    shift_left(&divisor, 1);
    quotient /= 2;
    ++exponent;
  }
  int order = compare_sum(rest, rest, &divisor);
  quotient += order > 0 || (order == 0 && quotient % 2);
  if (quotient >> precision) {
    quotient /= 2;
    ++exponent;
  }
  if (exponent + precision - 1 > 1 - least_exponent)
    return result.number;
  bits power = {0};
  if (exponent >= -1022) {
    power.word = (uint64_t)(exponent + 1023) << 52;
    return (double)quotient * power.number;
  }
  result.word = quotient; /* a double without a full mantissa, or one with it */
  if (exponent != -1074)
    result.word = ((uint64_t)(exponent + 1075) << 52) +
                  (quotient - ((uint64_t)1 << 52));
  return result.number;
}

static int parse_float(const char *at, int32_t precision,
                       int32_t least_exponent, double *result) {
  bits value = {0};
  at = skip_blanks(at);
  int is_minus = takes_minus(&at);
  decimal number;
  if (takes_word(&at, "inf")) {
    takes_word(&at, "inity");
    value.word = INFINITE;
  } else if (takes_word(&at, "nan")) {
    value.word = INFINITE | (uint64_t)1 << 51;
  } else if (take_decimal(&at, &number)) {
    value.number = round_decimal(&number, precision, least_exponent);
  } else {
    return 0;
  }
  value.word |= (uint64_t)is_minus << 63;
  *result = value.number;
  return *skip_blanks(at) == 0;
}

void graphopt_parse_floats(graphopt_run *run, int64_t count,
                           const char *const *strings, int32_t precision,
                           int32_t least_exponent, double *results) {
  for (int64_t i = 0; i < count; ++i) {
    results[i] = 0;
    if (!parse_float(strings[i], precision, least_exponent, &results[i]))
      graphopt_fail(run, GRAPHOPT_BAD_DATA);
  }
}

static int parse_integer(const char *at, int32_t bits, int is_unsigned,
                         int64_t *result) {
  at = skip_blanks(at);
  if (bits == 1 && (takes_word(&at, "true") || takes_word(&at, "false"))) {
    *result = at[-4] == 't' || at[-4] == 'T';
    return *skip_blanks(at) == 0;
  }
  int is_minus = takes_minus(&at);
  uint64_t value = 0;
  uint64_t most = ~(uint64_t)0 >> (64 - bits + !is_unsigned);
  most = is_minus ? (is_unsigned ? 0 : most + 1) : most;
  if (!is_digit(*at))
    return 0;
  for (; is_digit(*at); ++at) {
    uint64_t digit = (uint64_t)(*at - '0');
    if (value > most / 10 || value * 10 > most - digit || digit > most)
      return 0;
    value = value * 10 + digit;
  }
  *result = (int64_t)(is_minus ? 0 - value : value);
  return *skip_blanks(at) == 0;
}

void graphopt_parse_integers(graphopt_run *run, int64_t count,
                             const char *const *strings, int32_t bits,
                             int32_t is_unsigned, int64_t *results) {
  for (int64_t i = 0; i < count; ++i) {
    results[i] = 0;
    if (!parse_integer(strings[i], bits, is_unsigned, &results[i]))
      graphopt_fail(run, GRAPHOPT_BAD_DATA);
  }
}
