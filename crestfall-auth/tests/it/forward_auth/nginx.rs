//! The configuration of nginx in `docs/forward-auth.md`, with a real nginx between the browser and two
//! applications.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::behind::Site;

/// The block of the documentation.
fn documented() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/forward-auth.md");
    let page = fs::read_to_string(page).expect("the documentation");
    let (_, rest) = page.split_once("```nginx\n").expect("a block for nginx");
    let (block, _) = rest.split_once("```").expect("its end");
    block.to_owned()
}

fn configuration(site: &Site) -> String {
    let (crestfall, app, port) = (site.crestfall, site.app, site.port);
    let guarded = documented()
        .replace("127.0.0.1:8000", &crestfall.to_string())
        .replace("127.0.0.1:9000", &app.to_string());
    format!(
        "daemon off;
        pid nginx.pid;
        error_log stderr;
        events {{}}
        http {{
          access_log off;
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi;
          scgi_temp_path scgi;
          server {{
            listen 127.0.0.1:{port};
            server_name auth.localhost;
            location / {{
              proxy_set_header Host $http_host;
              proxy_pass http://{crestfall};
            }}
          }}
          server {{
            listen 127.0.0.1:{port};
            server_name app.localhost;
            {guarded}
          }}
        }}"
    )
}

#[tokio::test]
async fn nginx_asks_before_each_request() {
    let site = Site::new().await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("nginx.conf");
    fs::write(&file, configuration(&site)).expect("a file");
    let program = match Path::new("/usr/sbin/nginx") {
        path if path.exists() => path,
        _ => Path::new("nginx"),
    };
    let mut nginx = Command::new(program);
    nginx.arg("-p").arg(directory.path()).arg("-c").arg(&file);
    let _nginx = site.start(nginx, "nginx-light");
    let visitor = site.visitor().await;
    site.is_guarded(&visitor).await;
}
