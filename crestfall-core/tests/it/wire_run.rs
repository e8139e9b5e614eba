//! One request, one transaction, one round trip.

use std::time::Duration;

use crestfall_core::db::{Access, Db, DbError, End, Isolation, Param, Scope, Statement};

use crate::database;

const READ: Scope<'static> = Scope {
    settings: &[],
    access: Access::ReadOnly,
    isolation: None,
    end: End::Commit,
    prelude: None,
    share: crestfall_core::db::Share::Pipelined,
    leaves_nothing: false,
};

fn text(rows: &crestfall_core::db::Rows) -> &str {
    std::str::from_utf8(rows.first().unwrap_or_default()).unwrap()
}

async fn one(db: &Db, scope: &Scope<'_>, sql: &str) -> Result<String, DbError> {
    let rows = db.run(scope, &[Statement::new(sql)]).await?;
    Ok(text(&rows[0]).to_owned())
}

fn code(error: &DbError) -> &str {
    error.postgres().map_or("", |error| &error.code)
}

#[tokio::test]
async fn settings_hold_for_one_transaction_only() {
    let Some(db) = database(|config| config.pool_size = 1).await else {
        return;
    };
    let scope = Scope {
        settings: &[
            ("role", "pg_monitor"),
            ("request.path", "/it's"),
            ("search_path", "pg_temp"),
        ],
        access: Access::ReadOnly,
        ..Scope::default()
    };
    let sql =
        "select current_user || current_setting('request.path') || current_setting('search_path')";
    assert_eq!(
        one(&db, &scope, sql).await.unwrap(),
        "pg_monitor/it'spg_temp"
    );
    let sql = "select current_user || '-' || current_setting('request.path', true)";
    assert_eq!(one(&db, &READ, sql).await.unwrap(), "postgres-");
}

/// What an earlier transaction may have left in the session.
const TRACES: &str =
    "select current_user || coalesce('-' || nullif(current_setting('app.left', true), ''), '')
    || current_setting('timezone') || current_setting('statement_timeout')
    || coalesce(to_regclass('pg_temp.left_behind')::text, '')";

/// A function's doing, or a trigger's.
const LEAVING: &str = "do $$ begin
    perform set_config('app.left', 'secret', false), set_config('timezone', 'America/Lima', false);
    perform set_config('statement_timeout', '77s', false), set_config('role', 'pg_monitor', false);
end $$";

#[tokio::test]
async fn what_a_transaction_leaves_in_its_session_is_of_no_other_sec_44() {
    let db = database(|config| config.pool_size = 1).await.unwrap();
    let clean = one(&db, &READ, TRACES).await.unwrap();
    assert!(clean.ends_with('0'), "{clean}");
    let leaving = || [Statement::new(LEAVING)];
    let scopes = [
        READ,
        Scope::default(),
        Scope {
            isolation: Some(Isolation::Serializable),
            ..Scope::default()
        },
        Scope {
            end: End::Rollback,
            ..Scope::default()
        },
    ];
    for scope in &scopes {
        db.run(scope, &leaving()).await.unwrap();
        assert_eq!(one(&db, &READ, TRACES).await.unwrap(), clean, "{scope:?}");
        let (_, open) = db.open(scope, &leaving()).await.unwrap();
        open.commit().await.unwrap();
        assert_eq!(one(&db, &READ, TRACES).await.unwrap(), clean, "{scope:?}");
        drop(db.open(scope, &leaving()).await.unwrap());
        assert_eq!(one(&db, &READ, TRACES).await.unwrap(), clean, "{scope:?}");
        let failing = [Statement::new(LEAVING), Statement::new("select 1 / 0")];
        assert_eq!(code(&db.run(scope, &failing).await.unwrap_err()), "22012");
        assert_eq!(one(&db, &READ, TRACES).await.unwrap(), clean, "{scope:?}");
    }
    let temporary = [Statement::new("create temporary table left_behind ()")];
    db.run(&Scope::default(), &temporary).await.unwrap();
    assert_eq!(one(&db, &READ, TRACES).await.unwrap(), clean);
    // Who promises to leave nothing is believed: nothing more is sent.
    let trusted = Scope {
        leaves_nothing: true,
        ..READ
    };
    db.run(&trusted, &leaving()).await.unwrap();
    assert_ne!(one(&db, &trusted, TRACES).await.unwrap(), clean);
}

#[tokio::test]
async fn neighbours_on_a_shared_connection_see_nothing_of_each_others_session_sec_44() {
    let db = database(|config| config.pool_size = 1).await.unwrap();
    let clean = one(&db, &READ, TRACES).await.unwrap();
    // Short by now, so that all of them are on their way at once.
    for _ in 0..20 {
        db.run(&READ, &[Statement::new(LEAVING)]).await.unwrap();
        one(&db, &READ, TRACES).await.unwrap();
    }
    let mut asking = tokio::task::JoinSet::new();
    for turn in 0..400 {
        let (db, clean) = (db.clone(), clean.clone());
        asking.spawn(async move {
            if turn % 2 == 0 {
                db.run(&READ, &[Statement::new(LEAVING)]).await.unwrap();
            } else {
                assert_eq!(one(&db, &READ, TRACES).await.unwrap(), clean);
            }
        });
    }
    while let Some(asked) = asking.join_next().await {
        asked.unwrap();
    }
}

#[tokio::test]
async fn results_come_in_order_with_columns_and_counts() {
    let Some(db) = database(|_| {}).await else {
        return;
    };
    let statements = [
        Statement::new("select $1::int as a, null as b, $2::text as c")
            .bind("7")
            .bind("ü"),
        Statement::new("create temp table results(x int) on commit drop"),
        Statement::new("insert into results select generate_series(1, 5)"),
        Statement {
            sql: "select $1::int4".into(),
            params: vec![Param::Binary(vec![0, 0, 1, 0].into())],
        },
    ];
    for _ in 0..3 {
        let results = db.run(&Scope::default(), &statements).await.unwrap();
        let row = results[0].row(0).unwrap();
        assert_eq!(
            (row.get_str(0), row.get(1), row.get_str(2)),
            (Some("7"), None, Some("ü"))
        );
        let names: Vec<_> = results[0].columns().iter().map(|c| &*c.name).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(
            (results[2].command(), results[2].rows_affected()),
            ("INSERT", 5)
        );
        assert_eq!(text(&results[3]), "256");
    }
}

#[tokio::test]
async fn a_transaction_that_only_reads_cannot_write() {
    let Some(db) = database(|_| {}).await else {
        return;
    };
    for isolation in [None, Some(Isolation::Serializable)] {
        let scope = Scope { isolation, ..READ };
        let error = one(&db, &scope, "create table never(x int)")
            .await
            .unwrap_err();
        assert_eq!(code(&error), "25006");
    }
}

#[tokio::test]
async fn a_failed_statement_undoes_all() {
    let Some(db) = database(|_| {}).await else {
        return;
    };
    let scope = Scope::default();
    db.run(
        &scope,
        &[Statement::new("create table if not exists undone(x int)")],
    )
    .await
    .unwrap();
    let statements = [
        Statement::new("insert into undone values (1)"),
        Statement::new("select 1/0"),
    ];
    let error = db.run(&scope, &statements).await.unwrap_err();
    assert_eq!(code(&error), "22012");
    assert_eq!(
        one(&db, &READ, "select count(*) from undone")
            .await
            .unwrap(),
        "0"
    );
}

#[tokio::test]
async fn an_error_tells_which_of_the_statements_it_is_of() {
    let Some(db) = database(|_| {}).await else {
        return;
    };
    let failed = |error: DbError| error.postgres().and_then(|error| error.statement);
    let prelude = Statement::new("select 1");
    let scope = Scope {
        settings: &[("request.path", "/")],
        prelude: Some(&prelude),
        ..Scope::default()
    };
    let statements = [
        "select 1",
        "select generate_series(1, 9)",
        "select 1 / $1::int",
    ];
    let mut statements = statements.map(Statement::new);
    statements[2].params.push(Param::from("0"));
    // Prepared now, and then known already.
    for _ in 0..2 {
        let error = db.run(&scope, &statements).await.unwrap_err();
        assert_eq!(failed(error), Some(2));
    }
    // Refused before it could run.
    statements[1] = Statement::new("select nothing_of_that_name");
    let (_, mut open) = db.open(&scope, &statements[..1]).await.unwrap();
    assert_eq!(failed(open.run(&statements).await.unwrap_err()), Some(1));
    drop(open);
    // One that no statement is to blame for.
    let unknown = Scope {
        settings: &[("role", "nobody_of_that_name")],
        ..Scope::default()
    };
    let error = db.run(&unknown, &statements[..1]).await.unwrap_err();
    assert_eq!(failed(error), None);
}

#[tokio::test]
async fn isolation_and_rollback_are_as_asked() {
    let Some(db) = database(|config| config.pool_size = 1).await else {
        return;
    };
    let scope = Scope {
        isolation: Some(Isolation::RepeatableRead),
        ..READ
    };
    let level = one(&db, &scope, "show transaction_isolation")
        .await
        .unwrap();
    assert_eq!(level, "repeatable read");
    let scope = Scope {
        end: End::Rollback,
        ..Scope::default()
    };
    one(&db, &scope, "create table rolled_back as select 1")
        .await
        .unwrap();
    assert_eq!(
        one(&db, &READ, "select to_regclass('rolled_back') is null")
            .await
            .unwrap(),
        "t"
    );
}

#[tokio::test]
async fn a_deferred_constraint_fails_the_commit() {
    let Some(db) = database(|_| {}).await else {
        return;
    };
    let setup = "create table if not exists deferred(x int unique deferrable initially deferred)";
    db.run(&Scope::default(), &[Statement::new(setup)])
        .await
        .unwrap();
    let insert = [Statement::new("insert into deferred values (1), (1)")];
    for end in [End::Commit, End::Rollback] {
        let scope = Scope {
            end,
            ..Scope::default()
        };
        assert_eq!(code(&db.run(&scope, &insert).await.unwrap_err()), "23505");
        let (_, open) = db.open(&scope, &insert).await.unwrap();
        assert_eq!(code(&open.commit().await.unwrap_err()), "23505");
    }
    assert_eq!(
        one(&db, &READ, "select count(*) from deferred")
            .await
            .unwrap(),
        "0"
    );
}

#[tokio::test]
async fn an_open_transaction_ends_as_its_holder_says() {
    let Some(db) = database(|config| config.pool_size = 1).await else {
        return;
    };
    let make = Statement::new("create table opened as select 1 as x");
    let gone = "select to_regclass('opened') is null";
    let scope = Scope {
        settings: &[("role", "postgres")],
        ..Scope::default()
    };
    for _ in 0..2 {
        let (_, open) = db.open(&scope, std::slice::from_ref(&make)).await.unwrap();
        open.rollback().await.unwrap();
        assert_eq!(one(&db, &READ, gone).await.unwrap(), "t");
        let (_, open) = db.open(&scope, std::slice::from_ref(&make)).await.unwrap();
        drop(open);
        assert_eq!(one(&db, &READ, gone).await.unwrap(), "t");
    }
    let (_, mut open) = db.open(&scope, std::slice::from_ref(&make)).await.unwrap();
    open.run(&[Statement::new("select 1/0")]).await.unwrap_err();
    assert_eq!(code(&open.commit().await.unwrap_err()), "25P02");
    assert_eq!(one(&db, &READ, gone).await.unwrap(), "t");
    let (_, mut open) = db.open(&scope, std::slice::from_ref(&make)).await.unwrap();
    let rows = open
        .run(&[Statement::new("select x from opened")])
        .await
        .unwrap();
    assert_eq!(text(&rows[0]), "1");
    open.commit().await.unwrap();
    db.run(&scope, &[Statement::new("drop table opened")])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_stale_statement_is_prepared_again() {
    let Some(db) = database(|config| config.pool_size = 1).await else {
        return;
    };
    let change = |sql: &'static str| {
        let db = db.clone();
        async move {
            db.run(&Scope::default(), &[Statement::new(sql)])
                .await
                .map(drop)
        }
    };
    change("drop table if exists stale").await.unwrap();
    change("create table stale as select 1 as x").await.unwrap();
    for sql in [
        "alter table stale add y text default 'y'",
        "alter table stale drop x",
        "select 1",
    ] {
        let rows = db
            .run(&READ, &[Statement::new("select * from stale")])
            .await
            .unwrap();
        assert_eq!(
            rows[0].columns().len(),
            rows[0].row(0).unwrap().values().count()
        );
        change(sql).await.unwrap();
    }
    let scope = Scope {
        end: End::Rollback,
        ..Scope::default()
    };
    db.run(&scope, &[Statement::new("deallocate all")])
        .await
        .unwrap();
    one(&db, &READ, "select y from stale").await.unwrap();
}

#[tokio::test]
async fn results_of_any_size_arrive() {
    let Some(db) = database(|_| {}).await else {
        return;
    };
    let sql = "select n, repeat('x', n) from generate_series(1, 3000) n";
    let rows = db
        .run(&READ, &[Statement::new(sql), Statement::new("select 1")])
        .await
        .unwrap();
    assert_eq!((rows[0].len(), rows[0].rows_affected()), (3000, 3000));
    for (index, row) in rows[0].iter().enumerate() {
        assert_eq!(row.get(1).unwrap().len(), index + 1);
    }
    let sql = "select repeat('x', 30000000)";
    assert_eq!(one(&db, &READ, sql).await.unwrap().len(), 30_000_000);
    let big = "y".repeat(20_000_000);
    let statement = Statement::new("select length($1)").bind(big);
    assert_eq!(
        text(&db.run(&READ, &[statement]).await.unwrap()[0]),
        "20000000"
    );
}

#[tokio::test]
async fn a_result_over_the_limit_is_refused() {
    let Some(db) = database(|config| config.max_result_bytes = Some(10_000)).await else {
        return;
    };
    let sql = "select repeat('x', 1000) from generate_series(1, 1000000)";
    let error = one(&db, &READ, sql).await.unwrap_err();
    assert!(matches!(error, DbError::ResultTooLarge { limit: 10_000 }));
    assert_eq!(one(&db, &READ, "select 1").await.unwrap(), "1");
}

#[tokio::test]
async fn a_full_pool_times_out_and_a_full_queue_refuses() {
    let Some(db) = database(|config| {
        config.pool_size = 1;
        config.queue_limit = 1;
        config.acquisition_timeout = Duration::from_millis(200);
    })
    .await
    else {
        return;
    };
    let slow = one(&db, &READ, "select pg_sleep(0.6)");
    let waits = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        one(&db, &READ, "select 1").await
    };
    let refused = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        one(&db, &READ, "select 1").await
    };
    let (slow, waits, refused) = tokio::join!(slow, waits, refused);
    slow.unwrap();
    assert!(matches!(waits, Err(DbError::PoolTimeout)));
    assert!(matches!(refused, Err(DbError::QueueFull)));
    assert_eq!(db.status().waiting, 0);
}

#[tokio::test]
async fn a_copy_from_the_client_is_refused() {
    let Some(db) = database(|config| config.pool_size = 1).await else {
        return;
    };
    let scope = Scope {
        end: End::Rollback,
        ..Scope::default()
    };
    let statements = [
        Statement::new("create temp table copied(x int)"),
        Statement::new("copy copied from stdin"),
    ];
    let error = db.run(&scope, &statements).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("COPY FROM STDIN is not supported")
    );
    assert_eq!(one(&db, &READ, "select 1").await.unwrap(), "1");
}
