//! DATABASE_URL=postgresql://authenticator@localhost/notes JWKS_URL=https://login.example.com/keys embed-graphql

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (url, keys) = (std::env::var("DATABASE_URL")?, std::env::var("JWKS_URL")?);
    let verifier = crestfall_core::jwt::Verifier::builder().jwks_url(keys);
    let app = embed_graphql::app(&url, verifier.anonymous_role("anon").build()?).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, app).await?)
}
