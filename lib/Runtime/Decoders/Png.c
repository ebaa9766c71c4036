/* PNG, by libpng. */
#include "Decoders.h"
#include <png.h>
#include <string.h>

static void png_stop(png_structp png, png_const_charp message) {
  (void)message;
  png_longjmp(png, 1);
}

static void png_ignore(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void png_take_bytes(png_structp png, png_bytep bytes, size_t count) {
  graphopt_file *rest = png_get_io_ptr(png);
  if (count > rest->count)
    png_error(png, "end of file");
  memcpy(bytes, rest->bytes, count);
  rest->bytes += count;
  rest->count -= count;
}

/* Whatever is in the file, three channels of 8 bits: the upper ones of 16. */
static int png_read_pixels(png_structp png, png_infop info,
                           const graphopt_size *size, uint8_t *rgb) {
  png_set_expand(png);
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_gray_to_rgb(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != (size_t)size->columns * 3)
    return 0;
  for (int pass = 0; pass < passes; ++pass)
    for (int64_t row = 0; row < size->rows; ++row)
      png_read_row(png, rgb + row * size->columns * 3, NULL);
  return 1;
}

static int png_read_file(png_structp png, png_infop info, graphopt_file *rest,
                         graphopt_size *size, uint8_t *rgb) {
  if (setjmp(png_jmpbuf(png)))
    return 0;
  png_set_user_limits(png, GRAPHOPT_MOST_PIXELS, GRAPHOPT_MOST_PIXELS);
  png_set_read_fn(png, rest, png_take_bytes);
  png_read_info(png, info);
  return graphopt_take_size(size, rgb, png_get_image_height(png, info),
                            png_get_image_width(png, info)) &&
         (!rgb || png_read_pixels(png, info, size, rgb));
}

int graphopt_read_png(const graphopt_file *file, graphopt_size *size,
                      uint8_t *rgb) {
  graphopt_file rest = *file;
  png_structp png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, png_stop, png_ignore);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  int is_good = info && png_read_file(png, info, &rest, size, rgb);
  png_destroy_read_struct(&png, &info, NULL);
  return is_good;
}
