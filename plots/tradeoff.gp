# Largest relative error against the wall time, a line a kernel over the sequence lengths.
load plots . '/style.gp'
set label 1 'Error against time'
load plots . '/error_axis.gp'
set logscale x 10
set xrange [x_low / 1.5 : x_high * 1.6]
set xlabel 'wall time of one call'
set xtics ('' 1e-30)
do for [e = -1:13] {
  do for [m = 1:9] {
    t = m * 10.0 ** e
    if (is_labelled(m, x_low, x_high)) {
      set xtics add (time_text(t) t)
    } else {
      set xtics add ('' t 1)
    }
  }
}

do for [format in formats] {
  load plots . '/terminal.gp'
  plot @draw_lines @draw_flagged
  unset output
}
