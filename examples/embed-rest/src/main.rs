//! DATABASE_URL=postgresql://authenticator@localhost/notes JWKS_URL=https://login.example.com/keys embed-rest

use std::env::var;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = var("DATABASE_URL")?;
    let issuer = crestfall_core::jwt::Verifier::builder().jwks_url(var("JWKS_URL")?);
    let verifier = issuer.anonymous_role("anon").build()?;
    let app = embed_rest::app(sqlx::PgPool::connect(&url).await?, &url, verifier).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, app).await?)
}
