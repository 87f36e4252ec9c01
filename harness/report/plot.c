#include "plot.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gnuplot.h"
#include "plot_script.h"
#include "store.h"

enum { PATH_SIZE = 4096 };

const char *const plot_format_names[] = {"svg", "pdf", "png", NULL};

__attribute__((format(printf, 3, 4))) static bool make_path(char path[PATH_SIZE],
                                                            error *err,
                                                            const char *format, ...) {
  va_list args;
  va_start(args, format);
  int length = vsnprintf(path, PATH_SIZE, format, args);
  va_end(args);
  return (length >= 0 && length < PATH_SIZE) ||
         error_set(err, "%.200s...: the path is too long", path);
}

/* PREFIX/share/linkv/plots of a program that is PREFIX/bin/linkv, wherever it was moved.
 */
static const char *plots_beside_program(void) {
  static char path[PATH_SIZE];
  char program[PATH_SIZE];
  error ignored;
  const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
  if (n <= 0) return "";
  program[n] = 0;
  for (int up = 0; up < 2; up++) {
    char *slash = strrchr(program, '/');
    if (slash) *slash = 0;
  }
  return make_path(path, &ignored, "%s/share/linkv/plots", program) ? path : "";
}

static bool find_plots(const char **plots, error *err) {
  const char *named = getenv("LINKV_PLOTS");
  const char *places[] = {LINKV_PLOTS_SOURCE_DIR, plots_beside_program(),
                          LINKV_PLOTS_INSTALL_DIR};
  size_t count = sizeof places / sizeof *places;
  if (named && *named) {
    places[0] = named;
    count = 1;
  }
  for (size_t i = 0; i < count; i++) {
    char style[PATH_SIZE];
    if (!make_path(style, err, "%s/style.gp", places[i])) return false;
    *plots = places[i];
    if (access(style, R_OK) == 0) return true;
  }
  if (count == 1)
    return error_set(err, "LINKV_PLOTS: %s holds no style.gp; name the folder plots/",
                     named);
  return error_set(err,
                   "style.gp is neither in %s nor in %s: set LINKV_PLOTS to the folder "
                   "that holds the figure sources",
                   places[0], places[2]);
}

/* mkdir -p */
static bool make_directories(const char *directory, error *err) {
  char path[PATH_SIZE];
  if (!make_path(path, err, "%s", directory)) return false;
  for (char *c = path + 1; *path; c++) {
    if (*c && *c != '/') continue;
    char end = *c;
    *c = 0;
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
      return error_set(err, "%s: cannot be made: %s; name another with --output", path,
                       strerror(errno));
    *c = end;
    if (!end) break;
  }
  struct stat info;
  if (stat(directory, &info) == 0 && S_ISDIR(info.st_mode)) return true;
  return error_set(err, "%s: is not a directory; name another with --output", directory);
}

/* Removes a flat folder. */
static void remove_folder(const char *folder) {
  DIR *dir = opendir(folder);
  char path[PATH_SIZE];
  error ignored;
  for (struct dirent *entry; dir && (entry = readdir(dir));)
    if (make_path(path, &ignored, "%s/%s", folder, entry->d_name)) unlink(path);
  if (dir) closedir(dir);
  rmdir(folder);
}

static bool add_file(plot_files *files, const char *path, error *err) {
  char **grown = reallocarray(files->path, files->count + 1, sizeof *grown);
  if (!grown) return error_set(err, "%s: out of memory", path);
  files->path = grown;
  grown[files->count] = strdup(path);
  if (!grown[files->count]) return error_set(err, "%s: out of memory", path);
  files->count++;
  return true;
}

/* Moves what gnuplot drew from the working folder to where it belongs. */
static bool place_file(const char *folder, const char *directory, const char *figure,
                       const char *format, plot_files *files, error *err) {
  char from[PATH_SIZE], to[PATH_SIZE];
  struct stat info;
  if (!make_path(from, err, "%s/%s.%s", folder, figure, format) ||
      !make_path(to, err, "%s/%s.%s", directory, figure, format))
    return false;
  if (stat(from, &info) != 0 || info.st_size == 0)
    return error_set(err, "%s: gnuplot drew nothing; it needs its cairo terminals", to);
  if (rename(from, to) != 0)
    return error_set(err, "%s: cannot be written: %s", to, strerror(errno));
  return add_file(files, to, err);
}

static bool draw_figure(const plot_script *script, const plot_figure *figure,
                        const char *directory, plot_files *files, error *err) {
  char settings[PATH_SIZE], source[PATH_SIZE], log[PATH_SIZE];
  error reason;
  if (!make_path(settings, err, "%s/figure.gp", script->folder) ||
      !make_path(log, err, "%s/log", script->folder) ||
      !make_path(source, err, "%s/%s.gp", script->plots, plot_kind_names[figure->kind]) ||
      !plot_script_write(script, figure, err))
    return false;
  if (!gnuplot_run(settings, source, log, &reason))
    return error_set(err, "figure %s: %s", figure->name, reason.text);
  for (int f = 0; f < PLOT_FORMATS; f++)
    if (script->formats[f] && !place_file(script->folder, directory, figure->name,
                                          plot_format_names[f], files, err))
      return false;
  files->figures[figure->kind]++;
  return true;
}

/* The bandwidth of the machine whose rows the figure shows. */
static bool find_bandwidth(const char *db, plot_figure *figure, error *err) {
  const value *machine = &figure->sample->field[ROW_machine];
  double bandwidth = 0;
  if (figure->kind != PLOT_ROOFLINE || !db || !machine->known) return true;
  if (!store_read_bandwidth(db, machine->text, &bandwidth, err)) return false;
  figure->bandwidth = bandwidth * 1e-9;
  return true;
}

static bool draw_kind(const plot_script *script, const rows *all, plot_kind kind,
                      const plot_options *options, plot_files *files, error *err) {
  plot_figures figures;
  if (!plot_group(all, kind, &figures, err)) return false;
  bool ok = true;
  for (size_t f = 0; f < figures.count && ok; f++)
    ok = find_bandwidth(options->db, &figures.figure[f], err) &&
         draw_figure(script, &figures.figure[f], options->directory, files, err);
  plot_figures_free(&figures);
  return ok;
}

static plot_result nothing(error *err) {
  error_set(
      err,
      "no figure can be drawn: needed are measured values of one kernel at two "
      "sequence lengths, with stage, regime, batch, heads, head_dim and threads the "
      "same (for tradeoff: of two kernels; for roofline: of one; for tiles: of one "
      "kernel at two "
      "tile_q and two tile_k)");
  return PLOT_NOTHING;
}

plot_result report_plot(const rows *all, const plot_options *options, plot_files *files,
                        error *err) {
  char folder[PATH_SIZE];
  plot_script script = {folder, NULL, options->formats, options->width};
  *files = (plot_files){0};
  if (!find_plots(&script.plots, err) || !make_directories(options->directory, err) ||
      !make_path(folder, err, "%s/.linkv-plot-XXXXXX", options->directory))
    return PLOT_FAILED;
  if (!mkdtemp(folder)) {
    error_set(err, "%s: cannot be written: %s", options->directory, strerror(errno));
    return PLOT_FAILED;
  }
  bool ok = true;
  for (int kind = 0; kind < PLOT_KINDS && ok; kind++)
    if (options->kinds[kind])
      ok = draw_kind(&script, all, (plot_kind)kind, options, files, err);
  remove_folder(folder);
  if (!ok) return PLOT_FAILED;
  return files->count ? PLOT_DONE : nothing(err);
}

void plot_files_free(plot_files *files) {
  for (size_t i = 0; i < files->count; i++) free(files->path[i]);
  free(files->path);
  *files = (plot_files){0};
}
