# A logarithmic x axis of sequence lengths: ticks at powers of 2, or of 4 over a long
# range.
set logscale x 2
set xrange [x_low / 1.15 : x_high * 1.15]
set xlabel 'sequence length T (tokens)'
set xtics ('' 1e-30)
length_step = decades(x_low, x_high) > 3.1 ? 2 : 1
do for [e = 0:40:length_step] { set xtics add (sprintf('%.0f', 2.0 ** e) 2.0 ** e) }
