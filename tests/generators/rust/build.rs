//! Makes the client. OPENAPI: an OpenAPI 3.0 document.

fn main() {
    println!("cargo:rerun-if-env-changed=OPENAPI");
    let path = std::env::var("OPENAPI").expect("OPENAPI names an OpenAPI 3.0 document");
    println!("cargo:rerun-if-changed={path}");
    let text = std::fs::read_to_string(path).expect("the document can be read");
    let document: openapiv3::OpenAPI = serde_json::from_str(&text).expect("OpenAPI 3.0");
    let mut settings = progenitor::GenerationSettings::default();
    settings.with_interface(progenitor::InterfaceStyle::Builder);
    let mut generator = progenitor::Generator::new(&settings);
    let tokens = generator
        .generate_tokens(&document)
        .expect("a client can be made");
    let file = syn::parse2(tokens).expect("it is Rust");
    let out = std::env::var("OUT_DIR").expect("set by cargo");
    std::fs::write(format!("{out}/client.rs"), prettyplease::unparse(&file)).expect("written");
}
