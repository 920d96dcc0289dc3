/*
 * horizon.h
 *		Up to which event the past is complete, wherever this is asked.
 */
#ifndef WALLET_HORIZON_H
#define WALLET_HORIZON_H

#include "postgres.h"

/* No event with an id up to this one can still appear; 0 if none can be told here. */
extern int64 wallet_horizon(void);

#endif
