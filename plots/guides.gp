# Grey slopes T and T^2 below the data, left out where they would cross but a corner of
# the plot. T is named at its right end, T^2 where it enters. Sets y_bottom, the lower end
# of the y axis.
guide_gap = 1.7
y_bottom = y_low / (linear > 0 ? 2.5 : 1.5)
along(f) = x_low * (x_high / x_low) ** f
linear_guide(x) = linear / guide_gap * x
square_guide(x) = square / guide_gap * x * x
x_linear = linear > 0 ? y_bottom * guide_gap / linear : x_high
x_square = square > 0 ? sqrt(y_bottom * guide_gap / square) : x_high
draw_guides = ''

if (x_linear < along(0.6)) {
  draw_guides = draw_guides . 'linear_guide(x) with lines ls 901 notitle, '
  crossing = linear / square
  at = crossing > along(0.75) && crossing < x_high * 1.3 && x_linear < along(0.35) \
    ? along(0.5) : along(0.97)
  set label 11 '∝ T' at at, linear_guide(at) center offset 0, -0.75 font ',6.5' \
    textcolor rgb '#6B6B6B'
}
if (x_square < along(0.75)) {
  draw_guides = draw_guides . 'square_guide(x) with lines ls 901 notitle, '
  if (x_square < x_low) { x_square = x_low }
  set label 12 '∝ T²' at x_square, square_guide(x_square) left offset 1.9, 0.55 \
    font ',6.5' textcolor rgb '#6B6B6B'
}
