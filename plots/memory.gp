# Peak memory against the sequence length.
beside = 20.0 # the names of the guides
load plots . '/style.gp'
set label 1 'Peak memory of one call'
load plots . '/length_axis.gp'
set label 5 'peak memory'
load plots . '/guides.gp'

# Labels at powers of 2, 4 or 16, so that there are at most seven or so.
set logscale y 2
doublings = log10(y_high / y_bottom) / log10(2)
step = doublings <= 7 ? 1 : doublings <= 16 ? 2 : 4
set yrange [y_bottom : y_high * 1.4]
set ytics ('' 1e-30)
do for [e = 0:48:step] { set ytics add (bytes_text(2.0 ** e) 2.0 ** e) }

do for [format in formats] {
  load plots . '/terminal.gp'
  plot @draw_guides @draw_lines @draw_flagged
  unset output
}
