use super::*;

#[test]
fn overrides_have_a_name_and_a_type() {
    let texts = [
        "numeric=rust_decimal::Decimal".to_owned(),
        "public.films.facts=Facts".to_owned(),
    ];
    let overrides = Overrides::parse(&texts).unwrap();
    assert_eq!(overrides.get("public.films.facts"), Some("Facts"));
    assert_eq!(overrides.get("text"), None);
    assert_eq!(
        Overrides::parse(&["x".to_owned()]).unwrap_err(),
        "`x` is no NAME=TYPE"
    );
    assert!(Overrides::parse(&["=x".to_owned()]).is_err());
}
