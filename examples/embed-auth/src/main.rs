//! DATABASE_URL=postgresql://localhost/shop ENCRYPTION_KEY=$(openssl rand -hex 32) embed-auth

use std::env::var;

use crestfall_core::{Secret, migrate};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = var("DATABASE_URL")?;
    let database = migrate::database(&url)?;
    migrate::run(
        &database,
        &crestfall_auth::migrations(),
        &migrate::Options::default(),
    )
    .await?;
    let pool = sqlx::PgPool::connect(&url).await?;
    let app = embed_auth::app(pool, Secret::new(var("ENCRYPTION_KEY")?)).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    let app = app.into_make_service_with_connect_info::<std::net::SocketAddr>();
    Ok(axum::serve(listener, app).await?)
}
