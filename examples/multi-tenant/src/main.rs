//! MIGRATE_URL=postgresql://postgres@localhost/shop DATABASE_URL=postgresql://authenticator@localhost/shop \
//!   JWKS_URL=https://login.example.com/keys multi-tenant

use std::env::var;

#[tokio::main]
async fn main() -> Result<(), multi_tenant::Error> {
    let url = var("DATABASE_URL")?;
    multi_tenant::migrate(&var("MIGRATE_URL")?).await?;
    let verifier = crestfall_core::jwt::Verifier::builder().jwks_url(var("JWKS_URL")?);
    let pool = sqlx::PgPool::connect(&url).await?;
    let app = multi_tenant::app(pool, &url, verifier.anonymous_role("anon").build()?).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, app).await?)
}
