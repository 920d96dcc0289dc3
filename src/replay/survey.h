/*
 * survey.h
 *		Which ids does the log refer to?
 */
#ifndef WALLET_SURVEY_H
#define WALLET_SURVEY_H

#include "replay/books.h"
#include "replay/log_file.h"

/* Enters into the books what events name as related, and by which events groups failed. */
extern void wallet_survey(WalletBooks *books, const WalletLog *log);

#endif
