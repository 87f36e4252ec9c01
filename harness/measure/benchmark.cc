// The only C++ file: Google Benchmark, with nothing of it leaking out. Built with 1.7.1
// and with later versions, so it stays with the part of the interface they share.
#include <benchmark/benchmark.h>

#include <cmath>
#include <exception>
#include <string>
#include <vector>

extern "C" {
#include "benchmark.h"
}

namespace {

// Keeps the one measured run and prints nothing. The library's own reporter crashes when
// benchmarks are run a second time.
class run_keeper final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context &) override {
    return true;
  }

  void ReportRuns(const std::vector<Run> &runs) override {
    for (const Run &run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      iterations = run.iterations;
      real_s = run.real_accumulated_time;
      cpu_s = run.cpu_accumulated_time;
    }
  }

  benchmark::IterationCount iterations = 0;
  double real_s = 0;
  double cpu_s = 0;
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

bool run_once(void (*function)(void *), void *argument, double min_time_s,
              benchmark_time *out, error *err) {
  initialize_library();
  run_keeper keeper;
  benchmark::ClearRegisteredBenchmarks();
  benchmark::RegisterBenchmark("call",
                               [function, argument](benchmark::State &state) {
                                 for (auto _ : state) function(argument);
                               })
      ->UseRealTime()
      ->MeasureProcessCPUTime()
      ->MinTime(min_time_s)
      ->Repetitions(1)
      ->Unit(benchmark::kNanosecond);
  benchmark::RunSpecifiedBenchmarks(&keeper, ".");
  benchmark::ClearRegisteredBenchmarks();

  if (keeper.iterations < 1)
    return error_set(err,
                     "Google Benchmark reported no run; unset BENCHMARK_* variables");
  const double iterations = static_cast<double>(keeper.iterations);
  out->real_ns = keeper.real_s / iterations * 1e9;
  out->cpu_ns = keeper.cpu_s / iterations * 1e9;
  out->iterations = static_cast<uint64_t>(keeper.iterations);
  return true;
}

}  // namespace

extern "C" bool benchmark_run(void (*function)(void *), void *argument, double min_time_s,
                              benchmark_time *out, error *err) {
  if (!(std::isfinite(min_time_s) && min_time_s > 0))
    return error_set(err, "minimum time %g s: it must be greater than 0", min_time_s);
  try {
    return run_once(function, argument, min_time_s, out, err);
  } catch (const std::exception &e) {
    return error_set(err, "Google Benchmark: %s", e.what());
  } catch (...) {
    return error_set(err, "Google Benchmark threw something that is no std::exception");
  }
}

extern "C" const char *benchmark_library_version(void) {
  return LINKV_BENCHMARK_VERSION;
}
