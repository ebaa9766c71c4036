#ifndef GRAPHOPT_DRIVER_PROFILE_H
#define GRAPHOPT_DRIVER_PROFILE_H

#include "graphopt/Driver/Library.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

namespace graphopt {

/// A call in compiled code over one run: in loops it happens many times.
struct CallProfile {
  std::string function;
  std::vector<std::string> nodes; ///< ONNX names
  int64_t calls = 0;
  double ms = 0, medianMs = 0;
  int64_t operations = 0; ///< on floating-point numbers
  int64_t bytes = 0;      ///< of operands
};

/// Where the time of a run goes. Times are the least of all runs: of a call
/// that another process interrupts the median, too, is of no use.
struct Profile {
  std::vector<CallProfile>
      calls; ///< longest first, those that never ran left out
  double runMs = 0; ///< the sum: a run that nothing interrupts
  double unattributedMs = 0;
  std::vector<std::string> unattributedNodes; ///< in no call
  double peakGflops = 0; ///< of all threads of the run together, measured; 0: of a GPU

  void print(llvm::raw_ostream &os) const;
  void printJson(llvm::json::OStream &json) const;
};

/// Listens to a session whose model was compiled with --profile.
class Profiler {
public:
  /// \param trace  keep each call and each thread's part of it in the last run.
  /// \returns an error that says how to compile the model if it tells nothing.
  static llvm::Expected<std::unique_ptr<Profiler>>
  create(const Library &library, int threads, bool trace);

  /// Puts itself into the context of a run that begins now.
  void beginRun(graphopt_context &context);
  void endRun();

  Profile summarize() const;
  /// The last run in the format of chrome://tracing and Perfetto.
  llvm::Error writeTrace(llvm::StringRef file) const;

private:
  using Clock = std::chrono::steady_clock;
  struct Counter {
    int64_t calls = 0, ns = 0, operations = 0, bytes = 0;
  };
  struct Run {
    int64_t ns = 0;
    std::vector<Counter> counters;
  };
  struct Event {
    int32_t call, thread;
    bool isPart; ///< of a parallel loop
    int64_t beginNs, endNs;
  };
  struct Loop;

  Profiler(const Library &library, int threads, bool trace)
      : library(library), threads(threads), trace(trace) {}
  static void beginCall(void *self, int32_t call);
  static void endCall(void *self, int32_t call, int64_t operations,
                      int64_t bytes);
  static void parallelFor(void *self, graphopt_body body, void *captures,
                          int64_t count);
  static void runPart(void *loop, int64_t begin, int64_t end);
  int64_t now() const;
  void record(Event event);
  void writeEvent(llvm::json::OStream &json, const Event &event) const;
  llvm::ArrayRef<graphopt_call> calls() const {
    return {library.model().calls, size_t(library.model().call_count)};
  }

  const Library &library;
  int threads;
  bool trace;
  graphopt_context inner; ///< what the session itself runs with
  std::vector<Run> runs;
  Clock::time_point runStart;
  int64_t callStartNs = 0;
  std::atomic<int32_t> currentCall{-1};
  std::mutex eventsMutex;
  std::vector<Event> events;
  std::vector<uint64_t> threadIds; ///< in the order in which they first worked
};

/// The profiler for the options of a command, null if they ask for none.
template <typename Options>
llvm::Expected<std::unique_ptr<Profiler>>
createProfiler(const Library &library, const Options &options) {
  if (!options.perNode && options.traceFile.empty())
    return nullptr;
  return Profiler::create(library, options.threads, !options.traceFile.empty());
}

/// What one core can do with multiply-adds of f32 in full vectors, measured now
/// in about 20 ms, in GFLOP/s.
double measurePeakGflops();

} // namespace graphopt
#endif
