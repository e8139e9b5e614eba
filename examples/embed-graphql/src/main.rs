//! DATABASE_URL=postgresql://authenticator@localhost/notes JWT_SECRET=… embed-graphql

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (url, secret) = (std::env::var("DATABASE_URL")?, std::env::var("JWT_SECRET")?);
    let verifier = crestfall_core::jwt::Verifier::builder().secret(secret);
    let app = embed_graphql::app(&url, verifier.anonymous_role("anon").build()?).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, app).await?)
}
