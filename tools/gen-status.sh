#!/usr/bin/env bash
# Makes sql/parts/15_currencies.sql, sql/parts/20_status.sql and doc/errors.md of src/core/*.def and the kinds of src/core/status.c.
# With --check: says whether the committed files are what would be made.
set -euo pipefail
cd "$(dirname "$0")/.."
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

cat > "$made/gen.c" <<'C'
#include <stdio.h>
#include "core/status.h"
static const struct { int number; const char *name, *sqlstate; int remembered; const char *message, *meaning, *hint; } rows[] = {
#define WALLET_STATUS(name, number, sqlstate, remembered, message, meaning, hint) {number, #name, sqlstate, remembered, message, meaning, hint},
#include "core/status.def"
#undef WALLET_STATUS
};
static const struct { const char *code; int exponent; } currencies[] = {
#define WALLET_ISO4217(code, exponent) {#code, exponent},
#include "core/iso4217.def"
#undef WALLET_ISO4217
};
static void literal(FILE *f, const char *s)
{
	if (*s == 0) { fputs("NULL", f); return; }
	fputc('\'', f);
	for (; *s; s++) { if (*s == '\'') fputc('\'', f); fputc(*s, f); }
	fputc('\'', f);
}
int main(int argc, char **argv)
{
	FILE *sql = fopen(argv[1], "w"), *doc = fopen(argv[2], "w");
	size_t n = sizeof(rows) / sizeof(rows[0]);
	(void) argc;
	fputs("-- Made by tools/gen-status.sh from src/core/status.def and status.c; do not edit.\nINSERT INTO wallet.status (number, name, sqlstate, remembered, message, meaning, hint) VALUES\n", sql);
	fputs("# Statuses\n\nMade by `tools/gen-status.sh` from `src/core/status.def`; do not edit. A refusal of a single command is raised with the SQLSTATE; bulk calls answer the status by name.\nRemembered: recorded, and given again to the same transaction_id for ever.\n\n| SQLSTATE | status | remembered | message | meaning | what to do |\n|---|---|---|---|---|---|\n", doc);
	for (size_t i = 0; i < n; i++)
	{
		fprintf(sql, "\t(%d, '%s', ", rows[i].number, rows[i].name);
		literal(sql, rows[i].sqlstate);
		fprintf(sql, ", %s, ", rows[i].remembered ? "true" : "false");
		literal(sql, rows[i].message); fputs(", ", sql);
		literal(sql, rows[i].meaning); fputs(", ", sql);
		literal(sql, rows[i].hint);
		fputs(i + 1 < n ? "),\n" : ");\n", sql);
		fprintf(doc, "| %s | %s | %s | %s | %s | %s |\n", *rows[i].sqlstate ? rows[i].sqlstate : "–", rows[i].name, rows[i].remembered ? "yes" : "no", rows[i].message, rows[i].meaning, rows[i].hint);
	}
	fputs("\nINSERT INTO wallet.kind (number, name) VALUES\n", sql);
	for (int k = 1; wallet_kind_name(k); k++)
		fprintf(sql, "\t(%d, '%s')%s\n", k, wallet_kind_name(k), wallet_kind_name(k + 1) ? "," : ";");
	FILE *codes = fopen(argv[3], "w");
	size_t m = sizeof(currencies) / sizeof(currencies[0]);
	fputs("-- Made by tools/gen-status.sh from src/core/iso4217.def (active ISO 4217 codes, frozen in doc/format-1.md, 9); do not edit.\nINSERT INTO wallet.currency (code, exponent, builtin) VALUES\n", codes);
	for (size_t i = 0; i < m; i++)
		fprintf(codes, "%s('%s', %d, true)%s", i % 6 ? " " : "\t", currencies[i].code, currencies[i].exponent, i + 1 == m ? ";\n" : i % 6 == 5 ? ",\n" : ",");
	return fclose(sql) | fclose(doc) | fclose(codes);
}
C
"${CC:-gcc}" -Isrc -o "$made/gen" "$made/gen.c" src/core/status.c
"$made/gen" "$made/20_status.sql" "$made/errors.md" "$made/15_currencies.sql"
if [ "${1:-}" = --check ]; then
	diff -u sql/parts/15_currencies.sql "$made/15_currencies.sql" && diff -u sql/parts/20_status.sql "$made/20_status.sql" && diff -u doc/errors.md "$made/errors.md"
else
	cp "$made/15_currencies.sql" sql/parts/15_currencies.sql
	cp "$made/20_status.sql" sql/parts/20_status.sql
	cp "$made/errors.md" doc/errors.md
fi
