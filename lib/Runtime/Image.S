/* Files that the compiler carries inside itself; see Image.h. */
.macro image name, file
  .section .rodata.\name, "a"
  .balign 16
  .globl graphopt_image_\name
  .globl graphopt_image_\name\()_end
  .hidden graphopt_image_\name
  .hidden graphopt_image_\name\()_end
graphopt_image_\name:
  .incbin "\file"
graphopt_image_\name\()_end:
.endm

image x86_64, "runtime-x86_64.bc"
image aarch64, "runtime-aarch64.bc"
#ifdef GRAPHOPT_IMAGES
image decoders, "decoders.bc"
#else
image decoders, "/dev/null"
#endif
image header, "graphopt.h"
image cpp_header, "graphopt.hpp"

.section .note.GNU-stack, "", %progbits
