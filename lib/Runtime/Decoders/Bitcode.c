/* All decoders as one translation unit: what becomes bitcode. */
#include "Bmp.c"
#include "Decode.c"
#include "Jpeg.c"
#include "Jpeg2000.c"
#include "Png.c"
#include "Pnm.c"
#include "Tiff.c"
#include "WebP.c"
