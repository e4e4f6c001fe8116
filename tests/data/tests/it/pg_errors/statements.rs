//! Statements that the server refuses.

use redress::ErrorClass;
use redress_data_tests::Rows;

use super::said;
use crate::pg::Database;

/// What is made before, the statement, its code and its class.
type Case = (&'static str, &'static str, &'static str, ErrorClass);

const PERMANENT: ErrorClass = ErrorClass::Permanent;

async fn all(rows: &Rows, cases: &[Case]) {
    let database = Database::new().await;
    let client = &database.direct;
    for (before, statement, code, class) in cases {
        client.batch_execute(before).await.unwrap();
        let error = client.batch_execute(statement).await.unwrap_err();
        said(rows, error, code, *class);
        let as_before = "ROLLBACK; RESET ALL; RESET ROLE";
        client.batch_execute(as_before).await.unwrap();
    }
}

#[rustfmt::skip]
pub(super) async fn refused(rows: &Rows) {
    all(rows, &[
        ("", "SELECT sum(v) FROM acc FOR UPDATE", "0A000", PERMANENT),
        ("", "GRANT SELECT ON acc TO PUBLIC WITH GRANT OPTION", "0LP01", ErrorClass::Permission),
        ("", "SELECT (SELECT v FROM acc)", "21000", PERMANENT),
        ("", "SELECT 1/0", "22012", PERMANENT),
        ("", "INSERT INTO acc VALUES (1, 1)", "23505", PERMANENT),
        ("", "UPDATE acc SET v = 5000", "23514", PERMANENT),
        (
            "BEGIN; DECLARE c CURSOR FOR SELECT * FROM acc FOR UPDATE",
            "UPDATE acc SET v = 1 WHERE CURRENT OF c", "24000", PERMANENT,
        ),
        ("BEGIN READ ONLY", "UPDATE acc SET v = 1", "25006", ErrorClass::Transient),
        ("BEGIN", "VACUUM", "25001", PERMANENT),
        ("", "EXECUTE nothere", "26000", ErrorClass::Unknown),
        ("CREATE VIEW low AS SELECT * FROM acc WHERE v < 9 WITH CHECK OPTION", "DROP TABLE acc", "2BP01", PERMANENT),
        ("", "UPDATE low SET v = 10", "44000", PERMANENT),
        ("", "FETCH FROM nothere", "34000", PERMANENT),
        ("", "COPY acc FROM PROGRAM 'false'", "38000", ErrorClass::Unknown),
        ("", "SELECT pg_event_trigger_ddl_commands()", "39P03", ErrorClass::Unknown),
        ("BEGIN", "ROLLBACK TO nothere", "3B001", PERMANENT),
        ("", "CREATE TABLE nothere.t (id int)", "3F000", PERMANENT),
        ("CREATE ROLE few_rights; SET ROLE few_rights", "SELECT * FROM acc", "42501", ErrorClass::Permission),
        ("", "SELEC", "42601", PERMANENT),
        ("", "SELECT * FROM nothere", "42P01", PERMANENT),
        ("PREPARE p AS SELECT 1", "PREPARE p AS SELECT 1", "42P05", ErrorClass::Unknown),
        // A disk that is full, or looks so.
        ("", "COPY (SELECT repeat('x', 100000)) TO '/dev/full'", "53100", ErrorClass::ServerError),
        (
            "SET temp_file_limit = '64kB'; SET work_mem = '64kB'",
            "SELECT count(*) FROM (SELECT i FROM generate_series(1, 100000) i ORDER BY i DESC OFFSET 1) x",
            "53400", ErrorClass::ServerError,
        ),
        ("", "SELECT repeat('x', 1073741823)", "54000", PERMANENT),
        ("CREATE SEQUENCE s", "SELECT currval('s')", "55000", PERMANENT),
        ("SET statement_timeout = 20", "SELECT pg_sleep(60)", "57014", ErrorClass::Unknown),
        ("", "COPY acc FROM '/nothere'", "58P01", ErrorClass::ServerError),
        // A function that asks for the type number 0.
        ("", "SELECT array_in('{1}'::cstring, 0, -1)", "XX000", ErrorClass::ServerError),
    ])
    .await;
}

#[rustfmt::skip]
pub(super) async fn in_plpgsql(rows: &Rows) {
    all(rows, &[
        ("", "DO $$ BEGIN CASE 1 WHEN 2 THEN NULL; END CASE; END $$", "20000", PERMANENT),
        (
            "CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN UPDATE acc SET v = 2 WHERE id = OLD.id; RETURN OLD; END $$;
             CREATE TRIGGER changes BEFORE DELETE ON acc FOR EACH ROW EXECUTE FUNCTION change()",
            "DELETE FROM acc", "27000", PERMANENT,
        ),
        ("BEGIN", "DO $$ BEGIN COMMIT; END $$", "2D000", PERMANENT),
        (
            "CREATE FUNCTION nothing() RETURNS int LANGUAGE plpgsql AS $$ BEGIN END $$",
            "SELECT nothing()", "2F005", PERMANENT,
        ),
        ("", "DO $$ BEGIN RAISE EXCEPTION 'no'; END $$", "P0001", ErrorClass::Unknown),
        (
            "", "DO $$ DECLARE x int; BEGIN SELECT v INTO STRICT x FROM acc WHERE id = 9; END $$",
            "P0002", PERMANENT,
        ),
        ("", "DO $$ DECLARE x int; BEGIN SELECT v INTO STRICT x FROM acc; END $$", "P0003", PERMANENT),
        ("", "DO $$ BEGIN ASSERT false; END $$", "P0004", PERMANENT),
    ])
    .await;
}

/// A server says these of another one that it asks.
#[rustfmt::skip]
pub(super) async fn on_other_servers(rows: &Rows) {
    all(rows, &[
        (
            "CREATE EXTENSION dblink", "SELECT dblink_connect('host=127.0.0.1 port=1 user=x dbname=x')",
            "08001", ErrorClass::Transient,
        ),
        ("", "SELECT dblink_disconnect('nothere')", "08003", ErrorClass::Transient),
        (
            "CREATE EXTENSION postgres_fdw",
            "CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (nothere '1')",
            "HV00D", ErrorClass::Unknown,
        ),
        (
            "CREATE SERVER down FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');
             CREATE USER MAPPING FOR postgres SERVER down; CREATE FOREIGN TABLE far (id int) SERVER down",
            "SELECT * FROM far", "08001", ErrorClass::Transient,
        ),
    ])
    .await;
}
