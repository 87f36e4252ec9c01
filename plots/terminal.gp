# Opens the figure's file in `format`, with the same look in each.
scale = format eq 'svg' ? 4.0 / 3 : 1.0
if (format eq 'svg') {
  set terminal svg size width * 4 / 3, height * 4 / 3 enhanced font 'Helvetica,8' \
    fontscale 4.0 / 3 linewidth 4.0 / 3 background '#FFFFFF'
}
if (format eq 'pdf') {
  set terminal pdfcairo size width / 72, height / 72 enhanced font 'Helvetica,8' \
    fontscale 0.75 linewidth 2 background '#FFFFFF'
}
if (format eq 'png') {
  set terminal pngcairo size width * 300 / 72, height * 300 / 72 enhanced \
    font 'Helvetica,8' fontscale 300 / 96.0 linewidth 300 / 72.0 pointscale 300 / 72.0 \
    background '#FFFFFF'
}
set output folder . '/' . figure . '.' . format

# Lines: 1.. for the kernels, 1001.. for their flagged points.
do for [i = 1:kernels] {
  rgb = colour[shades * (hue[i] - 1) + shade[i]]
  set style line i lc rgb rgb pt solid[mark[i]] dt dash[i] lw 0.9 ps 0.42 * scale
  set style line 1000 + i lc rgb rgb pt hollow[mark[i]] lw 0.7 ps 0.62 * scale
}
set style line 903 lc rgb '#000000' pt 2 lw 0.5 ps 0.4 * scale # crosses flagged points
load plots . '/legend.gp'
