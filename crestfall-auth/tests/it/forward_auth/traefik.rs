//! The middleware in `docs/forward-auth.md`, with a real Traefik between the browser and two
//! applications, where there is one (it is no package of Debian's).

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::behind::Site;

/// The block of the documentation.
fn documented() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/forward-auth.md");
    let page = fs::read_to_string(page).expect("the documentation");
    let (_, rest) = page
        .split_once("## Traefik\n\n```yaml\n")
        .expect("a block for Traefik");
    let (block, _) = rest.split_once("```").expect("its end");
    block.to_owned()
}

fn configuration(site: &Site) -> String {
    let guarded = documented().replace("127.0.0.1:8000", &site.crestfall.to_string());
    format!(
        "{guarded}  routers:
    auth:
      rule: Host(`auth.localhost`)
      service: crestfall
    app:
      rule: Host(`app.localhost`)
      middlewares: [crestfall]
      service: app
  services:
    crestfall:
      loadBalancer:
        servers: [{{ url: 'http://{}' }}]
    app:
      loadBalancer:
        servers: [{{ url: 'http://{}' }}]
",
        site.crestfall, site.app
    )
}

#[tokio::test]
async fn traefik_asks_before_each_request() {
    if Command::new("traefik").arg("version").output().is_err() {
        eprintln!("left out: there is no `traefik` here");
        return;
    }
    let site = Site::new().await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("dynamic.yaml");
    fs::write(&file, configuration(&site)).expect("a file");
    let mut traefik = Command::new("traefik");
    traefik
        .current_dir(directory.path())
        .arg(format!("--entryPoints.web.address=127.0.0.1:{}", site.port))
        .arg(format!("--providers.file.filename={}", file.display()))
        .arg("--global.checkNewVersion=false")
        .arg("--global.sendAnonymousUsage=false");
    let _traefik = site.start(traefik, "nothing of the name; see traefik.io");
    let visitor = site.visitor().await;
    // It listens before it has read its routes.
    let started = Instant::now();
    let page = format!("http://app.localhost:{}/public", site.port);
    while visitor.get(&page).send().await.expect("an answer").status() == 404 {
        assert!(started.elapsed() < Duration::from_secs(10), "no routes");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    site.is_guarded(&visitor).await;
}
