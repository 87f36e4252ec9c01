#include "children.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { DIGITS_MAX = 12 };

size_t children_of_thread(pid_t process, pid_t thread, size_t room, pid_t *list) {
  char path[64], number[DIGITS_MAX + 1];
  size_t count = 0;
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)process, (int)thread);
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  while (count < room && fscanf(file, "%12s", number) == 1)
    list[count++] = (pid_t)strtol(number, NULL, 10);
  fclose(file);
  return count;
}

size_t children_of(pid_t process, size_t room, pid_t *list) {
  char path[32];
  size_t count = 0;
  snprintf(path, sizeof path, "/proc/%d/task", (int)process);
  DIR *threads = opendir(path);
  if (!threads) return 0;
  for (struct dirent *entry; (entry = readdir(threads));)
    if (*entry->d_name != '.')
      count += children_of_thread(process, (pid_t)strtol(entry->d_name, NULL, 10),
                                  room - count, list + count);
  closedir(threads);
  return count;
}
