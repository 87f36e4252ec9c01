/* The keys of a config that say which points: axes, tiles, zip, include, exclude and
 * overrides. */
#ifndef SWEEP_CONFIG_AXES_H
#define SWEEP_CONFIG_AXES_H

#include "config.h"
#include "yaml_tree.h"

/* Fills these members of `out`, whose path is set. Errors as of config_read. */
bool config_axes_read(const yaml_node *root, config *out, error *err);

#endif
