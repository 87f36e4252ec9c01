/* Files that are built or installed with this program, found from where it is. */
#ifndef CLI_BESIDE_H
#define CLI_BESIDE_H

#include <stdbool.h>
#include <stddef.h>

/* Path of the planted bugs' plug-in; false where there is none. */
bool beside_mutants(char *path, size_t size);

#endif
