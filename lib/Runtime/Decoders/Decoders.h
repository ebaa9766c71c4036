/* Readers of image files: one a format, each on a library of its own. Not in the
 * runtime's bitcode but in bitcode of their own, which only models that decode images
 * get (see graph.decode_image). */
#ifndef GRAPHOPT_LIB_RUNTIME_DECODERS_H
#define GRAPHOPT_LIB_RUNTIME_DECODERS_H

#include "../Run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Called by generated code: extents of an image, and its pixels, which has them. A
 * file that cannot be decoded is GRAPHOPT_BAD_IMAGE, and has no pixel. */
int64_t graphopt_image_rows(graphopt_run *run, int64_t count,
                            const uint8_t *bytes);
int64_t graphopt_image_columns(graphopt_run *run, int64_t count,
                               const uint8_t *bytes);
void graphopt_image_rgb(graphopt_run *run, int64_t count, const uint8_t *bytes,
                        int64_t rows, int64_t columns, uint8_t *result);
void graphopt_image_bgr(graphopt_run *run, int64_t count, const uint8_t *bytes,
                        int64_t rows, int64_t columns, uint8_t *result);
void graphopt_image_gray(graphopt_run *run, int64_t count, const uint8_t *bytes,
                         int64_t rows, int64_t columns, uint8_t *result);

/* Inside ------------------------------------------------------------------- */

/* The most pixels of an image: a small file may claim any number. */
#define GRAPHOPT_MOST_PIXELS (INT64_C(1) << 26)

typedef struct graphopt_file {
  const uint8_t *bytes;
  size_t count;
} graphopt_file;

typedef struct graphopt_size {
  int64_t rows, columns;
} graphopt_size;

/* Without `rgb` finds the size, which may be any; else writes red, green and blue of
 * all pixels if the image has that size. 0: the file is damaged, or what is in it is
 * not supported. */
typedef int graphopt_reader(const graphopt_file *file, graphopt_size *size,
                            uint8_t *rgb);

graphopt_reader graphopt_read_bmp;
graphopt_reader graphopt_read_jpeg;
graphopt_reader graphopt_read_jpeg2000;
graphopt_reader graphopt_read_png;
graphopt_reader graphopt_read_pnm;
graphopt_reader graphopt_read_tiff;
graphopt_reader graphopt_read_webp;

/* Whether that is the size, or takes it if there is no `rgb` to fill. */
int graphopt_take_size(graphopt_size *size, const uint8_t *rgb, int64_t rows,
                       int64_t columns);

#ifdef __cplusplus
}
#endif
#endif
