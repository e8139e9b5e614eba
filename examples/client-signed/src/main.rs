//! CRESTFALL_URL=http://127.0.0.1:8000 KEY_ID=… KEY_SECRET=… client-signed 21.5

use std::env::{args, var};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let celsius = args().nth(1).ok_or("what was measured?")?.parse()?;
    let (url, id, secret) = (var("CRESTFALL_URL")?, var("KEY_ID")?, var("KEY_SECRET")?);
    let client = client_signed::client(&url, &id, &secret)?;
    for row in client_signed::measure(&client, celsius).await? {
        println!("{row}");
    }
    Ok(())
}
