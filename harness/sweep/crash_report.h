/* Where a worker crashed, told on standard error before it dies of the signal. */
#ifndef SWEEP_CRASH_REPORT_H
#define SWEEP_CRASH_REPORT_H

/* From now on SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT write a line "in FUNCTION
 * (FILE+0xOFFSET)", or "at FILE+0xOFFSET" where the function has no name that the loader
 * knows, and then end the process as they would have. The handler has a stack of its own,
 * so that an overflow of the stack is told too. */
void crash_report_install(void);

#endif
