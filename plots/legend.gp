# The legend: a line, a mark and a name a kernel, from the upper line to the lower; below
# the plot in columns, or at its right. Loaded where the line styles are, by terminal.gp.
do for [i = 1:key_entries] {
  key_at_column = int((i - 1) / key_rows)
  key_x = key_left + key_pitch * key_at_column
  key_y = from_top(key_top + key_step * (i - 0.5 - key_rows * key_at_column))
  is_kernel = i <= kernels
  key_text = is_kernel ? name[i] . (points[i] ? '' : none_ok) : 'not ok'
  key_style = is_kernel ? (points[i] ? i : 1000 + i) : 903
  if (is_kernel && points[i]) {
    set arrow 1000 + i from screen across(key_x), screen key_y \
      to screen across(key_x + 19), screen key_y nohead ls i
  }
  set label 1000 + i '' at screen across(key_x + 9.5), screen key_y point ls key_style
  set label 2000 + i key_text at screen across(key_x + 22.5), screen key_y left \
    font sprintf(',%.2f', key_font) noenhanced
}
