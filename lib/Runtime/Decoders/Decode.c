/* Finds a file's format, and makes of its pixels what is wanted. */
#include "Decoders.h"
#include <string.h>

/* A file whose bytes from `offset` on are these. */
typedef struct image_format {
  const char *signature;
  size_t length, offset;
  graphopt_reader *read;
} image_format;

static const image_format image_formats[] = {
    {"BM", 2, 0, graphopt_read_bmp},
    {"\xff\xd8\xff", 3, 0, graphopt_read_jpeg},
    {"\xff\x4f\xff\x51", 4, 0, graphopt_read_jpeg2000},
    {"\0\0\0\x0cjP  \r\n\x87\n", 12, 0, graphopt_read_jpeg2000},
    {"\x89PNG\r\n\x1a\n", 8, 0, graphopt_read_png},
    {"P", 1, 0, graphopt_read_pnm},
    {"II*\0", 4, 0, graphopt_read_tiff},
    {"MM\0*", 4, 0, graphopt_read_tiff},
    {"WEBP", 4, 8, graphopt_read_webp},
};

/* NULL if it is of none of the formats. */
static graphopt_reader *find_reader(const graphopt_file *file) {
  for (size_t i = 0; i < sizeof image_formats / sizeof *image_formats; ++i) {
    const image_format *format = &image_formats[i];
    if (file->count >= format->offset + format->length &&
        memcmp(file->bytes + format->offset, format->signature,
               format->length) == 0)
      return format->read;
  }
  return NULL;
}

int graphopt_take_size(graphopt_size *size, const uint8_t *rgb, int64_t rows,
                       int64_t columns) {
  if (rgb)
    return size->rows == rows && size->columns == columns;
  size->rows = rows;
  size->columns = columns;
  return 1;
}

/* No rows and columns if the run has failed. */
static graphopt_size measure(graphopt_run *run, int64_t count,
                             const uint8_t *bytes) {
  graphopt_file file = {bytes, (size_t)count};
  graphopt_size size = {0, 0}, none = {0, 0};
  graphopt_reader *read = find_reader(&file);
  if (read && read(&file, &size, NULL) && size.rows > 0 && size.columns > 0 &&
      size.rows <= GRAPHOPT_MOST_PIXELS / size.columns)
    return size;
  graphopt_fail(run, GRAPHOPT_BAD_IMAGE);
  return none;
}

int64_t graphopt_image_rows(graphopt_run *run, int64_t count,
                            const uint8_t *bytes) {
  return measure(run, count, bytes).rows;
}

int64_t graphopt_image_columns(graphopt_run *run, int64_t count,
                               const uint8_t *bytes) {
  return measure(run, count, bytes).columns;
}

void graphopt_image_rgb(graphopt_run *run, int64_t count, const uint8_t *bytes,
                        int64_t rows, int64_t columns, uint8_t *result) {
  graphopt_file file = {bytes, (size_t)count};
  graphopt_size size = {rows, columns};
  graphopt_reader *read = find_reader(&file);
  if (rows * columns && !(read && read(&file, &size, result)))
    graphopt_fail(run, GRAPHOPT_BAD_IMAGE);
}

void graphopt_image_bgr(graphopt_run *run, int64_t count, const uint8_t *bytes,
                        int64_t rows, int64_t columns, uint8_t *result) {
  graphopt_image_rgb(run, count, bytes, rows, columns, result);
  for (int64_t i = 0; i < rows * columns; ++i) {
    uint8_t red = result[3 * i];
    result[3 * i] = result[3 * i + 2];
    result[3 * i + 2] = red;
  }
}

/* The brightness of ITU-R BT.601, in 16 bits. */
void graphopt_image_gray(graphopt_run *run, int64_t count, const uint8_t *bytes,
                         int64_t rows, int64_t columns, uint8_t *result) {
  int64_t pixels = rows * columns;
  uint8_t *rgb = pixels ? graphopt_allocate(run, 3 * pixels) : NULL;
  if (!rgb)
    return;
  graphopt_image_rgb(run, count, bytes, rows, columns, rgb);
  for (int64_t i = 0; i < pixels; ++i)
    result[i] = (uint8_t)((rgb[3 * i] * 19595 + rgb[3 * i + 1] * 38470 +
                           rgb[3 * i + 2] * 7471 + 0x8000) >>
                          16);
  graphopt_release(run, rgb);
}
