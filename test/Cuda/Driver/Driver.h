// What a CUDA driver does whatever its GPU is: streams, captures, graphs. For tests it
// counts calls, and has the one fail that it is told to.
#ifndef GRAPHOPT_TEST_CUDA_DRIVER_DRIVER_H
#define GRAPHOPT_TEST_CUDA_DRIVER_DRIVER_H

#include <cstddef>
#include <cstdint>
#include <functional>

namespace driver {

enum Result {
  kSuccess = 0,
  kInvalidValue = 1,
  kOutOfMemory = 2,
  kInvalidHandle = 400,
  kCaptureUnsupported = 900,
  kCaptureInvalidated = 901
};

/// Begins a call of the driver; what it is to return if that is not 0. A call that
/// ends something does so all the same.
int enter();

/// `result` of a call that makes or ends something, which is counted if it did.
int made(int result);
int ended(int result);

/// An error if the calling thread captures, and the capture is void: of calls that work
/// at once.
int refuseInCapture();

/// Whether a stream captures, or puts its work off.
bool defers(void *stream);

/// Does `work` when the stream comes to it; or puts it into the graph that is captured.
int enqueue(void *stream, std::function<int()> work);

/// Does all that is enqueued.
int flush(void *stream);

} // namespace driver

#endif
