// Node.js (pg) as a client of wallet. See ../README.md for what each line asserts.
'use strict';
const assert = require('assert');
const { Client } = require('pg');
const version = require('pg/package.json').version;

const BIG = '123456789012345678901234567890123456.78';
const NOTE = { order: 7, note: 'żółć ☂ "quoted" \'too\'', tags: ['a', null], nested: { ok: true } };
// "host" may be a socket's directory.
const client = new Client({ host: process.env.PGHOST });

const check = (name, good, saw) => console.log(good ? `ok - ${name}` : `not ok - ${name}: ${JSON.stringify(saw)}`);
const idOf = (number) => '018f5000-0000-7000-8000-' + String(number).padStart(12, '0');
const same = (a, b) => { try { assert.deepStrictEqual(a, b); return true; } catch { return false; } };

async function rows(sql, ...parameters) {
    return (await client.query(sql, parameters)).rows;
}
async function value(sql, ...parameters) {
    return Object.values((await rows(sql, ...parameters))[0])[0];
}
// Money goes in and comes out as text: pg gives numeric and bigint as strings.
async function transfer(payer, payee, amount, number, metadata = null) {
    return (await rows('SELECT * FROM wallet_transfer($1, $2, $3, $4, $5, $6)', payer, payee, amount, 'USD', idOf(number), metadata))[0];
}
const balance = (name) => value('SELECT wallet_balance($1, $2)', name, 'USD');

// The error that the call must end with.
async function refused(call) {
    try {
        return { message: JSON.stringify(await call()) };
    } catch (error) {
        return error;
    }
}
// Sums of money are whole numbers of cents.
const cents = (text) => BigInt(text.replace('.', ''));

async function opening() {
    await value('SELECT wallet_open($1, $2, $3, floor => $4)', '@world', 'USD', idOf(1), null);
    const account = await value('SELECT wallet_open($1, $2, $3)', 'alice', 'USD', idOf(2));
    await value('SELECT wallet_open($1, $2, $3)', 'bob', 'USD', idOf(3));
    // An event_id fits a JavaScript number, though pg gives it as text.
    check('open_id', Number.isSafeInteger(Number(account)) && account === await value("SELECT account FROM wallet_account('alice', 'USD')"), account);
}

async function exact() {
    const receipt = await transfer('@world', 'alice', BIG, 10);
    check('exact_38_digits', same([receipt.from_balance, receipt.to_balance, await balance('alice')], ['-' + BIG, BIG, BIG]), receipt);
    for (const number of [11, 12, 13]) await transfer('alice', 'bob', '0.10', number);
    const got = [await balance('bob'), await balance('alice')];
    check('exact_cents', same(got, ['0.30', '123456789012345678901234567890123456.48']), got);
    check('no_float', typeof got[0] === 'string', typeof got[0]);
    const saw = await refused(() => transfer('alice', 'bob', 0.1 + 0.2, 14));
    check('float_refused', ['WA007', '42883'].includes(saw.code), saw);
}

async function refusals() {
    const saw = await refused(() => transfer('bob', 'alice', '1000', 20));
    check('refusal_sqlstate', saw.code === 'WA001', saw);
    check('refusal_detail', saw.detail === 'Account "bob" has 0.30 USD available (balance 0.30, held 0.00, floor 0.00); 1000.00 was asked for.', saw);
    check('refusal_usable', await balance('bob') === '0.30');
}

async function once() {
    const first = (await rows('SELECT event_id FROM wallet_get($1)', idOf(11)))[0].event_id;
    const again = await transfer('alice', 'bob', '0.10', 11);
    check('retry', same([again.event_id, again.amount, again.replayed, await balance('bob')], [first, '0.10', true, '0.30']), again);
    const saw = await refused(() => transfer('alice', 'bob', '0.20', 11));
    check('conflict', saw.code === 'WA010' && saw.detail.includes('amount'), saw);
    check('transaction_id', again.transaction_id === idOf(11), again);
    check('recorded_at', BigInt(again.recorded_at.getTime()) === BigInt(again.event_id) / 1000n, again);
}

const transfers = (amounts, numbers) =>
    rows('SELECT * FROM wallet_transfers($1, $2, $3, $4, $5, metadatas => $6) ORDER BY ord',
        ['alice', 'bob', 'alice'], ['bob', 'alice', 'bob'], amounts, ['USD', 'USD', 'USD'], numbers.map(idOf), [null, { n: 2 }, { n: 3 }]);

async function bulk() {
    const answers = await transfers(['1.05', '1000', '2.10'], [30, 31, 32]);
    check('bulk', same(answers.map((a) => [a.ord, a.status, a.amount]),
        [[1, 'success', '1.05'], [2, 'insufficient_funds', null], [3, 'success', '2.10']]), answers);
    const kept = [await value('SELECT metadata FROM wallet_get($1)', idOf(30)), await value('SELECT metadata FROM wallet_get($1)', idOf(32))];
    check('bulk_metadata', same(kept, [null, { n: 3 }]), kept);
    const saw = await refused(() => transfers(['1', null, '1'], [33, 34, 35]));
    check('bulk_null', saw.code === 'WA024' && saw.message === 'element 2 of array "amounts" is NULL', saw);
}

async function metadata() {
    await transfer('alice', 'bob', '1.00', 40, NOTE);
    const kept = await value('SELECT metadata FROM wallet_get($1)', idOf(40));
    check('metadata', same(kept, NOTE), kept);
}

// Both in one transaction; what the transfer answered.
async function orderAndPayment(end) {
    await client.query('BEGIN');
    await client.query('INSERT INTO shop_order VALUES ($1, $2)', [1, idOf(50)]);
    const receipt = await transfer('alice', 'bob', '5.00', 50);
    await client.query(end);
    return receipt;
}

async function transactions() {
    await client.query('CREATE TABLE shop_order (id integer PRIMARY KEY, payment uuid NOT NULL)');
    await orderAndPayment('ROLLBACK');
    let saw = [await value('SELECT count(*) FROM shop_order'), await rows('SELECT * FROM wallet_get($1)', idOf(50)), await balance('bob')];
    check('rollback', same(saw, ['0', [], '4.45']), saw);
    const receipt = await orderAndPayment('COMMIT');
    saw = [await value('SELECT count(*) FROM shop_order'), await balance('bob'), receipt.replayed];
    check('commit', same(saw, ['1', '9.45', false]), saw);
}

async function statement() {
    const amounts = (await rows('SELECT amount FROM wallet.entry WHERE name = $1 ORDER BY event_id', 'bob')).map((row) => row.amount);
    const sum = amounts.reduce((total, amount) => total + cents(amount), 0n);
    check('statement', amounts.length === 7 && sum === 945n && sum === cents(await balance('bob')), amounts);
}

(async () => {
    await client.connect();
    console.log(`# pg ${version}, node ${process.versions.node}`);
    for (const part of [opening, exact, refusals, once, bulk, metadata, transactions, statement]) await part();
    await client.end();
})().catch((error) => { console.log(`not ok - ${error.stack}`); process.exit(1); });
