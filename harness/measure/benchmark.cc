// The only C++ file: Google Benchmark, with nothing of it leaking out. Built with 1.7.1
// and with later versions, so it stays with the part of the interface they share.
#include <benchmark/benchmark.h>

#include <exception>
#include <string>
#include <vector>

extern "C" {
#include "benchmark.h"
}

namespace {

// Keeps what was measured and prints nothing. The library's own reporter crashes when
// benchmarks are run a second time.
class run_keeper final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context &) override {
    return true;
  }

  void ReportRuns(const std::vector<Run> &runs) override {
    for (const Run &run : runs) {
      if (run.run_type != Run::RT_Iteration || run.iterations < 1) continue;
      iterations += run.iterations;
      real_s += run.real_accumulated_time;
      cpu_s += run.cpu_accumulated_time;
      batch_s.push_back(run.real_accumulated_time / static_cast<double>(run.iterations));
    }
  }

  benchmark::IterationCount iterations = 0;
  double real_s = 0;
  double cpu_s = 0;
  std::vector<double> batch_s;
};

// The library takes its flags' defaults from BENCHMARK_* environment variables: those
// that would change what is run, or write something, are set back. A version that lacks
// one of them ignores it.
void initialize_library() {
  static bool done = false;
  if (done) return;
  static std::string words[] = {"linkv",
                                "--benchmark_list_tests=false",
                                "--benchmark_dry_run=false",
                                "--benchmark_enable_random_interleaving=false",
                                "--benchmark_min_warmup_time=0",
                                "--benchmark_out=",
                                "--benchmark_perf_counters=",
                                "--v=0"};
  static std::vector<char *> argv;
  for (std::string &word : words) argv.push_back(&word[0]);
  int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  benchmark::Initialize(&argc, argv.data());
  done = true;
}

bool run_once(const benchmark_task &task, double *batch_ns, benchmark_time *out,
              error *err) {
  initialize_library();
  run_keeper keeper;
  benchmark::ClearRegisteredBenchmarks();
  benchmark::RegisterBenchmark("call",
                               [&task](benchmark::State &state) {
                                 task.before(task.watcher);
                                 for (auto _ : state) task.function(task.argument);
                                 task.after(task.watcher);
                               })
      ->UseRealTime()
      ->MeasureProcessCPUTime()
      ->Iterations(static_cast<benchmark::IterationCount>(task.calls))
      ->Repetitions(static_cast<int>(task.batches))
      ->Unit(benchmark::kNanosecond);
  benchmark::RunSpecifiedBenchmarks(&keeper, ".");
  benchmark::ClearRegisteredBenchmarks();

  if (keeper.batch_s.size() != task.batches)
    return error_set(err,
                     "Google Benchmark reported %zu runs, not %zu; unset "
                     "BENCHMARK_* variables",
                     keeper.batch_s.size(), task.batches);
  for (size_t i = 0; i < task.batches; i++) batch_ns[i] = 1e9 * keeper.batch_s[i];
  const double iterations = static_cast<double>(keeper.iterations);
  out->real_ns = keeper.real_s / iterations * 1e9;
  out->cpu_ns = keeper.cpu_s / iterations * 1e9;
  out->iterations = static_cast<uint64_t>(keeper.iterations);
  return true;
}

}  // namespace

extern "C" bool benchmark_run(const benchmark_task *task, double *batch_ns,
                              benchmark_time *out, error *err) {
  try {
    return run_once(*task, batch_ns, out, err);
  } catch (const std::exception &e) {
    return error_set(err, "Google Benchmark: %s", e.what());
  } catch (...) {
    return error_set(err, "Google Benchmark threw something that is no std::exception");
  }
}

extern "C" const char *benchmark_library_version(void) {
  return LINKV_BENCHMARK_VERSION;
}
