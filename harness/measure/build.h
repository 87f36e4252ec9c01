/* Facts of this build that machine.h does not give one by one. */
#ifndef MEASURE_BUILD_H
#define MEASURE_BUILD_H

/* CMake's build type, "Release". */
const char *build_type(void);

/* OpenMP specification the compiler implements, "4.5". */
const char *build_openmp_version(void);

#endif
