//! `deploy/Caddyfile` with a real Caddy between the browser and two applications.

use std::path::Path;
use std::process::Command;

use super::behind::Site;

#[tokio::test]
async fn caddy_asks_before_each_request() {
    let site = Site::new().await;
    let directory = tempfile::tempdir().expect("a directory");
    let caddyfile = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/Caddyfile");
    let mut caddy = Command::new("caddy");
    caddy
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(caddyfile)
        .env("HOME", directory.path())
        .env("XDG_DATA_HOME", directory.path())
        .env("XDG_CONFIG_HOME", directory.path())
        .env("AUTH_SITE", format!("http://auth.localhost:{}", site.port))
        .env("APP_SITE", format!("http://app.localhost:{}", site.port))
        .env("CRESTFALL", site.crestfall.to_string())
        .env("APP", site.app.to_string())
        .env("CADDY_ADMIN", "off");
    let _caddy = site.start(caddy, "caddy");
    let visitor = site.visitor().await;
    site.is_guarded(&visitor).await;
}
