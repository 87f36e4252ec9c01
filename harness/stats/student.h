/* Student's t distribution. */
#ifndef STATS_STUDENT_H
#define STATS_STUDENT_H

/* Chance that t of `freedom` > 0 degrees is farther from 0 than |t|. */
double student_two_sided(double t, double freedom);

/* The t > 0 that is passed with chance `p` on both sides together, 0 < p < 1. */
double student_bound(double p, double freedom);

#endif
