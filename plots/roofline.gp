# Speed against arithmetic intensity, under the ceilings of the machine.
beside = 46.0 # the names of the roofs
load plots . '/style.gp'
set label 1 'Speed under the roofline'
set label 5 'headline Gflop/s'

# Peaks of the types there are, and the slope of main memory.
peak = peak_float32 > peak_float64 ? peak_float32 : peak_float64
has_both = peak_float32 > 0 && peak_float64 > 0
x_end = x_high * 1.7
x_start = x_low / 1.7
if (bandwidth > 0 && peak / bandwidth < x_end && peak / bandwidth / 1.5 < x_start) {
  x_start = peak / bandwidth / 1.5
}
roof(x, top) = bandwidth > 0 && bandwidth * x < top ? bandwidth * x : top
y_start = y_low / 1.6
y_end = (y_high > peak ? y_high : peak) * 1.9

set logscale xy 10
set xrange [x_start : x_end]
set yrange [y_start : y_end]
set xlabel 'arithmetic intensity (flop per byte of inputs and output)'
set xtics ('' 1e-30)
set ytics ('' 1e-30)
do for [e = -4:9] {
  do for [m = 1:9] {
    v = m * 10.0 ** e
    if (is_labelled(m, x_start, x_end)) {
      set xtics add (sprintf('%g', v) v)
    } else {
      set xtics add ('' v 1)
    }
    if (is_labelled(m, y_start, y_end)) {
      set ytics add (sprintf('%g', v) v)
    } else {
      set ytics add ('' v 1)
    }
  }
}

set style line 904 lc rgb '#404040' dt 1 lw 1.1
draw_roof = peak > 0 ? 'roof(x, peak) with lines ls 904 notitle, ' : ''
if (peak > 0) {
  set label 11 sprintf('%.3g %s', peak, \
    has_both || peak_float64 == 0 ? 'float32' : 'float64') \
    at x_end, peak left offset 0.4, 0 noenhanced font ',6.5' textcolor rgb '#404040'
}
if (has_both) {
  draw_roof = draw_roof . 'roof(x, peak_float64) with lines ls 904 dt 2 notitle, '
  set label 12 sprintf('%.3g float64', peak_float64) \
    at x_end, peak_float64 left offset 0.4, 0 noenhanced font ',6.5' textcolor rgb '#404040'
}

set samples 500
do for [format in formats] {
  load plots . '/terminal.gp'
  plot @draw_roof @draw_lines @draw_flagged
  unset output
}
