/*
 * shape.h
 *		Which fields an event of each kind has (format-1.md, 6).
 */
#ifndef WALLET_SHAPE_H
#define WALLET_SHAPE_H

#include "core/types.h"

/* NULL if the event has the fields that its kind and status demand, else what is wrong. */
extern const char *wallet_event_shape_fault(const WalletEvent *event);

#endif
