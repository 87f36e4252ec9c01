# Share of peak over a kernel's two tile sizes, a cell a pair. cells.tsv has tile_q,
# tile_k, share and time_ns; figure.gp the sizes there are, in order, and the range.
load plots . '/style.gp'
set label 1 'Share of the FMA peak by tile sizes'
cells = folder . '/cells.tsv'

# Sizes are equally far apart, whatever they are.
x_of(size) = (sum [i = 1:tile_ks] (tile_k[i] < size ? 1 : 0))
y_of(size) = (sum [i = 1:tile_qs] (tile_q[i] < size ? 1 : 0))
set xrange [-0.5 : tile_ks - 0.5]
set yrange [-0.5 : tile_qs - 0.5]
set xtics ('' -1) scale 0
set ytics ('' -1) scale 0
do for [i = 1:tile_ks] { set xtics add (sprintf('%d', tile_k[i]) i - 1) }
do for [i = 1:tile_qs] { set ytics add (sprintf('%d', tile_q[i]) i - 1) }
set xlabel 'tile\_k (keys)'
set label 5 'tile_q (queries)' noenhanced
unset grid
unset key
set border 0

# Cividis: read alike with and without colour vision, and in grey.
set palette defined (0 '#00224E', 1 '#223C6D', 2 '#434E6C', 3 '#61646F', 4 '#7D7C78', \
  5 '#9B9476', 6 '#BCAE6C', 7 '#DEC958', 8 '#FEE838')
middle = (share_low + share_high) / 2
set cbrange [100 * share_low : 100 * (share_high > share_low ? share_high : share_low + 1e-3)]
unset colorbox

cell_font = tile_ks > 8 || tile_qs > 12 ? 5.5 : 7.0
digits = tile_ks > 8 ? '%.0f' : '%.1f'
text_of(share) = sprintf(digits, 100 * share)
set style fill solid noborder
do for [format in formats] {
  load plots . '/terminal.gp'
  plot cells using (x_of($2)):(y_of($1)):(0.49):(0.49):(100 * $3) \
      with boxxyerror lc palette notitle, \
    cells using (x_of($2)):(y_of($1)):($3 < share_high ? NaN : 0.46):(0.46) \
      with boxxyerror lc rgb '#000000' lw 1.6 fs empty border notitle, \
    cells using (x_of($2)):(y_of($1)):(text_of($3)):($3 > middle ? 0x000000 : 0xFFFFFF) \
      with labels font sprintf(',%g', cell_font) tc rgb variable notitle
  unset output
}
