# A logarithmic y axis of relative errors, labelled with powers of ten.
set logscale y 10
set yrange [y_low / 1.5 : y_high * 1.5]
set label 5 'largest relative error'
set ytics ('' 1e-300)
do for [e = -20:3] {
  do for [m = 1:9] {
    if (is_labelled(m, y_low, y_high)) {
      set ytics add (error_text(m, e) m * 10.0 ** e)
    } else {
      set ytics add ('' m * 10.0 ** e 1)
    }
  }
}
