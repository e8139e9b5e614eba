//! The rules. Their ids are for ever.

use serde::Serialize;

/// How bad a finding is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Somebody gets what they should not.
    Error,
    /// Somebody may get it, or soon will.
    Warning,
    /// It works, and could work better.
    Advice,
}

/// One thing to look for.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// Of a finding.
    pub(crate) level: Level,
    /// Of a finding that the query calls worse.
    pub(crate) worse: Level,
    /// Gives place, finding, remedy, and whether it is worse.
    pub(crate) sql: &'static str,
}

macro_rules! rule {
    ($id:literal, $title:literal, $level:ident, $worse:ident, $file:literal) => {
        Rule {
            id: $id,
            title: $title,
            level: Level::$level,
            worse: Level::$worse,
            sql: include_str!(concat!($file, ".sql")),
        }
    };
}

/// Every rule.
pub(crate) const RULES: &[Rule] = &[
    rule!(
        "CF-D001",
        "a table without row-level security",
        Warning,
        Error,
        "rls_off"
    ),
    rule!(
        "CF-D002",
        "row-level security without a policy",
        Advice,
        Advice,
        "no_policy"
    ),
    rule!(
        "CF-D003",
        "a policy that lets write any row",
        Warning,
        Error,
        "write_policy_true"
    ),
    rule!(
        "CF-D004",
        "a view that reads as its owner",
        Warning,
        Error,
        "definer_view"
    ),
    rule!(
        "CF-D005",
        "a definer function that PUBLIC may call",
        Error,
        Error,
        "definer_function"
    ),
    rule!(
        "CF-D006",
        "a definer function without search_path",
        Warning,
        Warning,
        "definer_search_path"
    ),
    rule!(
        "CF-D007",
        "a materialized view or foreign table",
        Warning,
        Error,
        "materialized_view"
    ),
    rule!(
        "CF-D008",
        "rights that no policy holds",
        Error,
        Error,
        "grants"
    ),
    rule!(
        "CF-D009",
        "accounts within reach",
        Error,
        Error,
        "exposed_auth"
    ),
    rule!(
        "CF-D010",
        "a policy without an index",
        Advice,
        Advice,
        "policy_index"
    ),
    rule!(
        "CF-D011",
        "a policy that asks for every row",
        Advice,
        Advice,
        "policy_per_row"
    ),
    rule!(
        "CF-D012",
        "a bucket that anybody can list",
        Warning,
        Error,
        "listable_bucket"
    ),
    rule!(
        "CF-D013",
        "grants on what is to come",
        Warning,
        Error,
        "default_privileges"
    ),
    rule!(
        "CF-D014",
        "a role with too many rights",
        Error,
        Error,
        "powerful_role"
    ),
    rule!(
        "CF-D015",
        "a function that shows what no policy holds",
        Warning,
        Error,
        "function_reads"
    ),
    rule!(
        "CF-D016",
        "a definer function that gives rows from anywhere",
        Advice,
        Warning,
        "opaque_function"
    ),
];
