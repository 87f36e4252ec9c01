/* Descendants that outlive the child that started them. */
#ifndef SWEEP_STRAYS_H
#define SWEEP_STRAYS_H

#include <stddef.h>
#include <sys/types.h>

enum { STRAYS_OTHERS = 64 };

/* Children of this process. */
typedef struct strays {
  pid_t other[STRAYS_OTHERS];
  size_t count;
} strays;

/* Those it has already. To be called before a child is started: from now on orphans among
 * our descendants become our children. */
strays strays_before(void);

/* Those that were not there before: the child, and orphans of it. */
strays strays_since(const strays *before);

/* To be called when it has ended: kills the children that were not there before, and
 * theirs, until there is none. */
void strays_kill(const strays *before);

#endif
