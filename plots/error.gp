# Largest relative error against the sequence length.
load plots . '/style.gp'
set label 1 'Error against the float64 oracle'
load plots . '/length_axis.gp'
load plots . '/error_axis.gp'
do for [format in formats] {
  load plots . '/terminal.gp'
  plot @draw_lines @draw_flagged
  unset output
}
