# A logarithmic y axis of times, y in ns, with labels in ns, µs, ms and s.
set logscale y 10
set yrange [y_bottom : y_high * 1.4]
set ytics ('' 1e-30)
do for [e = -1:13] {
  do for [m = 1:9] {
    t = m * 10.0 ** e
    if (is_labelled(m, y_low, y_high)) {
      set ytics add (time_text(t) t)
    } else {
      set ytics add ('' t 1)
    }
  }
}
