// Streams, events, captures and graphs: lists of functions. A call that a driver refuses
// in a capture makes the capture void here, too.
#include "Driver.h"
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

using namespace driver;

namespace {
#ifdef LAZY_STREAMS // nothing is done before somebody waits for it
constexpr bool isLazy = true;
#else
constexpr bool isLazy = false;
#endif

using Work = std::function<int()>;

struct Graph {
  std::vector<Work> nodes;
};

struct Stream {
  std::recursive_mutex mutex;
  std::vector<Work> work;
  size_t done = 0; // since it was made
  std::unique_ptr<Graph> capture;
  bool isVoid = false;
};

struct Event {
  std::shared_ptr<Stream> stream;
  size_t place = 0;
};

std::mutex mutex;
std::map<void *, std::shared_ptr<Stream>> streams;
thread_local std::shared_ptr<Stream> capturing; // by this thread
std::atomic<long> captures, replays;

/// Special handles are streams, too.
std::shared_ptr<Stream> find(void *handle) {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = streams.find(handle);
  if (found != streams.end())
    return found->second;
  if (reinterpret_cast<uintptr_t>(handle) > 2)
    return nullptr;
  return streams[handle] = std::make_shared<Stream>();
}

/// Does what was enqueued before `place`.
int flushTo(Stream &stream, size_t place) {
  std::lock_guard<std::recursive_mutex> lock(stream.mutex);
  int result = kSuccess;
  while (!stream.work.empty() && stream.done < place) {
    Work next = std::move(stream.work.front());
    stream.work.erase(stream.work.begin());
    ++stream.done;
    if (int failed = next())
      result = result ? result : failed;
  }
  return result;
}

int add(Stream &stream, Work work) {
  {
    std::lock_guard<std::recursive_mutex> lock(stream.mutex);
    if (stream.capture) {
      stream.capture->nodes.push_back(std::move(work));
      return kSuccess;
    }
    stream.work.push_back(std::move(work));
  }
  return isLazy ? kSuccess : flushTo(stream, SIZE_MAX);
}

/// Calls that may not be in the capture of a stream.
int refuse(Stream &stream) {
  std::lock_guard<std::recursive_mutex> lock(stream.mutex);
  if (!stream.capture)
    return kSuccess;
  stream.isVoid = true;
  return kCaptureUnsupported;
}
} // namespace

bool driver::defers(void *stream) {
  std::shared_ptr<Stream> found = find(stream);
  return isLazy || (found && found->capture);
}

int driver::enqueue(void *stream, Work work) {
  std::shared_ptr<Stream> found = find(stream);
  return found ? add(*found, std::move(work)) : kInvalidHandle;
}

int driver::flush(void *stream) {
  std::shared_ptr<Stream> found = find(stream);
  return found ? flushTo(*found, SIZE_MAX) : kInvalidHandle;
}

int driver::refuseInCapture() { return capturing ? refuse(*capturing) : kSuccess; }

#define RETURN_IF(expression)                                                                \
  if (int refused = (expression))                                                            \
  return refused

extern "C" {
/// For tests: since the library was loaded.
long fakeCudaCaptures() { return captures; }
long fakeCudaReplays() { return replays; }
/// What the stream has not done yet.
long fakeCudaPending(void *stream) { return long(find(stream)->work.size()); }

int cuStreamCreate(void **stream, unsigned) {
  RETURN_IF(enter());
  *stream = new char;
  std::lock_guard<std::mutex> lock(mutex);
  streams[*stream] = std::make_shared<Stream>();
  return made(kSuccess);
}
int cuStreamDestroy_v2(void *stream) {
  int failed = enter(), late = flush(stream);
  std::lock_guard<std::mutex> lock(mutex);
  if (!streams.erase(stream))
    return kInvalidHandle;
  delete static_cast<char *>(stream);
  ended(kSuccess);
  return failed ? failed : late;
}
int cuStreamSynchronize(void *stream) {
  int failed = enter();
  std::shared_ptr<Stream> found = find(stream);
  if (!found)
    return kInvalidHandle;
  RETURN_IF(refuse(*found));
  int late = flushTo(*found, SIZE_MAX);
  return failed ? failed : late;
}

int cuEventCreate(void **event, unsigned) {
  RETURN_IF(enter());
  *event = new Event;
  return made(kSuccess);
}
int cuEventDestroy_v2(void *event) {
  int failed = enter();
  delete static_cast<Event *>(event);
  ended(kSuccess);
  return failed;
}
int cuEventRecord(void *event, void *stream) {
  RETURN_IF(enter());
  std::shared_ptr<Stream> found = find(stream);
  if (!found)
    return kInvalidHandle;
  RETURN_IF(refuse(*found));
  std::lock_guard<std::recursive_mutex> lock(found->mutex);
  *static_cast<Event *>(event) = {found, found->done + found->work.size()};
  return kSuccess;
}
int cuEventSynchronize(void *event) {
  int failed = enter();
  RETURN_IF(refuseInCapture());
  auto *recorded = static_cast<Event *>(event);
  int late = recorded->stream ? flushTo(*recorded->stream, recorded->place) : kSuccess;
  return failed ? failed : late;
}
int cuStreamWaitEvent(void *stream, void *event, unsigned) {
  RETURN_IF(enter());
  std::shared_ptr<Stream> found = find(stream);
  if (!found)
    return kInvalidHandle;
  RETURN_IF(refuse(*found)); // the event is of no capture
  return add(*found, [recorded = *static_cast<Event *>(event)] {
    return recorded.stream ? flushTo(*recorded.stream, recorded.place) : kSuccess;
  });
}

int cuStreamBeginCapture_v2(void *stream, int) {
  RETURN_IF(enter());
  std::shared_ptr<Stream> found = find(stream);
  if (!found)
    return kInvalidHandle;
  if (stream == nullptr || stream == reinterpret_cast<void *>(1) || found->capture)
    return kCaptureUnsupported;
  found->capture = std::make_unique<Graph>();
  found->isVoid = false;
  capturing = found;
  return made(kSuccess);
}
int cuStreamIsCapturing(void *stream, int *status) {
  RETURN_IF(enter());
  std::shared_ptr<Stream> found = find(stream);
  if (!found)
    return kInvalidHandle;
  *status = !found->capture ? 0 : found->isVoid ? 2 : 1;
  return kSuccess;
}
int cuStreamEndCapture(void *stream, void **graph) {
  int failed = enter();
  *graph = nullptr;
  std::shared_ptr<Stream> found = find(stream);
  if (!found || !found->capture)
    return kInvalidHandle;
  std::unique_ptr<Graph> captured = std::move(found->capture);
  capturing.reset();
  ended(kSuccess);
  if (failed || found->isVoid)
    return failed ? failed : kCaptureInvalidated;
  ++captures;
  *graph = captured.release();
  return made(kSuccess);
}
int cuGraphInstantiateWithFlags(void **executable, void *graph, unsigned long long) {
  RETURN_IF(enter());
  *executable = new Graph(*static_cast<Graph *>(graph));
  return made(kSuccess);
}
int cuGraphDestroy(void *graph) {
  int failed = enter();
  delete static_cast<Graph *>(graph);
  ended(kSuccess);
  return failed;
}
int cuGraphLaunch(void *executable, void *stream) {
  RETURN_IF(enter());
  ++replays;
  for (Work &node : static_cast<Graph *>(executable)->nodes)
    RETURN_IF(enqueue(stream, node));
  return kSuccess;
}
int cuGraphExecDestroy(void *executable) {
  int failed = enter();
  delete static_cast<Graph *>(executable);
  ended(kSuccess);
  return failed;
}
}
