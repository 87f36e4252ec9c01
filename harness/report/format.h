/* Numbers as a person reads them. Each function fills `buffer` and returns it; a NaN is
 * FORMAT_NULL. */
#ifndef REPORT_FORMAT_H
#define REPORT_FORMAT_H

#define FORMAT_NULL "–"

enum { FORMAT_SIZE = 40 };

/* Nanoseconds to three significant digits: "12.3 µs", "1.04 s". */
const char *format_time_ns(double ns, char buffer[FORMAT_SIZE]);

/* Bytes to three significant digits: "512 B", "12.0 KiB", "1.50 GiB". */
const char *format_bytes(double bytes, char buffer[FORMAT_SIZE]);

/* As "%.*f", but never "-0". `decimals` <= 6; too long a number is printed as by "%.*e".
 */
const char *format_fixed(double value, int decimals, char buffer[FORMAT_SIZE]);

/* Three significant digits without an exponent where that is short: "43.2", "0.0150". */
const char *format_digits(double value, char buffer[FORMAT_SIZE]);

/* The shortest decimal that reads back as `value`, with a point or an exponent, so that
 * readers take it for a real: "0.1", "3.0", "1e-07". Infinities are "inf" and "-inf". */
const char *format_real(double value, char buffer[FORMAT_SIZE]);

#endif
