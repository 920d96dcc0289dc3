// Go (pgx) as a client of wallet. See ../README.md for what each line asserts.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgconn"
	"github.com/jackc/pgx/v4"
	"github.com/shopspring/decimal"
)

const note = `{"order": 7, "note": "żółć ☂ \"quoted\" 'too'", "tags": ["a", null], "nested": {"ok": true}}`

var (
	background = context.Background()
	big        = money("123456789012345678901234567890123456.78")
	db         *pgx.Conn
)

func must(err error) {
	if err != nil {
		fmt.Println("not ok -", err)
		os.Exit(1)
	}
}

func check(name string, good bool, saw ...interface{}) {
	if good {
		fmt.Println("ok - " + name)
	} else {
		fmt.Printf("not ok - %s: %v\n", name, saw)
	}
}

func idOf(number int) string {
	return fmt.Sprintf("018f5000-0000-7000-8000-%012d", number)
}

func money(text string) decimal.Decimal {
	return decimal.RequireFromString(text)
}

// same is equal in value and in decimals shown: 0.3 is not 0.30.
func same(a decimal.Decimal, text string) bool {
	return a.Equal(money(text)) && a.Exponent() == money(text).Exponent()
}

// Money goes in as text, which the server converts, and comes out as text: pgx's own numeric
// drops the decimals that are zero.
type receipt struct {
	status, transactionID string
	eventID               *int64
	recordedAt            *time.Time
	amount, from, to      decimal.NullDecimal
	replayed              bool
}

const columns = `status, transaction_id::text, event_id, recorded_at, amount::text, from_balance::text, to_balance::text, replayed`

func (r *receipt) scan(row pgx.Row) error {
	return row.Scan(&r.status, &r.transactionID, &r.eventID, &r.recordedAt, &r.amount, &r.from, &r.to, &r.replayed)
}

func transferAny(payer, payee string, amount interface{}, cast string, number int, metadata interface{}) (r receipt, err error) {
	err = r.scan(db.QueryRow(background, `SELECT `+columns+` FROM wallet_transfer($1, $2, $3`+cast+`, $4, $5::text::uuid, $6)`,
		payer, payee, amount, "USD", idOf(number), metadata))
	return r, err
}

func transfer(payer, payee, amount string, number int) (receipt, error) {
	return transferAny(payer, payee, amount, "::text::numeric", number, nil)
}

func balance(name string) (d decimal.Decimal) {
	must(db.QueryRow(background, `SELECT wallet_balance($1, $2)::text`, name, "USD").Scan(&d))
	return d
}

// refused is the error of the server that a call must have ended with.
func refused(err error) *pgconn.PgError {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e
	}
	return &pgconn.PgError{Message: fmt.Sprint(err)}
}

func opening() {
	var account, again int64
	_, err := db.Exec(background, `SELECT wallet_open($1, $2, $3, floor => $4)`, "@world", "USD", idOf(1), nil)
	must(err)
	must(db.QueryRow(background, `SELECT wallet_open($1, $2, $3)`, "alice", "USD", idOf(2)).Scan(&account))
	_, err = db.Exec(background, `SELECT wallet_open($1, $2, $3)`, "bob", "USD", idOf(3))
	must(err)
	must(db.QueryRow(background, `SELECT account FROM wallet_account('alice', 'USD')`).Scan(&again))
	check("open_id", account == again && account > 0, account, again)
}

func exact() {
	r, err := transfer("@world", "alice", big.String(), 10)
	must(err)
	check("exact_38_digits", r.from.Decimal.Equal(big.Neg()) && r.to.Decimal.Equal(big) && same(balance("alice"), big.String()), r.from, r.to)
	for number := 11; number <= 13; number++ {
		_, err = transfer("alice", "bob", "0.10", number)
		must(err)
	}
	check("exact_cents", same(balance("bob"), "0.30") && same(balance("alice"), "123456789012345678901234567890123456.48"),
		balance("bob"), balance("alice"))
	var plain interface{}
	must(db.QueryRow(background, `SELECT wallet_balance('bob', 'USD')`).Scan(&plain))
	check("no_float", reflect.TypeOf(plain).Kind() != reflect.Float64, reflect.TypeOf(plain))
	// Not as constants: Go would compute those exactly.
	tenth, fifth := 0.1, 0.2
	_, err = transferAny("alice", "bob", tenth+fifth, "", 14, nil)
	code := refused(err).Code
	check("float_refused", code == "WA007" || code == "42883", err)
}

func refusals() {
	_, err := transfer("bob", "alice", "1000", 20)
	check("refusal_sqlstate", refused(err).Code == "WA001", err)
	check("refusal_detail", refused(err).Detail ==
		`Account "bob" has 0.30 USD available (balance 0.30, held 0.00, floor 0.00); 1000.00 was asked for.`, refused(err).Detail)
	check("refusal_usable", same(balance("bob"), "0.30"), balance("bob"))
}

func once() {
	var first int64
	must(db.QueryRow(background, `SELECT event_id FROM wallet_get($1)`, idOf(11)).Scan(&first))
	again, err := transfer("alice", "bob", "0.10", 11)
	must(err)
	check("retry", *again.eventID == first && same(again.amount.Decimal, "0.10") && again.replayed && same(balance("bob"), "0.30"), again)
	_, err = transfer("alice", "bob", "0.20", 11)
	e := refused(err)
	check("conflict", e.Code == "WA010" && strings.Contains(e.Detail, "amount"), err)
	check("transaction_id", again.transactionID == idOf(11), again.transactionID)
	check("recorded_at", again.recordedAt.UnixNano()/1000000 == *again.eventID/1000, again.recordedAt)
}

func transfers(amounts []*string, numbers ...int) ([]receipt, error) {
	var ids []string
	for _, number := range numbers {
		ids = append(ids, idOf(number))
	}
	two, three := `{"n": 2}`, `{"n": 3}`
	rows, err := db.Query(background, `SELECT `+columns+` FROM wallet_transfers($1, $2, $3::text[]::numeric[], $4, $5::text[]::uuid[],
		metadatas => $6::text[]::jsonb[]) ORDER BY ord`, []string{"alice", "bob", "alice"}, []string{"bob", "alice", "bob"}, amounts,
		[]string{"USD", "USD", "USD"}, ids, []*string{nil, &two, &three})
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var answers []receipt
	for rows.Next() {
		var r receipt
		must(r.scan(rows))
		answers = append(answers, r)
	}
	return answers, rows.Err()
}

func texts(values ...string) (list []*string) {
	for i := range values {
		list = append(list, &values[i])
	}
	return list
}

func bulk() {
	a, err := transfers(texts("1.05", "1000", "2.10"), 30, 31, 32)
	must(err)
	check("bulk", len(a) == 3 && a[0].status == "success" && same(a[0].amount.Decimal, "1.05") && a[1].status == "insufficient_funds" &&
		!a[1].amount.Valid && a[2].status == "success" && same(a[2].amount.Decimal, "2.10"), a)
	var none, third *string
	must(db.QueryRow(background, `SELECT metadata::text FROM wallet_get($1)`, idOf(30)).Scan(&none))
	must(db.QueryRow(background, `SELECT metadata::text FROM wallet_get($1)`, idOf(32)).Scan(&third))
	check("bulk_metadata", none == nil && third != nil && *third == `{"n": 3}`, none, third)
	amounts := texts("1", "1", "1")
	amounts[1] = nil
	_, err = transfers(amounts, 33, 34, 35)
	check("bulk_null", refused(err).Code == "WA024" && refused(err).Message == `element 2 of array "amounts" is NULL`, err)
}

func metadata() {
	var wanted, kept map[string]interface{}
	must(json.Unmarshal([]byte(note), &wanted))
	_, err := transferAny("alice", "bob", "1.00", "::text::numeric", 40, wanted)
	must(err)
	must(db.QueryRow(background, `SELECT metadata FROM wallet_get($1)`, idOf(40)).Scan(&kept))
	check("metadata", reflect.DeepEqual(wanted, kept), kept)
}

// orderAndPayment does both in one transaction and says what the transfer answered.
func orderAndPayment(end func(pgx.Tx) error) receipt {
	tx, err := db.Begin(background)
	must(err)
	_, err = tx.Exec(background, `INSERT INTO shop_order VALUES ($1, $2)`, 1, idOf(50))
	must(err)
	r, err := transfer("alice", "bob", "5.00", 50)
	must(err)
	must(end(tx))
	return r
}

func counts() (orders, events int) {
	must(db.QueryRow(background, `SELECT (SELECT count(*) FROM shop_order), (SELECT count(*) FROM wallet_get($1))`, idOf(50)).Scan(&orders, &events))
	return orders, events
}

func transactions() {
	_, err := db.Exec(background, `CREATE TABLE shop_order (id integer PRIMARY KEY, payment uuid NOT NULL)`)
	must(err)
	orderAndPayment(func(tx pgx.Tx) error { return tx.Rollback(background) })
	orders, events := counts()
	check("rollback", orders == 0 && events == 0 && same(balance("bob"), "4.45"), orders, events, balance("bob"))
	r := orderAndPayment(func(tx pgx.Tx) error { return tx.Commit(background) })
	orders, events = counts()
	check("commit", orders == 1 && events == 1 && same(balance("bob"), "9.45") && !r.replayed, orders, events, balance("bob"), r)
}

func statement() {
	rows, err := db.Query(background, `SELECT amount::text FROM wallet.entry WHERE name = $1 ORDER BY event_id`, "bob")
	must(err)
	var sum decimal.Decimal
	count := 0
	for ; rows.Next(); count++ {
		var amount decimal.Decimal
		must(rows.Scan(&amount))
		sum = sum.Add(amount)
	}
	must(rows.Err())
	check("statement", count == 7 && same(sum, "9.45") && sum.Equal(balance("bob")), count, sum)
}

func main() {
	var err error
	db, err = pgx.Connect(background, "")
	must(err)
	fmt.Println("# pgx 4,", runtime.Version())
	for _, part := range []func(){opening, exact, refusals, once, bulk, metadata, transactions, statement} {
		part()
	}
}
