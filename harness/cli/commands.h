/* The subcommands, one file each. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli.h"

extern const cli_command cli_kernels;
extern const cli_command cli_run;
extern const cli_command cli_judge;
extern const cli_command cli_verify;
extern const cli_command cli_selftest;
extern const cli_command cli_time;
extern const cli_command cli_sweep;
extern const cli_command cli_export;
extern const cli_command cli_pick;
extern const cli_command cli_compare;
extern const cli_command cli_history;
extern const cli_command cli_plot;
extern const cli_command cli_machine;
extern const cli_command cli_race;
extern const cli_command cli_ab;
extern const cli_command cli_worker;

#endif
