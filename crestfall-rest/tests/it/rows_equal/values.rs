//! Texts of values, each type's at random.

use proptest::prelude::*;

/// Any text that PostgreSQL can hold, with more odd characters than chance would give.
pub(super) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,12}",
        proptest::collection::vec(
            prop_oneof![
                any::<char>(),
                (1_u32..0x20).prop_map(|c| char::from_u32(c).unwrap_or(' ')),
                proptest::sample::select(vec![
                    '"',
                    '\\',
                    '/',
                    '\'',
                    '\u{7f}',
                    '\u{80}',
                    '\u{a0}',
                    '\u{2028}',
                    '\u{2029}',
                    '\u{feff}',
                    '\u{ffff}',
                    '\u{10ffff}',
                    '<',
                    '&',
                    ',',
                    '{',
                    '}'
                ]),
            ],
            0..12
        )
        .prop_map(String::from_iter),
    ]
    .prop_map(|text| text.replace('\0', ""))
}

pub(super) fn float() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<f64>().prop_map(|number| if number.is_nan() {
            "NaN".to_owned()
        } else {
            format!("{number:e}").replace("inf", "Infinity")
        }),
        (-1_000_000_i64..1_000_000, 0_u32..8)
            .prop_map(|(number, places)| { format!("{number}e-{places}") }),
    ]
}

pub(super) fn small_float() -> impl Strategy<Value = String> {
    any::<f32>().prop_map(|number| {
        if number.is_nan() {
            "NaN".to_owned()
        } else {
            format!("{number:e}").replace("inf", "Infinity")
        }
    })
}

pub(super) fn numeric() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?[0-9]{1,40}(\\.[0-9]{1,40})?",
        "-?[0-9]{1,5}e-?[0-9]{1,2}"
    ]
}

pub(super) fn date() -> impl Strategy<Value = String> {
    (1_i32..4700, 1_u32..=12, 1_u32..=28, any::<bool>()).prop_map(|(year, month, day, bc)| {
        format!(
            "{year:04}-{month:02}-{day:02}{}",
            if bc { " BC" } else { "" }
        )
    })
}

pub(super) fn time() -> impl Strategy<Value = String> {
    (0_u32..24, 0_u32..60, 0_u32..60, 0_u32..1_000_000).prop_map(|(hour, minute, second, micro)| {
        format!("{hour:02}:{minute:02}:{second:02}.{micro:06}")
    })
}

pub(super) fn timestamp() -> impl Strategy<Value = String> {
    (1_i32..4700, 1_u32..=12, 1_u32..=28, time(), any::<bool>()).prop_map(
        |(year, month, day, time, bc)| {
            format!(
                "{year:04}-{month:02}-{day:02} {time}{}",
                if bc { " BC" } else { "" }
            )
        },
    )
}

pub(super) fn zone() -> impl Strategy<Value = String> {
    (-15_i32..=15, 0_u32..60).prop_map(|(hours, minutes)| format!("{hours:+03}:{minutes:02}"))
}

pub(super) fn interval() -> impl Strategy<Value = String> {
    (
        -200_i32..200,
        -30_i32..30,
        -40_i32..40,
        any::<bool>(),
        time(),
    )
        .prop_map(|(years, months, days, negative, time)| {
            let sign = if negative { "-" } else { "" };
            format!("{years} years {months} mons {days} days {sign}{time}")
        })
}

pub(super) fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        (-1e9_f64..1e9).prop_map(Into::into),
        text()
            // `jsonb` has no place for these.
            .prop_map(|text| text.replace('\u{0}', "").into()),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            proptest::collection::hash_map(text(), inner, 0..4)
                .prop_map(|members| { serde_json::Value::Object(members.into_iter().collect()) }),
        ]
    })
    .prop_flat_map(|value| {
        let pretty = serde_json::to_string_pretty(&value).unwrap_or_default();
        prop_oneof![Just(value.to_string()), Just(pretty)]
    })
}

/// An array literal of any depth one, with NULLs.
pub(super) fn array(element: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::option::weighted(0.8, element), 0..4).prop_map(|elements| {
        let quoted: Vec<_> = elements
            .into_iter()
            .map(|element| match element {
                Some(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
                None => "NULL".to_owned(),
            })
            .collect();
        format!("{{{}}}", quoted.join(","))
    })
}

pub(super) fn composite() -> impl Strategy<Value = String> {
    let quote = |text: String| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\"\""));
    (
        proptest::option::of(text().prop_map(quote)),
        proptest::option::of(text().prop_map(quote)),
    )
        .prop_map(|(street, city)| {
            format!(
                "({},{})",
                street.unwrap_or_default(),
                city.unwrap_or_default()
            )
        })
}

pub(super) fn hex(bytes: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = String> {
    bytes.prop_map(|bytes| {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("\\x{digits}")
    })
}

pub(super) fn bounds(low: impl Strategy<Value = i32>) -> impl Strategy<Value = String> {
    (
        low,
        0_i32..1000,
        "[\\[(]",
        "[\\])]",
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(low, width, open, close, no_low, no_high)| {
            let low_text = if no_low {
                String::new()
            } else {
                low.to_string()
            };
            let high = low.saturating_add(width);
            let high_text = if no_high {
                String::new()
            } else {
                high.to_string()
            };
            format!("{open}{low_text},{high_text}{close}")
        })
}
