/* BMP: without compression. */
#include "Decoders.h"

typedef struct bmp_image {
  int64_t rows, columns, stride;
  int is_top_down;
  uint32_t bits;             /* of a pixel */
  uint32_t masks[3];         /* of red, green and blue, if there is no palette */
  const uint8_t *palette;    /* blue, green, red */
  uint32_t colors, color_bytes;
  const uint8_t *pixels;
} bmp_image;

static uint32_t little16(const uint8_t *bytes) {
  return bytes[0] | (uint32_t)bytes[1] << 8;
}

static uint32_t little32(const uint8_t *bytes) {
  return little16(bytes) | little16(bytes + 2) << 16;
}

/* The place and number of colors of a palette that ends before the pixels. */
static int bmp_find_palette(const graphopt_file *file, uint64_t start,
                            uint64_t end, uint32_t colors, bmp_image *image) {
  uint32_t most = 1u << image->bits;
  image->palette = file->bytes + start;
  image->colors = colors == 0 || colors > most ? most : colors;
  return start + (uint64_t)image->colors * image->color_bytes <= end;
}

/* `masks` follow the header, or are part of it. */
static int bmp_find_masks(const uint8_t *masks, uint32_t compression,
                          bmp_image *image) {
  static const uint32_t usual[2][3] = {{0x7c00, 0x3e0, 0x1f},
                                       {0xff0000, 0xff00, 0xff}};
  for (int c = 0; c < 3; ++c)
    image->masks[c] = compression == 0 ? usual[image->bits > 16][c]
                                       : little32(masks + 4 * c);
  return image->masks[0] && image->masks[1] && image->masks[2];
}

static int bmp_read_header(const graphopt_file *file, bmp_image *image) {
  const uint8_t *bytes = file->bytes;
  uint32_t header = file->count < 26 ? 0 : little32(bytes + 14);
  int is_old = header == 12;
  if (!is_old && (header < 40 || file->count < 54))
    return 0;
  int64_t height = is_old ? (int64_t)little16(bytes + 20) : (int32_t)little32(bytes + 22);
  uint32_t compression = is_old ? 0 : little32(bytes + 30);
  uint64_t pixels = little32(bytes + 10);
  image->columns = is_old ? (int64_t)little16(bytes + 18) : (int32_t)little32(bytes + 18);
  image->is_top_down = height < 0;
  image->rows = height < 0 ? -height : height;
  image->bits = little16(bytes + (is_old ? 24 : 28));
  image->color_bytes = is_old ? 3 : 4;
  image->stride = (image->columns * image->bits + 31) / 32 * 4;
  if (image->rows <= 0 || image->columns <= 0 || image->bits == 0 || pixels > file->count ||
      image->rows > (int64_t)(file->count - pixels) / image->stride)
    return 0;
  image->pixels = bytes + pixels;
  switch (image->bits) {
  case 1:
  case 4:
  case 8:
    return compression == 0 &&
           bmp_find_palette(file, UINT64_C(14) + header, pixels,
                            is_old ? 0 : little32(bytes + 46), image);
  case 16:
  case 32:
    return (compression == 0 ||
            ((compression == 3 || compression == 6) && file->count >= 66)) &&
           bmp_find_masks(bytes + 54, compression, image);
  default:
    return image->bits == 24 && compression == 0 &&
           bmp_find_masks(bytes, 0, image);
  }
}

static uint32_t bmp_pixel(const bmp_image *image, const uint8_t *row,
                          int64_t column) {
  uint32_t bits = image->bits;
  if (bits < 8)
    return row[column * bits / 8] >> (8 - bits - column * bits % 8) &
           ((1u << bits) - 1);
  uint32_t value = 0;
  for (uint32_t i = 0; i < bits / 8; ++i)
    value |= (uint32_t)row[column * (bits / 8) + i] << (8 * i);
  return value;
}

/* The bits of a mask, spread over 8. */
static uint8_t bmp_channel(uint32_t pixel, uint32_t mask) {
  uint32_t unit = mask & -mask, most = mask / unit;
  return (uint8_t)((uint64_t)((pixel & mask) / unit) * 255 / most);
}

int graphopt_read_bmp(const graphopt_file *file, graphopt_size *size,
                      uint8_t *rgb) {
  bmp_image image = {0};
  if (!bmp_read_header(file, &image) ||
      !graphopt_take_size(size, rgb, image.rows, image.columns))
    return 0;
  for (int64_t y = 0; rgb && y < image.rows; ++y) {
    int64_t line = image.is_top_down ? y : image.rows - 1 - y;
    const uint8_t *row = image.pixels + line * image.stride;
    for (int64_t x = 0; x < image.columns; ++x, rgb += 3) {
      uint32_t pixel = bmp_pixel(&image, row, x);
      if (image.palette && pixel >= image.colors)
        return 0;
      for (int c = 0; c < 3; ++c)
        rgb[c] = image.palette
                     ? image.palette[pixel * image.color_bytes + 2 - (uint32_t)c]
                     : bmp_channel(pixel, image.masks[c]);
    }
  }
  return 1;
}
