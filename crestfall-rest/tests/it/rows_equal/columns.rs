//! A column of every type that a table may have.

use proptest::prelude::*;
use proptest::strategy::Union;

use super::values::*;

/// A column, its type, values that are known to be odd, and a source of others.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) sql_type: &'static str,
    pub(super) edges: &'static [&'static str],
    pub(super) random: BoxedStrategy<String>,
}

pub(super) fn column(
    name: &'static str,
    sql_type: &'static str,
    edges: &'static [&'static str],
    random: impl Strategy<Value = String> + 'static,
) -> Column {
    Column {
        name,
        sql_type,
        edges,
        random: random.boxed(),
    }
}

/// A column of edges alone.
pub(super) fn fixed(
    name: &'static str,
    sql_type: &'static str,
    edges: &'static [&'static str],
) -> Column {
    let values: Vec<_> = edges
        .iter()
        .map(|edge| Just((*edge).to_owned()).boxed())
        .collect();
    column(name, sql_type, edges, Union::new(values))
}

pub(super) fn columns() -> Vec<Column> {
    vec![
        column(
            "b",
            "bool",
            &["t", "f"],
            any::<bool>().prop_map(|b| b.to_string()),
        ),
        column(
            "i2",
            "int2",
            &["-32768", "32767", "0"],
            any::<i16>().prop_map(|i| i.to_string()),
        ),
        column(
            "i4",
            "int4",
            &["-2147483648", "2147483647"],
            any::<i32>().prop_map(|i| i.to_string()),
        ),
        column(
            "i8",
            "int8",
            &["-9223372036854775808", "9223372036854775807"],
            any::<i64>().prop_map(|i| i.to_string()),
        ),
        column(
            "f4",
            "float4",
            &[
                "NaN",
                "Infinity",
                "-Infinity",
                "0",
                "-0",
                "1e-45",
                "3.4028235e38",
                "1e15",
                "1e16",
                "0.0001",
                "0.00001",
            ],
            small_float(),
        ),
        column(
            "f8",
            "float8",
            &[
                "NaN",
                "Infinity",
                "-Infinity",
                "-0",
                "5e-324",
                "1.7976931348623157e308",
                "1e15",
                "1e16",
                "123456789012345680",
                "0.1",
            ],
            float(),
        ),
        column(
            "n",
            "numeric",
            &[
                "NaN",
                "Infinity",
                "-Infinity",
                "0",
                "0.000",
                "-0.0",
                "1e-16383",
                "1e131071",
                "1e100",
                ".5",
            ],
            numeric(),
        ),
        column(
            "n52",
            "numeric(20,5)",
            &["NaN", "0", "-99999.99999"],
            "-?[0-9]{1,14}\\.[0-9]{1,7}",
        ),
        column(
            "m",
            "money",
            &["-92233720368547758.08", "92233720368547758.07", "0"],
            "-?[0-9]{1,9}\\.[0-9]{2}",
        ),
        column(
            "t",
            "text",
            &[
                "",
                " ",
                "NULL",
                "null",
                "\\",
                "\"",
                "\u{1}\u{8}\u{c}\n\r\t\u{1f}",
                "\u{7f}\u{80}\u{2028}",
                "\u{1f600}\u{10ffff}",
            ],
            text(),
        ),
        column("v", "varchar(12)", &["", "'"], "\\PC{0,12}"),
        column("c", "char(5)", &["", "a", "abcde"], "\\PC{0,5}"),
        column("q", "\"char\"", &["", "a", "\\", "\""], "[ -~]"),
        column("na", "name", &["", "pg_catalog", "a\"b"], "[ -~]{0,20}"),
        column(
            "by",
            "bytea",
            &["", "\\x00ff5c22", "\\x"],
            hex(any::<Vec<u8>>()),
        ),
        column(
            "j",
            "json",
            &[
                "null",
                " [1 ,2]\n",
                "{\"a\" : 1,\n\"a\":2}",
                "\"\\u0000\"",
                "1.0e+5",
                "\"\\/\"",
            ],
            json(),
        ),
        column(
            "jb",
            "jsonb",
            &[
                "null",
                "[]",
                "{\"b\":1,\"a\":2,\"aa\":[null,true]}",
                "1.0e+5",
                "123456789012345678901234567890.10",
                "\"\\u2028\"",
            ],
            json(),
        ),
        column(
            "d",
            "date",
            &[
                "infinity",
                "-infinity",
                "0044-03-15 BC",
                "5874897-12-31",
                "4713-01-01 BC",
            ],
            date(),
        ),
        column(
            "ti",
            "time",
            &["00:00:00", "24:00:00", "23:59:59.999999", "01:02:03.1"],
            time(),
        ),
        column(
            "tz",
            "timetz",
            &["00:00:00+00", "24:00:00-15:59", "12:34:56.7+05:30"],
            (time(), zone()).prop_map(|(time, zone)| format!("{time}{zone}")),
        ),
        column(
            "ts",
            "timestamp",
            &[
                "infinity",
                "-infinity",
                "4713-01-01 00:00:00 BC",
                "294276-12-31 23:59:59.999999",
                "2000-01-01",
                "2000-01-01 00:00:00.1",
            ],
            timestamp(),
        ),
        column(
            "tstz",
            "timestamptz",
            &[
                "infinity",
                "-infinity",
                "0044-03-15 12:00:00+00 BC",
                "294276-12-31 23:59:59.999999+00",
                "1883-11-18 12:03:58+00",
            ],
            timestamp(),
        ),
        column(
            "iv",
            "interval",
            &[
                "0",
                "-1 year",
                "1 year 2 mons -3 days +04:05:06.7",
                "-00:00:00.000001",
                "178000000 years",
                "1 day -1 sec",
            ],
            interval(),
        ),
        column(
            "u",
            "uuid",
            &[
                "00000000-0000-0000-0000-000000000000",
                "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
            ],
            any::<u128>().prop_map(|number| format!("{number:032x}")),
        ),
        column(
            "ip",
            "inet",
            &[
                "0.0.0.0",
                "10.1.2.3/8",
                "::1",
                "::ffff:1.2.3.4",
                "2001:db8::/32",
            ],
            any::<[u8; 4]>().prop_map(|[a, b, c, d]| format!("{a}.{b}.{c}.{d}/{}", a % 33)),
        ),
        fixed("ci", "cidr", &["10.0.0.0/8", "::/0", "192.168.1.1/32"]),
        fixed(
            "mac",
            "macaddr",
            &["08:00:2b:01:02:03", "ff-ff-ff-ff-ff-ff"],
        ),
        fixed(
            "mac8",
            "macaddr8",
            &["08:00:2b:01:02:03:04:05", "08002b:0102030405"],
        ),
        column("bi", "bit(5)", &["00000", "11111"], "[01]{5}"),
        column("vb", "varbit", &["", "1", "0101"], "[01]{0,20}"),
        column(
            "tv",
            "tsvector",
            &["", "'a':1A,2B 'it''s':3 'back\\\\slash'"],
            "[a-z ]{0,20}",
        ),
        fixed(
            "tq",
            "tsquery",
            &[
                "",
                "'a' & !'b'",
                "'it''s' <-> 'quo\"te':*A",
                "'a' | 'b' & 'c'",
            ],
        ),
        fixed(
            "x",
            "xml",
            &[
                "<a>\"1\"&amp;\\</a>",
                "",
                "text only",
                "<a>\n\t<b c='d'/></a>",
            ],
        ),
        column(
            "i4r",
            "int4range",
            &["empty", "(,)", "[1,1]", "(,5]"],
            bounds(-500_i32..500),
        ),
        fixed("i8r", "int8range", &["empty", "[1,9223372036854775806]"]),
        fixed(
            "nr",
            "numrange",
            &["empty", "(1.5,NaN)", "[-1e5,)", "(,infinity)"],
        ),
        fixed(
            "dr",
            "daterange",
            &["empty", "[2000-01-01,2001-01-01]", "(-infinity,infinity)"],
        ),
        fixed(
            "tsr",
            "tsrange",
            &[
                "empty",
                "[2000-01-01 00:00,2000-01-01 00:00:00.5)",
                "(,infinity]",
            ],
        ),
        fixed(
            "tstzr",
            "tstzrange",
            &[
                "empty",
                "[2000-01-01 00:00+00,2001-01-01 00:00+05:30)",
                "(,)",
            ],
        ),
        fixed("i4mr", "int4multirange", &["{}", "{[1,2),(5,)}", "{(,)}"]),
        fixed(
            "dmr",
            "datemultirange",
            &["{}", "{[2000-01-01,2000-02-01),[2001-01-01,infinity)}"],
        ),
        column(
            "i4a",
            "int4[]",
            &["{}", "{NULL}", "{{1,2},{3,4}}", "[-1:1]={1,2,3}"],
            array(any::<i32>().prop_map(|i| i.to_string())),
        ),
        column(
            "ta",
            "text[]",
            &["{}", "{NULL,\"NULL\",\"\",\"a\\\"b\"}", "{{a},{b}}"],
            array(text()),
        ),
        column("f8a", "float8[]", &["{NaN,Infinity,-0}"], array(float())),
        column(
            "ja",
            "json[]",
            &["{\"{\\\"a\\\": 1}\",NULL}"],
            array(json()),
        ),
        column("jba", "jsonb[]", &["{\"[]\",NULL}"], array(json())),
        column(
            "tsa",
            "timestamptz[]",
            &["{infinity,NULL,2000-01-01}"],
            array(timestamp()),
        ),
        column(
            "ba",
            "bool[]",
            &["{t,f,NULL}"],
            array(any::<bool>().prop_map(|b| b.to_string())),
        ),
        fixed("en", "cinema.language", &["en", "fr", "ja"]),
        fixed("ena", "cinema.language[]", &["{en,NULL}", "{}"]),
        column(
            "di",
            "cinema.percent",
            &["0", "100"],
            (0..=100).prop_map(|i: i32| i.to_string()),
        ),
        column("dt", "cinema.label", &["", "\""], text()),
        column(
            "dts",
            "cinema.moment",
            &["infinity", "2000-01-01"],
            timestamp(),
        ),
        column("dj", "cinema.document", &["{}", " [1 , 2]"], json()),
        column(
            "dia",
            "cinema.percent[]",
            &["{1,NULL}"],
            Just("{5,6}".to_owned()),
        ),
        fixed("da", "cinema.pair_of_numbers", &["{1,2}", "{NULL,3}"]),
        column(
            "co",
            "cinema.address",
            &["(,)", "(\"a\"\"b\",\"\\\\\")", "(\"\",)"],
            composite(),
        ),
        column(
            "coa",
            "cinema.address[]",
            &["{\"(a,b)\",NULL}"],
            array(composite()),
        ),
        fixed(
            "con",
            "cinema.nested",
            &[
                "(1,\"(a,b)\",\"{1,2}\",infinity)",
                "(,,,)",
                "(NaN,\"(,)\",{},)",
            ],
        ),
        fixed("po", "point", &["(1,2)", "(NaN,Infinity)", "(-0,1e300)"]),
        fixed("li", "line", &["{1,2,3}"]),
        fixed("ls", "lseg", &["[(1,2),(3,4)]"]),
        fixed("bx", "box", &["(3,4),(1,2)"]),
        fixed("pa", "path", &["((1,2),(3,4))", "[(1,2),(3,4)]"]),
        fixed("pg", "polygon", &["((1,2),(3,4),(5,6))"]),
        fixed("cl", "circle", &["<(1,2),3>"]),
        fixed("o", "oid", &["0", "4294967295"]),
        fixed(
            "rc",
            "regclass",
            &[
                "cinema.films",
                "pg_class",
                "0",
                "cinema.\"odd (table), really\"",
            ],
        ),
        fixed("rt", "regtype", &["int4", "cinema.language[]"]),
        fixed("lsn", "pg_lsn", &["0/0", "FFFFFFFF/FFFFFFFF"]),
        fixed("xi", "xid", &["0", "4294967295"]),
        fixed("xi8", "xid8", &["0", "18446744073709551615"]),
        fixed("tid", "tid", &["(0,0)", "(4294967295,65535)"]),
        fixed("ss", "pg_snapshot", &["10:20:10,14,15"]),
        fixed("jp", "jsonpath", &["$", "$.\"a\\\"b\"[*] ? (@ > 1)"]),
        fixed("i2v", "int2vector", &["", "1 2 3"]),
        fixed("ov", "oidvector", &["", "1 2 3"]),
        fixed("rf", "refcursor", &["\"cursor\""]),
        column(
            "we\"ird\\ n\u{e4}me\n",
            "text",
            &["x"],
            Just("y".to_owned()),
        ),
    ]
}
