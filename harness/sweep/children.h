/* Children of a process, as the system lists them. */
#ifndef SWEEP_CHILDREN_H
#define SWEEP_CHILDREN_H

#include <stddef.h>
#include <sys/types.h>

/* Those that thread `thread` of `process` started, into `list`; at most `room`. Returns
 * how many; 0 where the system does not tell. */
size_t children_of_thread(pid_t process, pid_t thread, size_t room, pid_t *list);

/* The same of all its threads. */
size_t children_of(pid_t process, size_t room, pid_t *list);

#endif
