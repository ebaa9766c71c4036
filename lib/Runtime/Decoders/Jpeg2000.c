/* JPEG 2000, by OpenJPEG: gray or three colors, with or without opacity. */
#include "Decoders.h"
#include <openjpeg.h>
#include <string.h>

typedef struct jpeg2000_cursor {
  graphopt_file file;
  size_t at;
} jpeg2000_cursor;

static OPJ_SIZE_T jpeg2000_take_bytes(void *bytes, OPJ_SIZE_T count,
                                      void *data) {
  jpeg2000_cursor *cursor = data;
  size_t rest = cursor->file.count - cursor->at;
  size_t taken = count < rest ? count : rest;
  if (taken == 0)
    return (OPJ_SIZE_T)-1;
  memcpy(bytes, cursor->file.bytes + cursor->at, taken);
  cursor->at += taken;
  return taken;
}

static OPJ_BOOL jpeg2000_move(OPJ_OFF_T to, void *data) {
  jpeg2000_cursor *cursor = data;
  if (to < 0 || (size_t)to > cursor->file.count)
    return OPJ_FALSE;
  cursor->at = (size_t)to;
  return OPJ_TRUE;
}

static OPJ_OFF_T jpeg2000_skip(OPJ_OFF_T count, void *data) {
  jpeg2000_cursor *cursor = data;
  return jpeg2000_move((OPJ_OFF_T)cursor->at + count, data) ? count : -1;
}

static opj_stream_t *jpeg2000_open(jpeg2000_cursor *cursor) {
  opj_stream_t *stream = opj_stream_create(1 << 16, OPJ_TRUE);
  if (!stream)
    return NULL;
  opj_stream_set_read_function(stream, jpeg2000_take_bytes);
  opj_stream_set_skip_function(stream, jpeg2000_skip);
  opj_stream_set_seek_function(stream, jpeg2000_move);
  opj_stream_set_user_data(stream, cursor, NULL);
  opj_stream_set_user_data_length(stream, cursor->file.count);
  return stream;
}

/* More than images are cut into. */
#define JPEG2000_MOST_TILES 4096
#define JPEG2000_MOST_COMPONENTS 4

static uint32_t big32(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
         (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Where the boxes around it end, or the end of the file. */
static size_t jpeg2000_find_image(const graphopt_file *file) {
  size_t at = 0;
  if (file->bytes[0] == 0xff)
    return 0;
  while (file->count - at >= 16) {
    const uint8_t *box = file->bytes + at;
    uint64_t length = big32(box);
    if (memcmp(box + 4, "jp2c", 4) == 0)
      return at + (length == 1 ? 16 : 8);
    if (length == 1)
      length = (uint64_t)big32(box + 8) << 32 | big32(box + 12);
    if (length < 8 || length > file->count - at)
      break;
    at += (size_t)length;
  }
  return file->count;
}

static uint64_t count_tiles(const uint8_t *end, const uint8_t *extent,
                            const uint8_t *begin) {
  uint64_t length = (uint64_t)big32(end) - big32(begin);
  return (length + big32(extent) - 1) / big32(extent);
}

/* OpenJPEG allocates for each component of each tile as soon as it has read how many
 * there are. */
static int jpeg2000_is_of_few_parts(const graphopt_file *file) {
  static const uint8_t start[] = {0xff, 0x4f, 0xff, 0x51};
  size_t at = jpeg2000_find_image(file);
  const uint8_t *image = file->bytes + at;
  if (file->count - at < 42 || memcmp(image, start, sizeof start) != 0 ||
      big32(image + 24) == 0 || big32(image + 28) == 0 ||
      big32(image + 32) >= big32(image + 8) ||
      big32(image + 36) >= big32(image + 12))
    return 0;
  uint64_t across = count_tiles(image + 8, image + 24, image + 32),
           down = count_tiles(image + 12, image + 28, image + 36);
  int components = image[40] << 8 | image[41];
  return across <= JPEG2000_MOST_TILES && across * down <= JPEG2000_MOST_TILES &&
         components >= 1 && components <= JPEG2000_MOST_COMPONENTS;
}

static uint8_t to_byte(double value) {
  return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)(value + 0.5);
}

/* A sample of whatever precision as 8 bits; those of a component may be far apart. */
static int jpeg2000_sample(const opj_image_comp_t *component, int64_t row,
                           int64_t column) {
  int64_t y = row / component->dy, x = column / component->dx;
  y = y < component->h ? y : component->h - 1;
  x = x < component->w ? x : component->w - 1;
  int64_t value = component->data[y * component->w + x];
  int shift = (int)component->prec - 8;
  if (component->sgnd)
    value += INT64_C(1) << (component->prec - 1);
  if (shift > 0)
    value = (value + (INT64_C(1) << (shift - 1))) >> shift;
  else
    value *= INT64_C(1) << -shift;
  return value < 0 ? 0 : value > 255 ? 255 : (int)value;
}

static void jpeg2000_write_pixel(const opj_image_t *image, int64_t row,
                                 int64_t column, uint8_t *rgb) {
  int channels[3];
  for (uint32_t c = 0; c < 3; ++c)
    channels[c] =
        jpeg2000_sample(&image->comps[image->numcomps < 3 ? 0 : c], row, column);
  if (image->color_space == OPJ_CLRSPC_SYCC && image->numcomps >= 3) {
    double y = channels[0], blue = channels[1] - 128, red = channels[2] - 128;
    rgb[0] = to_byte(y + 1.402 * red);
    rgb[1] = to_byte(y - 0.344136 * blue - 0.714136 * red);
    rgb[2] = to_byte(y + 1.772 * blue);
    return;
  }
  for (int c = 0; c < 3; ++c)
    rgb[c] = (uint8_t)channels[c];
}

static int jpeg2000_is_readable(const opj_image_t *image) {
  for (uint32_t c = 0; c < image->numcomps; ++c) {
    const opj_image_comp_t *component = &image->comps[c];
    if (!component->data || !component->w || !component->h || !component->dx ||
        !component->dy || component->prec < 1 || component->prec > 31)
      return 0;
  }
  return 1;
}

/* Refuses inks. */
static int jpeg2000_read_image(opj_codec_t *codec, opj_stream_t *stream,
                               opj_image_t **image, graphopt_size *size,
                               uint8_t *rgb) {
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  if (!opj_setup_decoder(codec, &parameters) ||
      !opj_decoder_set_strict_mode(codec, OPJ_TRUE) ||
      !opj_read_header(stream, codec, image))
    return 0;
  int64_t rows = (int64_t)(*image)->y1 - (*image)->y0,
          columns = (int64_t)(*image)->x1 - (*image)->x0;
  if ((*image)->color_space == OPJ_CLRSPC_CMYK ||
      (*image)->color_space == OPJ_CLRSPC_EYCC ||
      !graphopt_take_size(size, rgb, rows, columns))
    return 0;
  if (!rgb)
    return 1;
  if (!opj_decode(codec, stream, *image) || !jpeg2000_is_readable(*image))
    return 0;
  for (int64_t y = 0; y < rows; ++y)
    for (int64_t x = 0; x < columns; ++x)
      jpeg2000_write_pixel(*image, y, x, rgb + (y * columns + x) * 3);
  return 1;
}

int graphopt_read_jpeg2000(const graphopt_file *file, graphopt_size *size,
                           uint8_t *rgb) {
  jpeg2000_cursor cursor = {*file, 0};
  int is_bare = file->bytes[0] == 0xff;
  if (!jpeg2000_is_of_few_parts(file))
    return 0;
  opj_stream_t *stream = jpeg2000_open(&cursor);
  opj_codec_t *codec =
      opj_create_decompress(is_bare ? OPJ_CODEC_J2K : OPJ_CODEC_JP2);
  opj_image_t *image = NULL;
  int is_good = stream && codec &&
                jpeg2000_read_image(codec, stream, &image, size, rgb);
  opj_image_destroy(image);
  opj_destroy_codec(codec);
  opj_stream_destroy(stream);
  return is_good;
}
