#!/usr/bin/env python3
"""Python as a client of wallet: client.py psycopg2 | psycopg3. See ../README.md for what each line asserts."""
import sys
import uuid
from decimal import Decimal, getcontext

if sys.argv[1] == 'psycopg2':
    import psycopg2 as driver
    from psycopg2.extras import Json, register_uuid
    register_uuid()
else:
    import psycopg as driver
    from psycopg.types.json import Jsonb as Json

# By default Python rounds the results of Decimal arithmetic, a minus sign too, to 28 digits.
getcontext().prec = 50

BIG = Decimal('123456789012345678901234567890123456.78')
NOTE = {'order': 7, 'note': 'żółć ☂ "quoted" \'too\'', 'tags': ['a', None], 'nested': {'ok': True}}
TRANSFER = 'SELECT * FROM wallet_transfer(%s, %s, %s, %s, %s, %s)'

connection = driver.connect('')
connection.autocommit = True
cursor = connection.cursor()


def check(name, good, saw=None):
    print(f'ok - {name}' if good else f'not ok - {name}: {saw!r}')


def id_of(number):
    return uuid.UUID(f'018f5000-0000-7000-8000-{number:012d}')


def rows(sql, *parameters):
    """Rows as dictionaries."""
    cursor.execute(sql, parameters)
    return [dict(zip([column.name for column in cursor.description], row)) for row in cursor.fetchall()]


def value(sql, *parameters):
    cursor.execute(sql, parameters)
    return cursor.fetchone()[0]


def transfer(payer, payee, amount, number, metadata=None):
    return rows(TRANSFER, payer, payee, amount, 'USD', id_of(number), metadata and Json(metadata))[0]


def balance(name):
    return value('SELECT wallet_balance(%s, %s)', name, 'USD')


def refused(call, *arguments):
    """(SQLSTATE, message, detail) of the error that the call must end with."""
    try:
        return None, repr(call(*arguments)), ''
    except driver.Error as error:
        return error.diag.sqlstate, error.diag.message_primary, error.diag.message_detail or ''


def opening():
    value('SELECT wallet_open(%s, %s, %s, floor => %s)', '@world', 'USD', id_of(1), None)
    account = value('SELECT wallet_open(%s, %s, %s)', 'alice', 'USD', id_of(2))
    value('SELECT wallet_open(%s, %s, %s)', 'bob', 'USD', id_of(3))
    check('open_id', isinstance(account, int) and account == value("SELECT account FROM wallet_account('alice', 'USD')"), account)


def exact():
    receipt = transfer('@world', 'alice', BIG, 10)
    check('exact_38_digits', (receipt['from_balance'], receipt['to_balance'], balance('alice')) == (-BIG, BIG, BIG), receipt)
    for number in (11, 12, 13):
        transfer('alice', 'bob', Decimal('0.10'), number)
    got = balance('bob'), balance('alice')
    check('exact_cents', (str(got[0]), str(got[1])) == ('0.30', '123456789012345678901234567890123456.48'), got)
    check('no_float', isinstance(got[0], Decimal), type(got[0]))
    saw = refused(transfer, 'alice', 'bob', 0.1 + 0.2, 14)
    check('float_refused', saw[0] in ('WA007', '42883'), saw)


def refusals():
    saw = refused(transfer, 'bob', 'alice', Decimal(1000), 20)
    check('refusal_sqlstate', saw[0] == 'WA001', saw)
    check('refusal_detail', saw[2] == 'Account "bob" has 0.30 USD available (balance 0.30, held 0.00, floor 0.00); 1000.00 was asked for.', saw)
    check('refusal_usable', balance('bob') == Decimal('0.30'))


def once():
    first = rows('SELECT event_id FROM wallet_get(%s)', id_of(11))[0]['event_id']
    again = transfer('alice', 'bob', Decimal('0.10'), 11)
    check('retry', (again['event_id'], again['amount'], again['replayed'], balance('bob')) == (first, Decimal('0.10'), True, Decimal('0.30')), again)
    saw = refused(transfer, 'alice', 'bob', Decimal('0.20'), 11)
    check('conflict', saw[0] == 'WA010' and 'amount' in saw[2], saw)
    check('transaction_id', again['transaction_id'] == id_of(11), again)
    check('recorded_at', int(again['recorded_at'].timestamp() * 1000 + 1e-3) == again['event_id'] // 1000, again)


def transfers(amounts, numbers):
    return rows('SELECT * FROM wallet_transfers(%s, %s, %s, %s, %s, metadatas => %s::jsonb[]) ORDER BY ord',
                ['alice', 'bob', 'alice'], ['bob', 'alice', 'bob'], amounts, ['USD'] * 3, [id_of(n) for n in numbers],
                [None, Json({'n': 2}), Json({'n': 3})])


def bulk():
    answers = transfers([Decimal('1.05'), Decimal(1000), Decimal('2.10')], (30, 31, 32))
    check('bulk', [(a['ord'], a['status'], a['amount']) for a in answers] ==
          [(1, 'success', Decimal('1.05')), (2, 'insufficient_funds', None), (3, 'success', Decimal('2.10'))], answers)
    kept = [value('SELECT metadata FROM wallet_get(%s)', id_of(n)) for n in (30, 32)]
    check('bulk_metadata', kept == [None, {'n': 3}], kept)
    saw = refused(transfers, [Decimal(1), None, Decimal(1)], (33, 34, 35))
    check('bulk_null', saw[:2] == ('WA024', 'element 2 of array "amounts" is NULL'), saw)


def metadata():
    transfer('alice', 'bob', Decimal('1.00'), 40, NOTE)
    kept = value('SELECT metadata FROM wallet_get(%s)', id_of(40))
    check('metadata', kept == NOTE, kept)


def order_and_payment(end):
    """Both in one transaction; what the transfer answered."""
    connection.autocommit = False
    cursor.execute('INSERT INTO shop_order VALUES (%s, %s)', (1, id_of(50)))
    receipt = transfer('alice', 'bob', Decimal('5.00'), 50)
    end()
    connection.autocommit = True
    return receipt


def transactions():
    cursor.execute('CREATE TABLE shop_order (id integer PRIMARY KEY, payment uuid NOT NULL)')
    order_and_payment(connection.rollback)
    saw = value('SELECT count(*) FROM shop_order'), rows('SELECT * FROM wallet_get(%s)', id_of(50)), balance('bob')
    check('rollback', saw == (0, [], Decimal('4.45')), saw)
    receipt = order_and_payment(connection.commit)
    saw = value('SELECT count(*) FROM shop_order'), balance('bob'), receipt['replayed']
    check('commit', saw == (1, Decimal('9.45'), False), saw)


def statement():
    amounts = [row['amount'] for row in rows('SELECT amount FROM wallet.entry WHERE name = %s ORDER BY event_id', 'bob')]
    check('statement', len(amounts) == 7 and sum(amounts) == balance('bob') == Decimal('9.45'), amounts)


print('# ' + sys.argv[1], driver.__version__.split()[0])
for part in (opening, exact, refusals, once, bulk, metadata, transactions, statement):
    part()
