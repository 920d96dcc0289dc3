/*
 * guc.h
 *		The settings wallet.*.
 */
#ifndef WALLET_GUC_H
#define WALLET_GUC_H

#include "postgres.h"

extern bool wallet_allow_drop;
extern int	wallet_max_clock_step_ms;
extern int	wallet_name_cache_size; /* entries per backend */
extern bool wallet_paused;

extern void wallet_guc_define(void);

#endif
