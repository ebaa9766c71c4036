// Lists of tensors, and the checks of sequences and optional values, against a model made
// by hand:
//   s: sequence of float [?, 2], o: optional float [3]  ->  t: sequence, q: optional
// t = s and once more its first tensor; q = o.
#include "Sequences.h"
#include <cstring>
#include <gtest/gtest.h>
#include <vector>

namespace {

int64_t first, second; // what entry() makes of a model's inputs

int32_t entry(void *const *tensors, const int64_t *, void *, graphopt_run *run) {
  first = graphopt_sequence_input(
      run, static_cast<const graphopt_tensor *>(tensors[0]), GRAPHOPT_SEQUENCE);
  second = graphopt_sequence_input(
      run, static_cast<const graphopt_tensor *>(tensors[1]), GRAPHOPT_OPTIONAL);
  int64_t one = graphopt_sequence_at(run, first, 0);
  if (graphopt_run_status(run))
    return graphopt_run_status(run);
  int64_t more = graphopt_sequence_insert_item(
      run, first, graphopt_sequence_length(run, first), one);
  graphopt_sequence_output(run, 0, more, GRAPHOPT_SEQUENCE);
  graphopt_sequence_output(run, 1, second, GRAPHOPT_OPTIONAL);
  return graphopt_run_status(run);
}

const int64_t itemDims[] = {GRAPHOPT_DIM_ANY, 2}, optionalDims[] = {3};
const graphopt_port inputPorts[] = {
    {"s", itemDims, 2, GRAPHOPT_FLOAT, GRAPHOPT_SEQUENCE},
    {"o", optionalDims, 1, GRAPHOPT_FLOAT, GRAPHOPT_OPTIONAL}};
const graphopt_port outputPorts[] = {
    {"t", nullptr, GRAPHOPT_ANY_RANK, GRAPHOPT_FLOAT, GRAPHOPT_SEQUENCE},
    {"q", optionalDims, 1, GRAPHOPT_FLOAT, GRAPHOPT_OPTIONAL}};
const graphopt_model model = {GRAPHOPT_ABI_VERSION,
                              2,
                              2,
                              0,
                              "lists",
                              inputPorts,
                              outputPorts,
                              nullptr,
                              0,
                              [](const int64_t *) { return int64_t(0); },
                              [](const int64_t *, int64_t *) {},
                              nullptr,
                              nullptr,
                              nullptr,
                              graphopt_status_text,
                              nullptr};
const graphopt_variant variant = {entry, 0};

struct Memory {
  int left = 1000, live = 0;

  Memory() {
    context.allocator = this;
    context.allocate = [](void *self, size_t bytes) -> void * {
      auto *memory = static_cast<Memory *>(self);
      if (memory->left-- <= 0)
        return nullptr;
      ++memory->live;
      return aligned_alloc(64, (bytes | 63) + 1);
    };
    context.release = [](void *self, void *data) {
      --static_cast<Memory *>(self)->live;
      free(data);
    };
  }
  ~Memory() { EXPECT_EQ(live, 0) << "memory kept"; }

  graphopt_context context = GRAPHOPT_CONTEXT_INIT;
};

/// A call that succeeds; each test spoils one thing.
struct Call {
  Call() { memory.context.fault = &fault; }
  ~Call() {
    for (graphopt_tensor &output : outputs)
      if (output.data)
        memory.context.release(&memory, output.data);
  }
  graphopt_status run() {
    return graphopt_run_model(&model, &variant, 1, &memory.context, inputs, outputs,
                              nullptr, 0);
  }
  void expectFault(int port, int dim, int64_t expected, int64_t actual) const {
    EXPECT_EQ(fault.port, port);
    EXPECT_EQ(fault.dim, dim);
    EXPECT_EQ(fault.expected, expected);
    EXPECT_EQ(fault.actual, actual);
  }

  Memory memory;
  alignas(64) float a[4] = {1, 2, 3, 4}, b[2] = {5, 6}, c[3] = {7, 8, 9};
  int64_t aDims[2] = {2, 2}, bDims[2] = {1, 2}, noneDims[2] = {0, 2}, cDims[1] = {3};
  graphopt_tensor items[3] = {{a, aDims, 2, GRAPHOPT_FLOAT},
                              {nullptr, noneDims, 2, GRAPHOPT_FLOAT},
                              {b, bDims, 2, GRAPHOPT_FLOAT}};
  int64_t count[1] = {3}, outCount[1] = {-7};
  graphopt_tensor inputs[2] = {{items, count, 1, GRAPHOPT_FLOAT},
                               {c, cDims, 1, GRAPHOPT_FLOAT}};
  graphopt_tensor outputs[2] = {{nullptr, outCount, 1, GRAPHOPT_FLOAT},
                                {nullptr, nullptr, 1, GRAPHOPT_FLOAT}};
  graphopt_fault fault = {-9, -9, -9, -9};
};

TEST(Sequence, succeeds) {
  Call call;
  ASSERT_EQ(call.run(), GRAPHOPT_OK);
  ASSERT_EQ(call.outCount[0], 4);
  auto *items = static_cast<graphopt_tensor *>(call.outputs[0].data);
  std::vector<std::vector<float>> expected = {{1, 2, 3, 4}, {}, {5, 6}, {1, 2, 3, 4}};
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(uintptr_t(items[i].data) % 64, 0u);
    ASSERT_EQ(items[i].rank, 2);
    EXPECT_EQ(items[i].dtype, GRAPHOPT_FLOAT);
    EXPECT_EQ(items[i].dims[0], int64_t(expected[i].size() / 2));
    EXPECT_EQ(items[i].dims[1], 2);
    auto *data = static_cast<float *>(items[i].data);
    EXPECT_EQ(std::vector<float>(data, data + expected[i].size()), expected[i]);
  }
  ASSERT_EQ(call.outputs[1].rank, 1);
  EXPECT_EQ(call.outputs[1].dims[0], 3);
  EXPECT_EQ(static_cast<float *>(call.outputs[1].data)[2], 9);
}

TEST(Sequence, absent) {
  Call call;
  call.inputs[1] = {nullptr, nullptr, GRAPHOPT_ABSENT, -5};
  ASSERT_EQ(call.run(), GRAPHOPT_OK);
  EXPECT_EQ(call.outputs[1].rank, GRAPHOPT_ABSENT);
  EXPECT_EQ(call.outputs[1].data, nullptr);
}

TEST(Sequence, refusesHostileInputs) {
  auto refuse = [](auto spoil, graphopt_status status, int port, int dim,
                   int64_t expected, int64_t actual) {
    Call call;
    spoil(call);
    EXPECT_EQ(call.run(), status);
    call.expectFault(port, dim, expected, actual);
  };
  refuse([](Call &c) { c.inputs[0].dtype = 7; }, GRAPHOPT_BAD_DTYPE, 0, -1, 1, 7);
  refuse([](Call &c) { c.inputs[0].rank = 2; }, GRAPHOPT_BAD_RANK, 0, -1, 1, 2);
  refuse([](Call &c) { c.inputs[0].rank = GRAPHOPT_ABSENT; }, GRAPHOPT_BAD_RANK, 0, -1, 1, -1);
  refuse([](Call &c) { c.inputs[0].dims = nullptr; }, GRAPHOPT_NULL_POINTER, 0, -1, 0, 0);
  refuse([](Call &c) { c.inputs[0].data = nullptr; }, GRAPHOPT_NULL_POINTER, 0, -1, 0, 0);
  refuse([](Call &c) { c.count[0] = -1; }, GRAPHOPT_BAD_DIM, 0, -1, INT32_MAX, -1);
  refuse([](Call &c) { c.count[0] = INT64_MAX; }, GRAPHOPT_BAD_DIM, 0, -1, INT32_MAX, INT64_MAX);
  refuse([](Call &c) { c.items[2].dtype = 11; }, GRAPHOPT_BAD_DTYPE, 0, 2, 1, 11);
  refuse([](Call &c) { c.items[1].rank = 3; }, GRAPHOPT_BAD_RANK, 0, 1, 2, 3);
  refuse([](Call &c) { c.items[1].rank = -1; }, GRAPHOPT_BAD_RANK, 0, 1, 2, -1);
  refuse([](Call &c) { c.items[2].dims = nullptr; }, GRAPHOPT_NULL_POINTER, 0, 2, 0, 0);
  refuse([](Call &c) { c.items[2].data = nullptr; }, GRAPHOPT_NULL_POINTER, 0, -1, 0, 0);
  refuse([](Call &c) { c.items[2].data = c.b + 1; }, GRAPHOPT_MISALIGNED, 0, -1, 0, 4);
  refuse([](Call &c) { c.bDims[1] = 3; }, GRAPHOPT_BAD_DIM, 0, 2, 2, 3);
  refuse([](Call &c) { c.bDims[0] = -1; }, GRAPHOPT_BAD_DIM, 0, -1, int64_t(1) << 47, -1);
  refuse([](Call &c) { c.bDims[0] = INT64_MAX; }, GRAPHOPT_BAD_DIM, 0, -1, int64_t(1) << 47, -1);
  refuse([](Call &c) { c.inputs[1].rank = 2; }, GRAPHOPT_BAD_RANK, 1, -1, 1, 2);
  refuse([](Call &c) { c.cDims[0] = 2; }, GRAPHOPT_BAD_DIM, 1, 0, 3, 2);
  refuse([](Call &c) { c.outputs[0].dtype = 2; }, GRAPHOPT_BAD_DTYPE, 2, -1, 1, 2);
  refuse([](Call &c) { c.outputs[0].dims = nullptr; }, GRAPHOPT_NULL_POINTER, 2, -1, 0, 0);
}

TEST(Sequence, outputsMustBeNull) {
  Call call;
  call.outputs[0].data = call.a;
  EXPECT_EQ(call.run(), GRAPHOPT_NOT_NULL);
  call.outputs[0].data = nullptr;
}

TEST(Sequence, badDataGivesNothing) {
  Call call;
  call.count[0] = 0; // has no first tensor
  EXPECT_EQ(call.run(), GRAPHOPT_BAD_DATA);
  EXPECT_EQ(call.outputs[0].data, nullptr);
}

TEST(Sequence, outOfMemory) {
  for (int left = 0; left < 6; ++left) {
    Call call;
    call.memory.left = left;
    EXPECT_EQ(call.run(), GRAPHOPT_OUT_OF_MEMORY) << left;
    EXPECT_EQ(call.outputs[0].data, nullptr);
    EXPECT_EQ(call.outputs[1].data, nullptr);
  }
  Call call;
  call.memory.left = 6;
  EXPECT_EQ(call.run(), GRAPHOPT_OK);
}

/// Lists of single numbers.
struct Lists : testing::Test {
  ~Lists() override { graphopt_release_blocks(&run); }

  int64_t insert(int64_t list, int64_t position, float value) {
    return graphopt_sequence_insert(&run, list, position, &value, nullptr, 0, 4);
  }
  std::vector<float> values(int64_t list) {
    std::vector<float> all(graphopt_sequence_length(&run, list));
    for (size_t i = 0; i < all.size(); ++i)
      graphopt_sequence_read(&run, list, i, 0, 4, &all[i]);
    return all;
  }

  Memory memory;
  graphopt_run run = {&memory.context, nullptr, nullptr, 0, 0};
};
using Values = std::vector<float>;

TEST_F(Lists, neverChange) {
  int64_t empty = graphopt_sequence_empty(&run);
  int64_t one = insert(empty, 0, 1), two = insert(one, 1, 2);
  int64_t three = insert(two, 2, 3), other = insert(two, 2, 4);
  EXPECT_EQ(values(empty), Values());
  EXPECT_EQ(values(two), (Values{1, 2}));
  EXPECT_EQ(values(three), (Values{1, 2, 3}));
  EXPECT_EQ(values(other), (Values{1, 2, 4}));
  EXPECT_EQ(values(insert(three, 0, 5)), (Values{5, 1, 2, 3}));
  EXPECT_EQ(values(insert(three, -1, 5)), (Values{1, 2, 5, 3}));
  EXPECT_EQ(values(graphopt_sequence_erase(&run, three, -3)), (Values{2, 3}));
  EXPECT_EQ(values(three), (Values{1, 2, 3}));
  EXPECT_EQ(run.status, GRAPHOPT_OK);
}

TEST_F(Lists, growWithoutCopies) {
  memory.left = 100000;
  int64_t list = graphopt_sequence_empty(&run);
  const int64_t count = 10000;
  for (int64_t i = 0; i < count; ++i)
    list = insert(list, i, float(i));
  Values all = values(list);
  ASSERT_EQ(int64_t(all.size()), count);
  for (int64_t i = 0; i < count; ++i)
    ASSERT_EQ(all[i], i);
}

TEST_F(Lists, refusePositions) {
  int64_t list = insert(graphopt_sequence_empty(&run), 0, 1);
  auto fails = [&](int64_t) {
    bool failed = run.status == GRAPHOPT_BAD_DATA;
    run.status = GRAPHOPT_OK;
    return failed;
  };
  for (int64_t at : {int64_t(1), int64_t(-2), INT64_MIN, INT64_MAX}) {
    EXPECT_TRUE(fails(graphopt_sequence_erase(&run, list, at)));
    EXPECT_TRUE(fails(graphopt_sequence_at(&run, list, at)));
    EXPECT_TRUE(at == 1 || fails(insert(list, at, 0)));
    EXPECT_TRUE(fails(graphopt_sequence_extent(&run, list, at, 0, 0)));
  }
  EXPECT_TRUE(fails(graphopt_sequence_extent(&run, list, 0, 1, 0)));
  float room[2] = {0, 0};
  graphopt_sequence_read(&run, list, 0, 0, 8, room);
  EXPECT_TRUE(fails(0));
  EXPECT_EQ(room[0], 0);
}

TEST_F(Lists, partsJoin) {
  const int64_t dims[] = {2, 5, 3};
  float data[30], joined[30];
  for (int i = 0; i < 30; ++i)
    data[i] = float(i);
  int64_t cut = graphopt_sequence_cut(&run, data, dims, 3, 4, 1, 2, 0);
  EXPECT_EQ(graphopt_sequence_length(&run, cut), 3);
  EXPECT_EQ(graphopt_sequence_extent(&run, cut, 2, 3, 1), 1);
  EXPECT_EQ(graphopt_sequence_joint(&run, cut, 3, 1, 1), 5);
  graphopt_sequence_concat(&run, cut, 1, sizeof joined, joined);
  EXPECT_EQ(std::memcmp(data, joined, sizeof data), 0);
  int64_t slices = graphopt_sequence_cut(&run, data, dims, 3, 4, 2, 1, 1);
  EXPECT_EQ(graphopt_sequence_length(&run, slices), 3);
  EXPECT_EQ(graphopt_sequence_extent(&run, slices, 0, 2, 1), 5);
  graphopt_sequence_concat(&run, slices, 2, sizeof joined, joined);
  EXPECT_EQ(std::memcmp(data, joined, sizeof data), 0);
  const int64_t sizes[] = {0, 4, 1}, wrong[] = {INT64_MAX, INT64_MAX, 7};
  int64_t split = graphopt_sequence_split(&run, data, dims, 3, 4, 1, sizes, 3);
  EXPECT_EQ(graphopt_sequence_extent(&run, split, 0, 3, 1), 0);
  EXPECT_EQ(graphopt_sequence_extent(&run, split, 1, 3, 1), 4);
  EXPECT_EQ(run.status, GRAPHOPT_OK);
  EXPECT_EQ(graphopt_sequence_split(&run, data, dims, 3, 4, 1, wrong, 3), 0);
  EXPECT_EQ(run.status, GRAPHOPT_BAD_DATA);
}

} // namespace
