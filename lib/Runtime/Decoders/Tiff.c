/* TIFF, by libtiff: the first image of a file. */
#include "Decoders.h"
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

typedef struct tiff_cursor {
  graphopt_file file;
  uint64_t at;
} tiff_cursor;

static tmsize_t tiff_take_bytes(thandle_t handle, void *bytes, tmsize_t count) {
  tiff_cursor *cursor = handle;
  size_t rest =
      cursor->at < cursor->file.count ? cursor->file.count - cursor->at : 0;
  size_t taken = (size_t)count < rest ? (size_t)count : rest;
  memcpy(bytes, cursor->file.bytes + (taken ? cursor->at : 0), taken);
  cursor->at += taken;
  return (tmsize_t)taken;
}

static tmsize_t tiff_write_nothing(thandle_t handle, void *bytes,
                                   tmsize_t count) {
  (void)handle;
  (void)bytes;
  (void)count;
  return -1;
}

static toff_t tiff_move(thandle_t handle, toff_t offset, int from) {
  tiff_cursor *cursor = handle;
  cursor->at = offset + (from == SEEK_CUR   ? cursor->at
                         : from == SEEK_END ? cursor->file.count
                                            : 0);
  return cursor->at;
}

static int tiff_close_nothing(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t tiff_count_bytes(thandle_t handle) {
  return ((tiff_cursor *)handle)->file.count;
}

/* Non-zero: the message is done with. */
static int tiff_ignore(TIFF *tiff, void *data, const char *module,
                       const char *format, va_list values) {
  (void)tiff;
  (void)data;
  (void)module;
  (void)format;
  (void)values;
  return 1;
}

static TIFF *tiff_open(tiff_cursor *cursor) {
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (!options)
    return NULL;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, 4 * GRAPHOPT_MOST_PIXELS);
  TIFFOpenOptionsSetErrorHandlerExtR(options, tiff_ignore, NULL);
  TIFFOpenOptionsSetWarningHandlerExtR(options, tiff_ignore, NULL);
  TIFF *tiff = TIFFClientOpenExt(
      "image", "rm", cursor, tiff_take_bytes, tiff_write_nothing, tiff_move,
      tiff_close_nothing, tiff_count_bytes, NULL, NULL, options);
  TIFFOpenOptionsFree(options);
  return tiff;
}

/* Else libtiff multiplies the colors by an opacity that is not in them. */
static void tiff_ignore_opacity(TIFF *tiff) {
  uint16_t count = 0, *kinds = NULL, associated = EXTRASAMPLE_ASSOCALPHA;
  if (TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) && count == 1 &&
      kinds[0] == EXTRASAMPLE_UNASSALPHA)
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &associated);
}

static int tiff_read_pixels(TIFF *tiff, const graphopt_size *size,
                            uint8_t *rgb) {
  char message[1024];
  TIFFRGBAImage image;
  tiff_ignore_opacity(tiff);
  if (!TIFFRGBAImageBegin(&image, tiff, /*stop=*/1, message))
    return 0;
  int64_t pixels = size->rows * size->columns;
  uint32_t *raster = calloc((size_t)pixels, sizeof *raster);
  image.req_orientation = ORIENTATION_TOPLEFT;
  int is_good = raster && TIFFRGBAImageGet(&image, raster, (uint32_t)size->columns,
                                           (uint32_t)size->rows);
  for (int64_t i = 0; is_good && i < pixels; ++i) {
    rgb[3 * i] = (uint8_t)TIFFGetR(raster[i]);
    rgb[3 * i + 1] = (uint8_t)TIFFGetG(raster[i]);
    rgb[3 * i + 2] = (uint8_t)TIFFGetB(raster[i]);
  }
  free(raster);
  TIFFRGBAImageEnd(&image);
  return is_good;
}

int graphopt_read_tiff(const graphopt_file *file, graphopt_size *size,
                       uint8_t *rgb) {
  tiff_cursor cursor = {*file, 0};
  TIFF *tiff = tiff_open(&cursor);
  uint32_t rows = 0, columns = 0;
  int is_good = tiff && TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &rows) &&
                TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &columns) &&
                graphopt_take_size(size, rgb, rows, columns) &&
                (!rgb || tiff_read_pixels(tiff, size, rgb));
  if (tiff)
    TIFFClose(tiff);
  return is_good;
}
