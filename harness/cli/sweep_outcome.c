#include "sweep_outcome.h"

#include "cli.h"

static size_t count(const sweep_summary *summary, const char *status) {
  return summary->by_severity[status_severity(status)];
}

int sweep_exit_code(const sweep_summary *s) {
  const size_t bad = count(s, "untrusted") + count(s, "ill_conditioned");
  if (count(s, "wrong")) return EXIT_WRONG;
  if (count(s, "crashed") + count(s, "timeout") + count(s, "out_of_memory"))
    return EXIT_LITTLE;
  if (s->interrupted) return EXIT_LITTLE;
  if (bad) return EXIT_UNSURE;
  return count(s, "ok") ? EXIT_FINE : EXIT_LITTLE;
}
