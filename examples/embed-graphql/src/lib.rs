//! One endpoint: the database's fields, and one that the service answers itself.

use axum::Router;
use crestfall_core::{identity::IdentifyLayer, jwt::Verifier};
use crestfall_graphql::{Config, Extension, GraphQl};
use serde_json::json;

const FORECAST: &str = "
  extend type Query { \"Tomorrow's weather\" forecast(city: String!): Forecast }
  type Forecast { city: String! celsius: Float! askedBy: String }
";

/// The service. Its callers are whom `verifier` says.
pub async fn app(url: &str, verifier: Verifier) -> Result<Router, Box<dyn std::error::Error>> {
    let forecast = Extension::new(FORECAST)?.resolve("forecast", async |call| {
        let city = call.arguments["city"].clone();
        let celsius = match city.as_str() {
            Some("Hull") => 11.5,
            _ => return Err(format!("no forecast for {city}")),
        };
        let asked_by = call.identity.claims().get("sub");
        Ok(json!({ "city": city, "celsius": celsius, "askedBy": asked_by }))
    });
    let graphql = GraphQl::connect(url, Config::default()).await?;
    Ok(Router::new()
        .nest("/graphql", graphql.extend(forecast).router())
        .layer(IdentifyLayer::new(verifier)))
}
