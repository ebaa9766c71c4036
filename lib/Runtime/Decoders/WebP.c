/* WebP, by libwebp: still images. */
#include "Decoders.h"
#include <webp/decode.h>

int graphopt_read_webp(const graphopt_file *file, graphopt_size *size,
                       uint8_t *rgb) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(file->bytes, file->count, &features) != VP8_STATUS_OK ||
      features.has_animation ||
      !graphopt_take_size(size, rgb, features.height, features.width))
    return 0;
  if (!rgb)
    return 1;
  int stride = features.width * 3;
  return WebPDecodeRGBInto(file->bytes, file->count, rgb,
                           (size_t)stride * (size_t)features.height,
                           stride) != NULL;
}
