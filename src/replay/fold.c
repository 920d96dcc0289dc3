/*
 * fold.c
 *		Digests need only the bytes: no event is decoded here, so that this can be
 *		done beside the replay.
 */
#include <openssl/evp.h>

#include "core/digest.h"
#include "replay/fold.h"

/* WalletHash has no argument of its own.  One context for all: making one costs more than a hash. */
static _Thread_local EVP_MD_CTX *context;
static _Thread_local EVP_MD *method;
static _Thread_local bool refused;

static void
sha256(const uint8_t *data, size_t length, uint8_t out[WALLET_DIGEST_BYTES])
{
	if (context == NULL || method == NULL ||
		EVP_DigestInit_ex(context, method, NULL) != 1 ||
		EVP_DigestUpdate(context, data, length) != 1 ||
		EVP_DigestFinal_ex(context, out, NULL) != 1)
	{
		refused = true;
		memset(out, 0, WALLET_DIGEST_BYTES);
	}
}

static void
note_wanted(WalletFolding *folding, const WalletHead *head)
{
	if (head->events != folding->wanted)
		return;
	wallet_head_value(head, sha256, folding->wanted_head);
	folding->wanted_met = true;
}

void *
wallet_fold_log(void *arg)
{
	WalletFolding *folding = arg;
	WalletCursor cursor = wallet_log_start(folding->log);
	WalletHead	head;
	WalletBytes event;
	uint8_t		digest[WALLET_DIGEST_BYTES];

	context = EVP_MD_CTX_new();
	method = EVP_MD_fetch(NULL, "SHA256", NULL);
	refused = false;
	wallet_head_start(&head, sha256);
	note_wanted(folding, &head);
	while (wallet_log_next(&cursor, &event))
	{
		sha256(event.data, event.length, digest);
		wallet_head_fold(&head, sha256, digest);
		note_wanted(folding, &head);
	}
	wallet_head_value(&head, sha256, folding->head);
	folding->events = head.events;
	folding->complete = cursor.complete;
	folding->trailer = cursor.trailer;
	folding->failed = refused;
	EVP_MD_CTX_free(context);
	EVP_MD_free(method);
	return NULL;
}
