#include "axes_product.h"

#include <fnmatch.h>
#include <string.h>

/* What is counted through: the axes of one group together, or one axis. */
typedef struct dimension {
  const axis_list *list[AXES]; /* NULL: not of this dimension */
  size_t count, position;
} dimension;

typedef struct product {
  const axis_list *globs; /* of kernels; NULL: they are tied to other axes */
  dimension dimension[AXES];
  size_t count;
} product;

static bool names(const axis_values *values, const axis_values *group) {
  for (int a = 0; a < AXES; a++)
    if (group->list[a].count && axis_values_name(values, a)) return true;
  return false;
}

/* The lists of a kernel's axes. */
typedef struct layers {
  const axis_list *list[AXES];
} layers;

static const axis_value default_value = {0};
static const axis_list default_tiles = {(axis_value *)&default_value, 1};

static void put(layers *l, const axis_values *values) {
  const bool tiles = values->list[AXIS_TILES].count > 0;
  const bool sizes = values->list[AXIS_TILE_Q].count || values->list[AXIS_TILE_K].count;
  if (tiles) l->list[AXIS_TILE_Q] = l->list[AXIS_TILE_K] = &default_tiles;
  if (sizes) l->list[AXIS_TILES] = &default_tiles;
  for (int a = 0; a < AXES; a++)
    if (values->list[a].count) l->list[a] = &values->list[a];
}

static bool matches(const char *glob, const lkv_kernel *kernel) {
  return fnmatch(glob, kernel->name, 0) == 0;
}

static void add_dimension(product *p, const layers *l, const axis_values *group,
                          int axis) {
  dimension *d = &p->dimension[p->count++];
  *d = (dimension){0};
  for (int a = 0; a < AXES; a++) {
    if (group ? !group->list[a].count : a != axis) continue;
    d->list[a] = group ? &group->list[a] : l->list[a];
    d->count = d->list[a]->count;
  }
}

/* Lays overrides, an included point and --set over the config's axes. */
static void make(product *p, const config *c, const axis_values *include,
                 const lkv_kernel *kernel) {
  layers l;
  bool tied[AXES] = {false}, done[AXES] = {false};
  *p = (product){0};
  for (int a = 0; a < AXES; a++) l.list[a] = &c->axes.list[a];
  for (size_t z = 0; z < c->zip_count; z++) {
    bool replaced = include && names(include, &c->zip[z]);
    for (size_t i = 0; i < c->override_count; i++)
      replaced = replaced || (matches(c->overrides[i].kernel, kernel) &&
                              names(&c->overrides[i].axes, &c->zip[z]));
    for (int a = 0; a < AXES; a++)
      if (c->zip[z].list[a].count) tied[a] = !replaced;
  }
  for (size_t i = 0; i < c->override_count; i++)
    if (matches(c->overrides[i].kernel, kernel)) put(&l, &c->overrides[i].axes);
  if (include) put(&l, include);
  put(&l, &c->set);
  for (int a = 0; a < AXES; a++) {
    const axis_values *group = NULL;
    for (size_t z = 0; tied[a] && z < c->zip_count; z++)
      if (c->zip[z].list[a].count) group = &c->zip[z];
    if (done[a]) continue;
    if (a == AXIS_KERNEL && !group)
      p->globs = l.list[a];
    else
      add_dimension(p, &l, group, a);
    for (int other = a; group && other < AXES; other++)
      done[other] = done[other] || group->list[other].count > 0;
  }
}

static void fill(const product *p, combination *out) {
  for (size_t d = 0; d < p->count; d++)
    for (int a = 0; a < AXES; a++)
      if (p->dimension[d].list[a])
        out->value[a] = &p->dimension[d].list[a]->item[p->dimension[d].position];
}

/* Counts like an odometer; false after the last position. */
static bool advance(product *p) {
  for (size_t d = p->count; d-- > 0;) {
    if (++p->dimension[d].position < p->dimension[d].count) return true;
    p->dimension[d].position = 0;
  }
  return false;
}

static bool chooses(const axis_list *globs, const lkv_kernel *kernel) {
  for (size_t i = 0; i < globs->count; i++)
    if (matches(globs->item[i].text, kernel)) return true;
  return false;
}

bool product_each(const config *c, const axis_values *include, const lkv_kernel *kernel,
                  bool (*take)(void *context, const combination *), void *context) {
  product p;
  combination at = {0};
  make(&p, c, include, kernel);
  if (p.globs && !chooses(p.globs, kernel)) return true;
  do {
    fill(&p, &at);
    const axis_value *tied = at.value[AXIS_KERNEL];
    if ((!tied || matches(tied->text, kernel)) && !take(context, &at)) return false;
  } while (advance(&p));
  return true;
}

double product_size(const config *c, const axis_values *include,
                    const lkv_kernel *kernel) {
  product p;
  double size = 1;
  make(&p, c, include, kernel);
  if (p.globs && !chooses(p.globs, kernel)) return 0;
  for (size_t d = 0; d < p.count; d++) size *= (double)p.dimension[d].count;
  return size;
}

point_effort product_effort(const config *c, const lkv_kernel *kernel) {
  point_effort e = {c->repetitions, c->min_time_s, c->timeout_s};
  for (size_t i = 0; i < c->override_count; i++) {
    const config_override *o = &c->overrides[i];
    if (!matches(o->kernel, kernel)) continue;
    if (o->repetitions) e.repetitions = o->repetitions;
    if (o->min_time_s > 0) e.min_time_s = o->min_time_s;
    if (o->timeout_s > 0) e.timeout_s = o->timeout_s;
  }
  return e;
}
