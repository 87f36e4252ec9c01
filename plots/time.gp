# Wall time of one call against the sequence length.
beside = 20.0 # the names of the guides
load plots . '/style.gp'
set label 1 'Time of one call'
load plots . '/length_axis.gp'
set label 5 'wall time of one call'
load plots . '/guides.gp'
load plots . '/time_axis.gp'
do for [format in formats] {
  load plots . '/terminal.gp'
  plot @draw_guides \
    for [i = 1:kernels] ok index i - 1 using 1:3:(0):($4 - $3) \
    with vectors nohead ls i dt 1 lw 0.6 notitle, \
    @draw_lines @draw_flagged
  unset output
}
