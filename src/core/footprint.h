/*
 * footprint.h
 *		The accounts that a batch touches: distinct, in id order, which is the
 *		order in which they are locked.
 */
#ifndef WALLET_FOOTPRINT_H
#define WALLET_FOOTPRINT_H

#include "core/types.h"

/*
 * Sorts ids and removes repetitions in place; scratch has room for n.  Ids are
 * positive.  Returns how many are left.
 */
extern size_t wallet_footprint_build(int64_t *ids, size_t n, int64_t *scratch);

/* Position of id in a footprint of n, or -1. */
extern int32_t wallet_footprint_find(const int64_t *ids, size_t n, int64_t id);

#endif
