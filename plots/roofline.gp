# Speed against arithmetic intensity, under the ceilings of the machine.
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
  set label 11 sprintf('FMA peak %.3g Gflop/s%s', peak, \
    has_both ? ', float32' : peak_float64 > 0 ? ', float64' : '') \
    at x_end / 1.06, peak right offset 0, 0.55 font ',6.5' textcolor rgb '#404040'
}
if (has_both) {
  draw_roof = draw_roof . 'roof(x, peak_float64) with lines ls 904 dt 2 notitle, '
  set label 12 sprintf('%.3g Gflop/s, float64', peak_float64) \
    at x_end / 1.06, peak_float64 right offset 0, -0.6 font ',6.5' \
    textcolor rgb '#404040'
}
# The slope is named below it, where it enters the plot.
if (bandwidth > 0 && peak > 0 && peak / bandwidth > x_start * 1.3) {
  x_enter = y_start / bandwidth > x_start ? y_start / bandwidth : x_start
  set label 13 sprintf('%.3g GB/s', bandwidth) \
    at x_enter, bandwidth * x_enter left offset 1.6, 0.1 font ',6.5' \
    textcolor rgb '#404040'
}

draw_lengths = one_length ? '' : ", \
  ok index 0 using 1:2:5 with labels offset 0, 0.7 font ',5.5' notitle"
set samples 500
do for [format in formats] {
  load plots . '/terminal.gp'
  plot @draw_roof @draw_lines @draw_lengths @draw_flagged
  unset output
}
