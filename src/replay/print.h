/*
 * print.h
 *		Accounts as lines of tab-separated values, in the form of PostgreSQL's COPY.
 */
#ifndef WALLET_PRINT_H
#define WALLET_PRINT_H

#include <stdio.h>

#include "replay/books.h"

/*
 * In the order in which they were opened: name, currency, balance, held, status,
 * version.  full: after them id, parent, owner, floor, ceiling, spending limit, its
 * window in seconds, last event; \N where there is none.
 */
extern void wallet_print_accounts(FILE *out, const WalletBooks *books, bool full);

extern void wallet_print_hex(FILE *out, const uint8_t *bytes, size_t length);

#endif
