//! Where in the claims the role stands.

mod legacy;

use std::fmt;
use std::str::FromStr;

use serde_json::Value;
use serde_json_path::JsonPath;

use super::error::ConfigError;
use legacy::LegacyPath;

/// The path to the role: RFC 9535 JSONPath (`$.app.role`), or PostgREST's older notation
/// (`.app.role`). `Display` is
/// the path as `--dump-config` shows it: the older notation with every name quoted.
#[derive(Clone, Debug)]
pub struct RoleClaim(Path);

#[derive(Clone, Debug)]
enum Path {
    /// `$.role`, which needs no machinery.
    Default,
    /// The query and its text as given.
    Json(JsonPath, String),
    Legacy(LegacyPath),
}

impl RoleClaim {
    /// Whether it is written in the older notation, about which the operator should be warned.
    pub fn is_deprecated(&self) -> bool {
        matches!(self.0, Path::Legacy(_))
    }

    /// The first match, as a role name: a string as it is, anything else as its JSON.
    pub(super) fn find(&self, claims: &Value) -> Option<String> {
        let found = match &self.0 {
            Path::Default => claims.as_object()?.get("role")?,
            Path::Json(path, _) => path.query(claims).first()?,
            Path::Legacy(path) => path.find(claims)?,
        };
        match found {
            Value::String(role) => Some(role.clone()),
            other => Some(other.to_string()),
        }
    }
}

impl Default for RoleClaim {
    /// `$.role`.
    fn default() -> Self {
        Self(Path::Default)
    }
}

impl FromStr for RoleClaim {
    type Err = ConfigError;

    fn from_str(value: &str) -> Result<Self, ConfigError> {
        let error = match JsonPath::parse(value) {
            Ok(path) => return Ok(Self(Path::Json(path, value.to_owned()))),
            Err(error) => error,
        };
        if let Some(path) = LegacyPath::parse(value) {
            return Ok(Self(Path::Legacy(path)));
        }
        Err(ConfigError::RoleClaim {
            value: value.to_owned(),
            reason: error.to_string(),
        })
    }
}

impl fmt::Display for RoleClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Path::Default => f.write_str("$.role"),
            Path::Json(_, text) => f.write_str(text),
            Path::Legacy(path) => path.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn find(path: &str, claims: Value) -> Option<String> {
        path.parse::<RoleClaim>().expect(path).find(&claims)
    }

    #[test]
    fn both_notations_find_the_role() {
        let roles =
            || json!({ "realm": { "roles": ["other", "author"] }, "https://a/b": [{ "v": "x" }] });
        for (path, role) in [
            ("$.realm.roles[1]", Some("author")),
            (".realm.roles[1]", Some("author")),
            (".realm.roles[7]", None),
            ("$.realm.none", None),
            (r#"$["https://a/b"][0].v"#, Some("x")),
            (r#"."https://a/b"[0].v"#, Some("x")),
            (r#"$.realm.roles[?(@ == "author")]"#, Some("author")),
            ("$.realm.roles[?search(@, '^au')]", Some("author")),
            (r#".realm.roles[?(@ == "author")]"#, Some("author")),
            (r#".realm.roles[?(@ != "other")]"#, Some("author")),
            (r#".realm.roles[?(@ ^== "au")]"#, Some("author")),
            (r#".realm.roles[?(@ ==^ "hor")]"#, Some("author")),
            (r#".realm.roles[?(@*=="uth")]"#, Some("author")),
            (r#".realm[?(@ == "author")]"#, None),
        ] {
            assert_eq!(find(path, roles()).as_deref(), role, "{path}");
        }
    }

    #[test]
    fn a_role_that_is_no_string_is_its_json() {
        assert_eq!(
            find("$.role", json!({ "role": null })).as_deref(),
            Some("null")
        );
        assert_eq!(
            find(".role", json!({ "role": [1] })).as_deref(),
            Some("[1]")
        );
        assert_eq!(
            RoleClaim::default().find(&json!({ "role": 3 })).as_deref(),
            Some("3")
        );
    }

    #[test]
    fn malformed_paths_are_refused_by_name() {
        for path in [
            "$.my_role;;domain",
            "@@.role.other",
            "role.other",
            ".role##",
            ".my_role;;domain",
            ".#$$%&$%/",
            "1234",
            ".role[?(@ =)]",
            "",
            ".",
            ".a[",
            ".a[99999999999999999999999]",
            r#".a[?(@ == "x")].b"#,
        ] {
            let error = path.parse::<RoleClaim>().expect_err(path).to_string();
            let expected = format!("failed to parse role-claim-key value ({path})");
            assert!(error.starts_with(&expected), "{error}");
        }
    }

    #[test]
    fn display_is_canonical() {
        let shown = |path: &str| path.parse::<RoleClaim>().expect(path).to_string();
        assert_eq!(shown(".roles.user_role[2]"), r#"."roles"."user_role"[2]"#);
        assert_eq!(shown(r#".a[?(@=="x")]"#), r#"."a"[?(@ == "x")]"#);
        assert!(".a".parse::<RoleClaim>().expect("a path").is_deprecated());
        assert!(!"$.a".parse::<RoleClaim>().expect("a path").is_deprecated());
    }
}
