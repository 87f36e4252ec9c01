# Grey slopes T and T^2 below the data: T is named at its right end, T^2 where it enters the
# plot. Sets y_bottom, the lower end of the y axis.
guide_gap = 1.7
y_bottom = y_low / (linear > 0 ? 2.5 : 1.5)
linear_guide(x) = linear > 0 ? linear / guide_gap * x : NaN
square_guide(x) = square > 0 ? square / guide_gap * x * x : NaN
draw_guides = "linear_guide(x) with lines ls 901 notitle, \
  square_guide(x) with lines ls 901 notitle"

if (linear > 0 && square > 0) {
  along(f) = x_low * (x_high / x_low) ** f
  crossing = linear / square
  x_linear = crossing > along(0.75) && crossing < x_high * 1.3 ? along(0.5) : along(0.97)
  set label 11 '∝ T' at x_linear, linear_guide(x_linear) center offset 0, -0.75 \
    font ',6.5' textcolor rgb '#6B6B6B'
  x_square = sqrt(y_bottom * guide_gap / square)
  if (x_square < x_low) { x_square = x_low }
  set label 12 '∝ T²' at x_square, square_guide(x_square) left offset 1.9, 0.55 \
    font ',6.5' textcolor rgb '#6B6B6B'
}
