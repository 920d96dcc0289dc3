/*
 * codec.h
 *		An event as its canonical bytes, and back (format-1.md, 3).
 */
#ifndef WALLET_CODEC_H
#define WALLET_CODEC_H

#include "core/types.h"

/* Bytes that encoding takes. */
extern size_t wallet_event_size(const WalletEvent *event);

/* Writes exactly wallet_event_size() bytes. */
extern void wallet_event_encode(const WalletEvent *event, uint8_t *out);

/*
 * False if the bytes are not exactly those of one event of format 1.  The event
 * borrows from bytes.
 */
extern bool wallet_event_decode(const uint8_t *bytes, size_t length, WalletEvent *event);

/*
 * The first input in which two commands with the same id differ, in the word
 * that users know it by; NULL if they ask for the same.
 */
extern const char *wallet_content_difference(const WalletEvent *asked,
											 const WalletEvent *recorded);

/* The first result in which a decision made again differs from its record; NULL if none. */
extern const char *wallet_result_difference(const WalletEvent *again,
											const WalletEvent *recorded);

#endif
