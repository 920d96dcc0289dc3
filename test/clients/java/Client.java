import java.math.BigDecimal;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.postgresql.util.PSQLException;

/** Java (JDBC) as a client of wallet. See ../README.md for what each line asserts. */
public class Client {
    static final BigDecimal BIG = new BigDecimal("123456789012345678901234567890123456.78");
    static final String NOTE = "{\"order\": 7, \"note\": \"żółć ☂ \\\"quoted\\\" 'too'\", \"tags\": [\"a\", null], \"nested\": {\"ok\": true}}";
    static Connection connection;

    static void check(String name, boolean good, Object saw) {
        System.out.println(good ? "ok - " + name : "not ok - " + name + ": " + saw);
    }

    static UUID idOf(int number) {
        return UUID.fromString(String.format("018f5000-0000-7000-8000-%012d", number));
    }

    static BigDecimal money(String text) {
        return new BigDecimal(text);
    }

    static PreparedStatement statement(String sql, Object... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        return statement;
    }

    /** The first column of the only row. */
    static <T> T value(Class<T> type, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = statement(sql, parameters); ResultSet result = statement.executeQuery()) {
            result.next();
            return result.getObject(1, type);
        }
    }

    static void execute(String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = statement(sql, parameters)) {
            statement.execute();
        }
    }

    /** A receipt, or an outcome of a bulk call. BigDecimal.equals tells 0.3 from 0.30: so do we. */
    record Receipt(String status, UUID transactionId, long eventId, Timestamp recordedAt, BigDecimal amount,
                   BigDecimal fromBalance, BigDecimal toBalance, boolean replayed) {
        static Receipt of(ResultSet row) throws SQLException {
            return new Receipt(row.getString("status"), row.getObject("transaction_id", UUID.class), row.getLong("event_id"),
                row.getTimestamp("recorded_at"), row.getBigDecimal("amount"), row.getBigDecimal("from_balance"),
                row.getBigDecimal("to_balance"), row.getBoolean("replayed"));
        }
    }

    static Receipt transfer(String payer, String payee, Object amount, int number, String metadata) throws SQLException {
        try (PreparedStatement statement = statement("SELECT * FROM wallet_transfer(?, ?, ?, ?, ?, ?::jsonb)",
                 payer, payee, amount, "USD", idOf(number), metadata);
             ResultSet result = statement.executeQuery()) {
            result.next();
            return Receipt.of(result);
        }
    }

    static Receipt transfer(String payer, String payee, Object amount, int number) throws SQLException {
        return transfer(payer, payee, amount, number, null);
    }

    static BigDecimal balance(String name) throws SQLException {
        return value(BigDecimal.class, "SELECT wallet_balance(?, ?)", name, "USD");
    }

    interface Call {
        Object run() throws SQLException;
    }

    /** What the call must end with: SQLSTATE, message, detail. */
    static List<String> refused(Call call) throws SQLException {
        try {
            return List.of("", "" + call.run(), "");
        } catch (PSQLException error) {
            String detail = error.getServerErrorMessage().getDetail();
            return List.of(error.getSQLState(), error.getServerErrorMessage().getMessage(), detail == null ? "" : detail);
        }
    }

    static void opening() throws SQLException {
        value(Long.class, "SELECT wallet_open(?, ?, ?, floor => ?::numeric)", "@world", "USD", idOf(1), null);
        Long account = value(Long.class, "SELECT wallet_open(?, ?, ?)", "alice", "USD", idOf(2));
        value(Long.class, "SELECT wallet_open(?, ?, ?)", "bob", "USD", idOf(3));
        check("open_id", account.equals(value(Long.class, "SELECT account FROM wallet_account('alice', 'USD')")), account);
    }

    static void exact() throws SQLException {
        Receipt receipt = transfer("@world", "alice", BIG, 10);
        check("exact_38_digits", receipt.fromBalance.equals(BIG.negate()) && receipt.toBalance.equals(BIG)
            && balance("alice").equals(BIG), receipt);
        for (int number = 11; number <= 13; number++) {
            transfer("alice", "bob", money("0.10"), number);
        }
        List<BigDecimal> got = List.of(balance("bob"), balance("alice"));
        check("exact_cents", got.equals(List.of(money("0.30"), money("123456789012345678901234567890123456.48"))), got);
        try (PreparedStatement statement = statement("SELECT wallet_balance('bob', 'USD')"); ResultSet result = statement.executeQuery()) {
            result.next();
            check("no_float", result.getObject(1) instanceof BigDecimal, result.getObject(1).getClass());
        }
        List<String> saw = refused(() -> transfer("alice", "bob", 0.1 + 0.2, 14));
        check("float_refused", List.of("WA007", "42883").contains(saw.get(0)), saw);
    }

    static void refusals() throws SQLException {
        List<String> saw = refused(() -> transfer("bob", "alice", money("1000"), 20));
        check("refusal_sqlstate", saw.get(0).equals("WA001"), saw);
        check("refusal_detail", saw.get(2).equals(
            "Account \"bob\" has 0.30 USD available (balance 0.30, held 0.00, floor 0.00); 1000.00 was asked for."), saw);
        check("refusal_usable", balance("bob").equals(money("0.30")), balance("bob"));
    }

    static void once() throws SQLException {
        long first = value(Long.class, "SELECT event_id FROM wallet_get(?)", idOf(11));
        Receipt again = transfer("alice", "bob", money("0.10"), 11);
        check("retry", again.eventId == first && again.amount.equals(money("0.10")) && again.replayed
            && balance("bob").equals(money("0.30")), again);
        List<String> saw = refused(() -> transfer("alice", "bob", money("0.20"), 11));
        check("conflict", saw.get(0).equals("WA010") && saw.get(2).contains("amount"), saw);
        check("transaction_id", again.transactionId.equals(idOf(11)), again);
        check("recorded_at", again.recordedAt.getTime() == again.eventId / 1000, again);
    }

    static List<Receipt> transfers(BigDecimal[] amounts, int... numbers) throws SQLException {
        UUID[] ids = new UUID[numbers.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = idOf(numbers[i]);
        }
        Array from = connection.createArrayOf("text", new String[] {"alice", "bob", "alice"});
        Array to = connection.createArrayOf("text", new String[] {"bob", "alice", "bob"});
        Array currencies = connection.createArrayOf("text", new String[] {"USD", "USD", "USD"});
        Array metadatas = connection.createArrayOf("jsonb", new String[] {null, "{\"n\": 2}", "{\"n\": 3}"});
        List<Receipt> outcomes = new ArrayList<>();
        try (PreparedStatement statement = statement("SELECT * FROM wallet_transfers(?, ?, ?, ?, ?, metadatas => ?) ORDER BY ord",
                 from, to, connection.createArrayOf("numeric", amounts), currencies, connection.createArrayOf("uuid", ids), metadatas);
             ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                outcomes.add(Receipt.of(result));
            }
        }
        return outcomes;
    }

    static boolean is(Receipt receipt, String status, BigDecimal amount) {
        return receipt.status.equals(status) && Objects.equals(receipt.amount, amount);
    }

    static void bulk() throws SQLException {
        List<Receipt> answers = transfers(new BigDecimal[] {money("1.05"), money("1000"), money("2.10")}, 30, 31, 32);
        check("bulk", answers.size() == 3 && is(answers.get(0), "success", money("1.05"))
            && is(answers.get(1), "insufficient_funds", null) && is(answers.get(2), "success", money("2.10")), answers);
        String none = value(String.class, "SELECT metadata::text FROM wallet_get(?)", idOf(30));
        String third = value(String.class, "SELECT metadata::text FROM wallet_get(?)", idOf(32));
        check("bulk_metadata", none == null && "{\"n\": 3}".equals(third), none + " " + third);
        List<String> saw = refused(() -> transfers(new BigDecimal[] {money("1"), null, money("1")}, 33, 34, 35));
        check("bulk_null", saw.get(0).equals("WA024") && saw.get(1).equals("element 2 of array \"amounts\" is NULL"), saw);
    }

    static void metadata() throws SQLException {
        transfer("alice", "bob", money("1.00"), 40, NOTE);
        String kept = value(String.class, "SELECT metadata::text FROM wallet_get(?)", idOf(40));
        // JDBC has no JSON: the server says whether it is equal, and the note comes back as text.
        boolean equal = value(Boolean.class, "SELECT ?::jsonb = ?::jsonb", kept, NOTE);
        String note = value(String.class, "SELECT ?::jsonb ->> 'note'", kept);
        check("metadata", equal && note.equals("żółć ☂ \"quoted\" 'too'"), kept);
    }

    interface End {
        void run() throws SQLException;
    }

    /** Both in one transaction; what the transfer answered. */
    static Receipt orderAndPayment(End end) throws SQLException {
        connection.setAutoCommit(false);
        execute("INSERT INTO shop_order VALUES (?, ?)", 1, idOf(50));
        Receipt receipt = transfer("alice", "bob", money("5.00"), 50);
        end.run();
        connection.setAutoCommit(true);
        return receipt;
    }

    static void transactions() throws SQLException {
        execute("CREATE TABLE shop_order (id integer PRIMARY KEY, payment uuid NOT NULL)");
        orderAndPayment(connection::rollback);
        List<Object> saw = List.of(value(Long.class, "SELECT count(*) FROM shop_order"),
            value(Long.class, "SELECT count(*) FROM wallet_get(?)", idOf(50)), balance("bob"));
        check("rollback", saw.equals(List.of(0L, 0L, money("4.45"))), saw);
        Receipt receipt = orderAndPayment(connection::commit);
        saw = List.of(value(Long.class, "SELECT count(*) FROM shop_order"), balance("bob"), receipt.replayed);
        check("commit", saw.equals(List.of(1L, money("9.45"), false)), saw);
    }

    static void entries() throws SQLException {
        BigDecimal sum = BigDecimal.ZERO;
        int count = 0;
        try (PreparedStatement statement = statement("SELECT amount FROM wallet.entry WHERE name = ? ORDER BY event_id", "bob");
             ResultSet result = statement.executeQuery()) {
            for (; result.next(); count++) {
                sum = sum.add(result.getBigDecimal(1));
            }
        }
        check("statement", count == 7 && sum.equals(money("9.45")) && sum.equals(balance("bob")), count + " " + sum);
    }

    public static void main(String[] arguments) throws SQLException {
        // JDBC knows no sockets of files: the runner has opened a port and set a password.
        String url = "jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE");
        connection = DriverManager.getConnection(url, System.getenv("PGUSER"), System.getenv("WALLET_TCP_PASSWORD"));
        System.out.println("# JDBC " + connection.getMetaData().getDriverVersion() + ", Java " + System.getProperty("java.version"));
        opening();
        exact();
        refusals();
        once();
        bulk();
        metadata();
        transactions();
        entries();
    }
}
