/* JPEG, by libjpeg. */
#include "Decoders.h"
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

/* More than any encoder writes; each costs as much time as the whole image. */
#define JPEG_MOST_SCANS 500

typedef struct jpeg_failure {
  struct jpeg_error_mgr manager;
  jmp_buf resume;
} jpeg_failure;

static void jpeg_stop(j_common_ptr info) {
  longjmp(((jpeg_failure *)info->err)->resume, 1);
}

static void jpeg_ignore(j_common_ptr info) { (void)info; }

static void jpeg_ignore_warning(j_common_ptr info, int level) {
  (void)info;
  (void)level;
}

/* The file has ended too early. */
static boolean jpeg_refuse_end(j_decompress_ptr info) {
  jpeg_stop((j_common_ptr)info);
  return FALSE;
}

static void jpeg_limit_scans(j_common_ptr info) {
  if (((j_decompress_ptr)info)->input_scan_number > JPEG_MOST_SCANS)
    jpeg_stop(info);
}

/* By the inks that are not there: files hold them so. */
static void convert_inks(const uint8_t *cmyk, int64_t count, uint8_t *rgb) {
  for (int64_t i = 0; i < count; ++i)
    for (int c = 0; c < 3; ++c) {
      int black = cmyk[4 * i + 3], ink = (255 - cmyk[4 * i + c]) * black + 128;
      rgb[3 * i + c] = (uint8_t)(black - ((ink + (ink >> 8)) >> 8));
    }
}

static void jpeg_read_pixels(j_decompress_ptr info, uint8_t *rgb) {
  int has_inks = info->jpeg_color_space == JCS_CMYK ||
                 info->jpeg_color_space == JCS_YCCK;
  size_t columns = info->image_width;
  JSAMPARRAY inks = NULL;
  info->out_color_space = has_inks ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(info);
  if (has_inks)
    inks = info->mem->alloc_sarray((j_common_ptr)info, JPOOL_IMAGE,
                                   (JDIMENSION)columns * 4, 1);
  while (info->output_scanline < info->output_height) {
    JSAMPROW row = rgb + info->output_scanline * columns * 3;
    jpeg_read_scanlines(info, has_inks ? inks : &row, 1);
    if (has_inks)
      convert_inks(inks[0], (int64_t)columns, row);
  }
}

int graphopt_read_jpeg(const graphopt_file *file, graphopt_size *size,
                       uint8_t *rgb) {
  struct jpeg_decompress_struct info;
  struct jpeg_progress_mgr progress = {.progress_monitor = jpeg_limit_scans};
  jpeg_failure failure;
  int is_good = 0;
  info.err = jpeg_std_error(&failure.manager);
  failure.manager.error_exit = jpeg_stop;
  failure.manager.output_message = jpeg_ignore;
  failure.manager.emit_message = jpeg_ignore_warning;
  if (setjmp(failure.resume)) {
    jpeg_destroy_decompress(&info);
    return 0;
  }
  jpeg_create_decompress(&info);
  info.progress = &progress;
  jpeg_mem_src(&info, file->bytes, file->count);
  info.src->fill_input_buffer = jpeg_refuse_end;
  jpeg_read_header(&info, TRUE);
  is_good = graphopt_take_size(size, rgb, info.image_height, info.image_width);
  if (is_good && rgb)
    jpeg_read_pixels(&info, rgb);
  jpeg_destroy_decompress(&info);
  return is_good;
}
