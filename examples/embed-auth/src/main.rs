//! DATABASE_URL=postgresql://localhost/shop ENCRYPTION_KEY=$(openssl rand -hex 32) embed-auth

use std::{env::var, error::Error, net::SocketAddr};

use crestfall_core::Secret;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let key = Secret::new(var("ENCRYPTION_KEY")?);
    let app = embed_auth::app(&var("DATABASE_URL")?, key).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, app).await?)
}
