/*
 * report.c
 *		One line each: "event ID: what differs".
 */
#include <inttypes.h>
#include <stdarg.h>

#include "replay/report.h"

#define TOLD 100

void
wallet_report(WalletReport *report, int64_t event_id, const char *format,...)
{
	va_list		arguments;

	if (++report->differences > TOLD || report->out == NULL)
		return;
	if (event_id != 0)
		fprintf(report->out, "event %" PRId64 ": ", event_id);
	else
		fputs("log: ", report->out);
	va_start(arguments, format);
	vfprintf(report->out, format, arguments);
	va_end(arguments);
	fputc('\n', report->out);
	if (report->differences == TOLD)
		fputs("further differences are only counted\n", report->out);
}
