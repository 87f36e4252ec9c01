# Grey slopes T and T^2 below the data, left out where they would cross but a corner of
# the plot; each is named where it leaves the plot at the right. Sets y_bottom, the lower
# end of the y axis.
guide_gap = 1.7
y_bottom = y_low / (linear > 0 ? 2.5 : 1.5)
x_right = x_high * 1.15 # as in length_axis.gp
along(f) = x_low * (x_high / x_low) ** f
linear_guide(x) = linear / guide_gap * x
square_guide(x) = square / guide_gap * x * x
x_linear = linear > 0 ? y_bottom * guide_gap / linear : x_high
x_square = square > 0 ? sqrt(y_bottom * guide_gap / square) : x_high
draws_linear = x_linear < along(0.6)
draws_square = x_square < along(0.75)
draw_guides = (draws_linear ? 'linear_guide(x) with lines ls 901 notitle, ' : '') \
  . (draws_square ? 'square_guide(x) with lines ls 901 notitle, ' : '')

# Where both leave at one height, their names are moved apart.
guides_apart = draws_linear && draws_square \
  ? log10(square_guide(x_right) / linear_guide(x_right)) / log10(y_high * 1.4 / y_bottom) : 1
nudge = abs(guides_apart) < 0.06 ? (guides_apart < 0 ? -0.45 : 0.45) : 0
if (draws_linear) {
  set label 11 '∝ T' at x_right, linear_guide(x_right) left offset 0.3, -nudge \
    font ',6.5' textcolor rgb '#6B6B6B'
}
if (draws_square) {
  set label 12 '∝ T²' at x_right, square_guide(x_right) left offset 0.3, nudge \
    font ',6.5' textcolor rgb '#6B6B6B'
}
