/* The identity of the oracle. */
#ifndef VERIFY_ORACLE_BUILD_H
#define VERIFY_ORACLE_BUILD_H

/* 16 hex digits: another oracle, or another compiler of it, has others. */
extern const char oracle_build[];

#endif
