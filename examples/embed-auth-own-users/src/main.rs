//! `DATABASE_URL=postgresql://localhost/club ENCRYPTION_KEY=… embed-auth-own-users`

use std::env::var;

use crestfall_auth::Config;
use crestfall_core::Secret;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pool = sqlx::PgPool::connect(&var("DATABASE_URL")?).await?;
    let config = Config::new(Secret::new(var("ENCRYPTION_KEY")?));
    let (app, auth) = embed_auth_own_users::app(pool, config).await?;
    tokio::spawn(async move { auth.run(tokio_util::sync::CancellationToken::new()).await });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, app).await?)
}
