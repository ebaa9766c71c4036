#include "graphopt/Driver/Profile.h"
#include "graphopt/Support/OutputFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Threading.h"
#include <fmt/format.h>
#include <thread>

using namespace graphopt;

llvm::Expected<std::unique_ptr<Profiler>>
Profiler::create(const Library &library, int threads, bool trace) {
  if (!library.model().calls)
    return llvm::createStringError(
        "the model '" + library.name() +
        "' tells nothing of its calls; compile it with --profile");
  if (threads == 0)
    threads = int(std::max(1u, std::thread::hardware_concurrency()));
  return std::unique_ptr<Profiler>(new Profiler(library, threads, trace));
}

int64_t Profiler::now() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() -
                                                              runStart)
      .count();
}

void Profiler::beginRun(graphopt_context &context) {
  Run &run = runs.emplace_back();
  run.counters.resize(calls().size());
  context.begin_call = beginCall;
  context.end_call = endCall;
  context.profiler = this;
  if (trace) {
    events.clear();
    threadIds = {llvm::get_threadid()}; // this thread is number 0
    inner = context;
    if (inner.parallel_for) {
      context.parallel_for = parallelFor;
      context.pool = this;
    }
  }
  runStart = Clock::now();
}

void Profiler::endRun() { runs.back().ns = now(); }

void Profiler::beginCall(void *self, int32_t call) {
  auto *profiler = static_cast<Profiler *>(self);
  profiler->currentCall = call;
  profiler->callStartNs = profiler->now();
}

void Profiler::endCall(void *self, int32_t call, int64_t operations,
                       int64_t bytes) {
  auto *profiler = static_cast<Profiler *>(self);
  int64_t end = profiler->now();
  Counter &counter = profiler->runs.back().counters[call];
  ++counter.calls;
  counter.ns += end - profiler->callStartNs;
  counter.operations += operations;
  counter.bytes += bytes;
  if (profiler->trace)
    profiler->record({call, 0, false, profiler->callStartNs, end});
}

//===--- Trace -----------------------------------------------------------===//

struct Profiler::Loop {
  Profiler *profiler;
  graphopt_body body;
  void *captures;
};

void Profiler::parallelFor(void *self, graphopt_body body, void *captures,
                           int64_t count) {
  auto *profiler = static_cast<Profiler *>(self);
  Loop loop = {profiler, body, captures};
  profiler->inner.parallel_for(profiler->inner.pool, runPart, &loop, count);
}

void Profiler::runPart(void *argument, int64_t begin, int64_t end) {
  auto *loop = static_cast<Loop *>(argument);
  int64_t start = loop->profiler->now();
  loop->body(loop->captures, begin, end);
  loop->profiler->record(
      {loop->profiler->currentCall, 0, true, start, loop->profiler->now()});
}

void Profiler::record(Event event) {
  std::lock_guard<std::mutex> lock(eventsMutex);
  uint64_t id = llvm::get_threadid();
  auto known = llvm::find(threadIds, id);
  event.thread = int32_t(known - threadIds.begin());
  if (known == threadIds.end())
    threadIds.push_back(id);
  events.push_back(event);
}

llvm::Error Profiler::writeTrace(llvm::StringRef file) const {
  return writeOutputFile(file, [&](llvm::raw_ostream &os) {
    llvm::json::OStream json(os);
    json.object([&] {
      json.attribute("displayTimeUnit", "ns");
      json.attributeArray("traceEvents", [&] {
        for (const Event &event : events)
          writeEvent(json, event);
      });
    });
    os << '\n';
    return llvm::Error::success();
  });
}

void Profiler::writeEvent(llvm::json::OStream &json, const Event &event) const {
  const graphopt_call &call = calls()[event.call];
  json.object([&] {
    json.attribute("name", call.node_count ? call.nodes[0] : call.function);
    json.attribute("cat", event.isPart ? "part" : "call");
    json.attribute("ph", "X");
    json.attribute("pid", 0);
    json.attribute("tid", event.thread);
    auto addMicroseconds = [&](llvm::StringRef key, int64_t ns) {
      json.attributeBegin(key);
      json.rawValue(fmt::format("{}.{:03}", ns / 1000, ns % 1000));
      json.attributeEnd();
    };
    addMicroseconds("ts", event.beginNs);
    addMicroseconds("dur", event.endNs - event.beginNs);
    json.attributeObject("args", [&] {
      json.attribute("function", call.function);
      json.attributeArray("nodes", [&] {
        for (const char *node :
             llvm::ArrayRef(call.nodes, size_t(call.node_count)))
          json.value(node);
      });
    });
  });
}
