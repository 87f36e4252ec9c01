# What every figure of linkv shares: sizes, fonts, colours, the legend, the notes.
#
# A figure is drawn by `gnuplot figure.gp KIND.gp`. `linkv plot` writes figure.gp; it sets
#   plots, folder, figure     this folder, the working folder, the figure's name
#   formats                   'svg pdf png ', or some of these
#   full_width                0: a paper's column, 1: its full width
#   subtitle, source, notes   texts, and subtitle_lines, ... how many lines they have
#   x_low x_high y_low y_high ranges of what is drawn
#   linear, square            largest c of guides c T and c T^2 below all points; 0: none
#   kernels, name[]           lines, from the upper to the lower
#   hue[] shade[] mark[] dash[]  how each looks, by what its kernel is: see below
#   points[]                  ok points of each line
#   flagged_points            points of rows that are not ok
#   one_length                T, where all points have the same; else 0
# and writes ok.tsv and flagged.tsv beside it: a block a line, x y low high T. A roofline
# also has peak_float32, peak_float64 and bandwidth (Gflop/s, GB/s; 0: none). A figure of
# tiles has no lines but cells.tsv, and in place of ranges and lines tile_qs, tile_q[],
# tile_ks, tile_k[], share_low and share_high.
# Lengths here are points, 1/72 inch.

set encoding utf8
set datafile separator tab
set datafile missing 'NaN'

# A hue a kind of kernel (scalar, avx2, avx512, blas, two for others), told apart by
# colour-blind readers; its shades are algorithms, and differ in grey print. A mark an
# algorithm, a dash the types it computes in.
shades = 3
array colour[18] = ['#000000', '#5A5A5A', '#9C9C9C', '#00418A', '#2A8BD6', '#7DB9EA', \
                    '#8A3200', '#D55E00', '#F0A03C', '#005A41', '#009E73', '#6CC9AC', \
                    '#6A2C6E', '#B4559F', '#E0A3CF', '#6B5B00', '#A89000', '#D9C545']
array solid[6]  = [7, 15, 9, 13, 11, 5]
array hollow[6] = [6, 14, 8, 12, 10, 4]
set dashtype 1 solid
set dashtype 2 (9, 3)
set dashtype 3 (3, 2.5)
set dashtype 4 (9, 3, 2.5, 3)
set dashtype 5 (2, 4)
set style line 901 lc rgb '#8C8C8C' dt 5 lw 0.6     # guides
set style line 902 lc rgb '#D9D9D9' dt 1 lw 0.35    # grid

# The page, from the top: title, subtitle, source, plot, x axis, legend, notes.
width = full_width ? 504.0 : 252.0
plot_height = full_width ? 250.0 : 176.0
title_height = 17 + 9.0 * (subtitle_lines + source_lines)
axis_height = 29.0
longest_name = 16
none_ok = ' (none ok)'
do for [i = 1:kernels] {
  entry_length = strlen(name[i]) + (points[i] ? 0 : strlen(none_ok))
  if (entry_length > longest_name) { longest_name = entry_length }
}
key_entries = kernels + (flagged_points > 0)
key_columns = !full_width && longest_name <= 36 && key_entries > 1 ? 2 : 1
key_rows = ceil(key_entries / real(key_columns))
key_height = full_width || !key_entries ? 0 : 8.2 * key_rows + 5
notes_height = 8.5 * notes_lines + 5
height = title_height + plot_height + axis_height + key_height + notes_height
side = 6.0
left = 49.0
# A figure may set `beside`: room for what it writes at the right of the plot.
if (!exists('beside')) { beside = 6.0 }
right = beside + (full_width && key_entries ? 34 + 4.3 * longest_name : 4)
key_left = full_width ? width - right + beside : side
key_pitch = (width - 2 * side) / key_columns
key_top = full_width ? title_height : title_height + plot_height + axis_height
key_step = 8.2
if (full_width && key_rows * key_step > height - key_top) {
  key_step = (height - key_top) / key_rows
}
# A letter is 0.6 of the font's size wide, at the most.
key_font = (full_width ? right - beside - 24 : key_pitch - 24) / (0.6 * longest_name)
if (key_font > 7) { key_font = 7.0 }
from_top(y) = 1 - y / height
across(x) = x / width

set lmargin at screen across(left)
set rmargin at screen across(width - right)
set tmargin at screen from_top(title_height)
set bmargin at screen from_top(title_height + plot_height)

set label 1 at screen across(side), screen from_top(9) left font ',8.5' noenhanced
set label 2 subtitle at screen across(side), screen from_top(19.5) left font ',6.5' \
  noenhanced
set label 3 source at screen across(side), screen from_top(19.5 + 9.0 * subtitle_lines) \
  left font ',6.5' noenhanced textcolor rgb '#595959'
set label 4 notes at screen across(side), \
  screen from_top(height - notes_height + 5) left font ',6' noenhanced \
  textcolor rgb '#404040'

unset key

set border 3 lw 0.5
set tics nomirror out scale 0.6, 0.3 font ',7'
set xtics offset 0, 0.2
set grid xtics ytics ls 902, ls 902
set xlabel font ',7.5' offset 0, 0.4
set label 5 at screen across(8), screen from_top(title_height + plot_height / 2) center \
  rotate font ',7.5' noenhanced

# Axes. A tick's text carries its unit.
decades(low, high) = log10(high / low)
# Whether m * 10^e is labelled: only m = 1 over a long range, every m over a short one.
is_labelled(m, low, high) = m == 1 || decades(low, high) < 0.7 \
  || (decades(low, high) < 1.6 && (m == 2 || m == 5))

time_text(t) = t < 999.5 ? sprintf('%g ns', t) \
  : t < 999.5e3 ? sprintf('%g µs', t / 1e3) \
  : t < 999.5e6 ? sprintf('%g ms', t / 1e6) : sprintf('%g s', t / 1e9)
bytes_text(b) = b < 1024 ? sprintf('%g B', b) \
  : b < 2.0**20 ? sprintf('%g KiB', b / 1024) \
  : b < 2.0**30 ? sprintf('%g MiB', b / 2.0**20) : sprintf('%g GiB', b / 2.0**30)
error_text(m, e) = m == 1 ? sprintf('10^{%d}', e) : sprintf('%d·10^{%d}', m, e)

# Curves shared by the kinds.
ok = folder . '/ok.tsv'
flagged = folder . '/flagged.tsv'
draw_lines = "for [i = 1:kernels] ok index i - 1 using 1:2 with linespoints ls i notitle"
draw_flagged = flagged_points == 0 ? '' : ", \
  for [i = 1:kernels] flagged index i - 1 using 1:2 with points ls 1000 + i notitle, \
  for [i = 1:kernels] flagged index i - 1 using 1:2 with points ls 903 notitle"
