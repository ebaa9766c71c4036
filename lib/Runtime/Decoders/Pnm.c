/* Portable anymaps: P1 to P6. */
#include "Decoders.h"

typedef struct pnm_image {
  int64_t rows, columns, most; /* `most`: the number that is white */
  int kind;                    /* the digit after the P */
  const uint8_t *at, *end;     /* the pixels */
} pnm_image;

static int is_space(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* Over spaces and comments, which end with the line. */
static void pnm_skip_spaces(pnm_image *image) {
  int in_comment = 0;
  for (; image->at < image->end; ++image->at) {
    if (*image->at == '#')
      in_comment = 1;
    else if (*image->at == '\n')
      in_comment = 0;
    else if (!in_comment && !is_space(*image->at))
      return;
  }
}

/* The next number, of at most `digits`; -1: there is none. */
static int64_t pnm_number(pnm_image *image, int digits) {
  int64_t number = -1;
  pnm_skip_spaces(image);
  for (; image->at < image->end && *image->at >= '0' && *image->at <= '9' &&
         digits > 0;
       ++image->at, --digits)
    number = (number < 0 ? 0 : number * 10) + (*image->at - '0');
  return number;
}

static int64_t pnm_row_bytes(const pnm_image *image) {
  int64_t sample = image->most > 255 ? 2 : 1;
  return image->kind == 4   ? (image->columns + 7) / 8
         : image->kind == 5 ? image->columns * sample
                            : image->columns * sample * 3;
}

static int pnm_read_header(const graphopt_file *file, pnm_image *image) {
  image->end = file->bytes + file->count;
  image->at = file->bytes + 2;
  if (file->count < 3 || file->bytes[1] < '1' || file->bytes[1] > '6')
    return 0;
  image->kind = file->bytes[1] - '0';
  image->columns = pnm_number(image, 9);
  image->rows = pnm_number(image, 9);
  image->most = image->kind == 1 || image->kind == 4 ? 1 : pnm_number(image, 9);
  if (image->columns < 1 || image->rows < 1 || image->most < 1 ||
      image->most > 65535)
    return 0;
  if (image->kind <= 3)
    return 1;
  if (image->at == image->end || !is_space(*image->at++))
    return 0;
  return image->rows <= (image->end - image->at) / pnm_row_bytes(image);
}

/* Sample number `index` of a row, or -1; text is read in order. */
static int64_t pnm_sample(pnm_image *image, const uint8_t *row, int64_t index) {
  switch (image->kind) {
  case 1:
    return 1 - pnm_number(image, 1);
  case 2:
  case 3:
    return pnm_number(image, 9);
  case 4:
    return 1 - (row[index / 8] >> (7 - index % 8) & 1);
  default:
    return image->most > 255 ? row[2 * index] << 8 | row[2 * index + 1]
                             : row[index];
  }
}

int graphopt_read_pnm(const graphopt_file *file, graphopt_size *size,
                      uint8_t *rgb) {
  pnm_image image = {0};
  if (!pnm_read_header(file, &image) ||
      !graphopt_take_size(size, rgb, image.rows, image.columns))
    return 0;
  int64_t channels = image.kind % 3 ? 1 : 3;
  for (int64_t y = 0; rgb && y < image.rows; ++y) {
    const uint8_t *row = image.kind <= 3 ? NULL : image.at + y * pnm_row_bytes(&image);
    for (int64_t i = 0; i < image.columns * channels; ++i) {
      int64_t sample = pnm_sample(&image, row, i);
      if (sample < 0 || sample > image.most)
        return 0;
      for (int64_t copy = 0; copy < 3 / channels; ++copy)
        *rgb++ = (uint8_t)((sample * 255 + image.most / 2) / image.most);
    }
  }
  return 1;
}
