//! Rows by the generated types of their database.

use crestfall_client::chrono::{DateTime, NaiveDate, Utc};
use crestfall_client::rest::{All, Count};
use crestfall_client::{ErrorKind, Numeric};
use futures_util::TryStreamExt as _;
use serde_json::json;

use super::World;
use super::films_types::enums::Genre;
use super::films_types::functions::{
    AddNumbers, Echo, FilmsByYear, FilmsOf, Kinds, NewestFilm, RenameFilm,
};
use super::films_types::types::MoneyAmount;
use super::films_types::{
    actors, cities, directors, film_titles, films, posters, premieres, recent_films, reviews, roles,
};

#[tokio::test]
async fn a_selection_gives_rows_of_its_types() {
    let world = World::new().await;
    let client = world.client();
    let rows: Vec<(String, i32, (String,))> = client
        .from(films::TABLE)
        .select((
            films::title,
            films::year,
            films::directors().select((directors::name,)),
        ))
        .filter(films::year.gte(2000))
        .order(films::year.desc())
        .order(films::id.asc())
        .limit(2)
        .send()
        .await
        .unwrap();
    assert_eq!(
        rows,
        [
            (
                "Petite Maman".to_owned(),
                2021,
                ("Céline Sciamma".to_owned(),)
            ),
            ("Parasite".to_owned(), 2019, ("Bong Joon-ho".to_owned(),)),
        ]
    );
    let names: Vec<String> = client
        .from(directors::TABLE)
        .select(directors::name)
        .order(directors::id.asc())
        .send()
        .await
        .unwrap();
    assert_eq!(names, ["Agnès Varda", "Bong Joon-ho", "Céline Sciamma"]);
    // A column twice, a path into JSON, a cast, a computed column, an aggregate.
    let film = client.from(films::TABLE).select((
        films::title,
        films::title,
        films::facts.json("prizes").text("oscars"),
        films::score.cast::<String>("text"),
        films::age,
        films::odd_name,
        films::r#type,
    ));
    let film = film
        .filter(films::title.eq("Parasite"))
        .single()
        .await
        .unwrap();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        film,
        (
            "Parasite".to_owned(),
            "Parasite".to_owned(),
            text("4"),
            "8.1234567890123456789012345".to_owned(),
            Some(1),
            None,
            text("feature"),
        )
    );
    let by_year: Vec<(i32, i64, Option<i16>)> = client
        .from(films::TABLE)
        .select((films::year, films::id.count(), films::length.max()))
        .order(films::year.asc())
        .send()
        .await
        .unwrap();
    assert_eq!(by_year[1], (2019, 2, Some(132)));
}

#[tokio::test]
async fn whole_rows_have_the_types_of_their_columns() {
    let world = World::new().await;
    let client = world.client();
    let film: films::Row = client
        .from(films::TABLE)
        .rows()
        .filter(films::id.eq(2))
        .single()
        .await
        .unwrap();
    assert_eq!((film.genre, film.genre.as_str()), (Genre::Comedy, "comedy"));
    assert_eq!(film.score.unwrap().as_str(), "8.1234567890123456789012345");
    let budget = MoneyAmount {
        amount: Some(11_400_000.into()),
        currency: Some("USD".into()),
    };
    assert_eq!(film.budget, Some(budget));
    assert_eq!(
        film.released,
        "2000-01-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap()
    );
    assert_eq!(film.tags, ["seoul"]);
    let by_code = client
        .from(films::TABLE)
        .select(films::id)
        .filter(films::code.eq(film.code));
    assert_eq!(by_code.single().await.unwrap(), 2);
    let born = directors::born.gt(NaiveDate::from_ymd_opt(1950, 1, 1).unwrap());
    let young = client
        .from(directors::TABLE)
        .select(directors::id)
        .filter(born);
    assert_eq!(young.send().await.unwrap(), [2]);
    let of_genre = films::genre.is_in([Genre::Comedy, Genre::ScienceFiction]);
    assert_eq!(
        client
            .from(films::TABLE)
            .select(films::id)
            .filter(of_genre)
            .send()
            .await
            .unwrap(),
        [2]
    );
    let tagged = films::tags.contains(vec!["paris".to_owned(), "new wave".to_owned()]);
    assert_eq!(
        client
            .from(films::TABLE)
            .select(films::id)
            .filter(tagged)
            .send()
            .await
            .unwrap(),
        [1]
    );
    let view: Vec<recent_films::Row> = client
        .from(recent_films::TABLE)
        .rows()
        .send()
        .await
        .unwrap();
    assert_eq!(
        (view.len(), view[0].image.clone(), view[0].total),
        (3, Some("hidden.png".into()), Some(3))
    );
}

#[tokio::test]
async fn embeds_are_one_perhaps_one_or_many() {
    let world = World::new().await;
    let client = world.client();
    // Bob's poster is hidden by a policy: there is none.
    let rows = client
        .from(films::TABLE)
        .select((
            films::id,
            films::posters().select(posters::image),
            films::reviews()
                .select((reviews::stars, reviews::text))
                .filter(reviews::stars.gte(2) & reviews::stars.neq(3))
                .order(reviews::stars.desc())
                .limit(2),
        ))
        .order(films::id.asc())
        .limit(2)
        .send()
        .await
        .unwrap();
    let line = |stars: i32| (stars, Some(format!("line {stars}")));
    assert_eq!(
        rows[0],
        (1, Some("cleo.png".to_owned()), vec![line(5), line(4)])
    );
    assert_eq!(rows[1].1, None);
    // Inner: rows without are left out, and what is left has one.
    let rows: Vec<(i64, String)> = client
        .from(films::TABLE)
        .select((films::id, films::posters().select(posters::image).inner()))
        .send()
        .await
        .unwrap();
    assert_eq!(rows, [(1, "cleo.png".to_owned())]);
    // Two ways to one table; a table to itself, both ways; through another table; nested.
    let premiere = client.from(premieres::TABLE).select((
        premieres::city().select(cities::name),
        premieres::planned_city().select(cities::name),
        premieres::films().select((films::title, films::actors().select(actors::name))),
    ));
    let premiere = premiere.filter(premieres::id.eq(2)).single().await.unwrap();
    assert_eq!(
        premiere,
        (
            "Seoul".to_owned(),
            Some("Cannes".to_owned()),
            ("Parasite".to_owned(), vec!["Song".to_owned()])
        )
    );
    let family = client.from(films::TABLE).select((
        films::id,
        films::sequel_of_films().select(films::id),
        films::films_by_sequel_of().select(films::id),
    ));
    let family = family
        .filter(films::id.gte(3))
        .order(films::id.asc())
        .send()
        .await
        .unwrap();
    assert_eq!(family, [(3, None, vec![4]), (4, Some(3), vec![])]);
    let whole = client
        .from(roles::TABLE)
        .select((roles::character, roles::actors()));
    let whole: (Option<String>, actors::Row) = whole.limit(1).single().await.unwrap();
    assert_eq!(whole.1.name, "Corinne");
    let to_view = client
        .from(actors::TABLE)
        .select((actors::id, actors::film_titles()));
    let to_view: Vec<(i32, Vec<film_titles::Row>)> = to_view.send().await.unwrap();
    assert_eq!(to_view.len(), 3);
    // A filter on the one row takes it away.
    let filtered = client.from(films::TABLE).select((
        films::id,
        films::directors()
            .select(directors::name)
            .filter(directors::name.like("Bong%")),
    ));
    let filtered: Vec<(i64, Option<String>)> =
        filtered.order(films::id.asc()).send().await.unwrap();
    assert_eq!(
        (filtered[0].1.as_deref(), filtered[1].1.as_deref()),
        (None, Some("Bong Joon-ho"))
    );
}

#[tokio::test]
async fn rows_are_written_by_their_types() {
    let world = World::new().await;
    let client = world.client();
    let new = films::Insert::new("Vagabond", 1985, 1)
        .genre(Genre::Drama)
        .score("7.65432109876543210987654".parse::<Numeric>().unwrap())
        .budget(MoneyAmount {
            amount: Some("1.5".parse().unwrap()),
            currency: None,
        })
        .tags(vec!["road, \"snow\"".to_owned()])
        .facts(json!({ "colour": true }))
        .length(105)
        .odd_name("odd")
        .r#type(None);
    let id = client
        .from(films::TABLE)
        .insert(&new)
        .returning(films::id)
        .single()
        .await
        .unwrap();
    let film: films::Row = client
        .from(films::TABLE)
        .rows()
        .filter(films::id.eq(id))
        .single()
        .await
        .unwrap();
    assert_eq!(film.score.unwrap().as_str(), "7.6543210987654321098765400");
    assert_eq!(
        (film.tags[0].as_str(), film.length),
        ("road, \"snow\"", Some(105))
    );
    assert_eq!(
        (film.slug.as_deref(), film.odd_name.as_deref()),
        (Some("vagabond"), Some("odd"))
    );

    let change = films::Update::new().length(None).year(1986);
    let changed = client
        .from(films::TABLE)
        .update(&change)
        .filter(films::id.eq(id));
    assert_eq!(
        changed
            .returning((films::year, films::length))
            .single()
            .await
            .unwrap(),
        (1986, None)
    );

    // Rows that differ in what they set: the others get their default.
    let list = [
        actors::Insert::new("One"),
        actors::Insert::new("Two").id(500),
    ];
    let names = client
        .from(actors::TABLE)
        .insert_all(&list)
        .returning((actors::id, actors::name));
    let names = names.send().await.unwrap();
    assert!(
        names[0].0 < 500 && names[1] == (500, "Two".to_owned()),
        "{names:?}"
    );

    let again = films::Insert::new("Vagabond", 1986, 2);
    let upsert = client.from(films::TABLE).insert(&again).or_update();
    let upsert = upsert
        .on_conflict((films::title, films::year))
        .returning((films::id, films::director_id));
    assert_eq!(upsert.single().await.unwrap(), (id, 2));
    let gone = client
        .from(films::TABLE)
        .delete()
        .filter(films::id.eq(id))
        .count(Count::Exact);
    assert_eq!(gone.send().await.unwrap().count, Some(1));
    let unknown = films::Insert::new("Nobody's", 2000, 99);
    let refused = client
        .from(films::TABLE)
        .insert(&unknown)
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), Some(ErrorKind::ForeignKey));
}

#[tokio::test]
async fn functions_have_types_too() {
    let world = World::new().await;
    let client = world.client();
    assert_eq!(
        client.call(AddNumbers::new(1)).send().await.unwrap(),
        Some(11)
    );
    assert_eq!(
        client.call(AddNumbers::new(1).b(1)).send().await.unwrap(),
        Some(2)
    );
    let films: Vec<films::Row> = client.call(FilmsOf::new(3)).send().await.unwrap();
    assert_eq!(films.len(), 2);
    assert_eq!(
        client
            .call(NewestFilm::new())
            .send()
            .await
            .unwrap()
            .unwrap()
            .year,
        2021
    );
    let years = client
        .call(FilmsByYear::new().since(2000))
        .send()
        .await
        .unwrap();
    assert_eq!((years[0].year, years[0].films), (Some(2019), Some(2)));
    assert_eq!(
        client.call(Kinds::new()).send().await.unwrap()[2],
        Some(Genre::ScienceFiction)
    );
    client
        .call(RenameFilm::new(1, "Cléo"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        client.call(Echo(json!({ "a": [1] }))).send().await.unwrap(),
        Some(json!({ "a": [1] }))
    );
}

#[tokio::test]
async fn a_stream_of_typed_rows_is_send_and_ends() {
    let world = World::new().await;
    let client = world.client();
    let task = tokio::spawn(async move {
        let rows = client
            .from(reviews::TABLE)
            .select((reviews::id, reviews::films().select(All)));
        let rows = rows.order(reviews::id.asc()).stream(6);
        rows.try_collect::<Vec<(i64, films::Row)>>().await
    });
    assert_eq!(task.await.unwrap().unwrap().len(), 20);
}

/// Names of any script and sign, of columns, labels and types, over HTTP and back.
#[tokio::test]
async fn odd_names_and_types_are_asked_for_as_they_are() {
    use super::films_types::hidden::types::Colour;
    use super::films_types::odd::enums::{Mood, Mood_2};
    use super::films_types::odd::types::{Option_2, String_2};
    use super::films_types::odd::{a_to_b, films_insert, functions, kept, 日本};

    let schemas = [("CRESTFALL_REST__SCHEMAS", "public,odd")];
    let grants = "grant usage on schema odd, hidden to anon;
                  grant all on all tables in schema odd to anon;
                  grant all on all sequences in schema odd to anon;";
    let world = World::over("server-client-odd-types", grants, &schemas).await;
    let client = world.client();
    let option = Option_2 {
        string: Some("a, \"b\" (c)".into()),
        vec: Some(vec![1, 2]),
        none: Some(Mood::ItSBoth),
    };
    let colour = Colour {
        name: Some("red".into()),
        shade: None,
    };
    for mood in Mood::ALL {
        let new = 日本::Insert::new(mood.as_str())
            .हनद(1)
            .m2(2)
            ._empty(3)
            .a_b(4)
            .a_b_2("x`y")
            ._empty_2(mood)
            .int(5)
            .list(vec![6, 7])
            .str("text")
            .mood(Mood_2::_1st)
            .colours(vec![colour.clone()])
            .option(option.clone())
            .string(String_2 {
                option: Some(option.clone()),
            })
            .oid("7")
            .span("[1,5)")
            .bytes("\\x00ff")
            .matrix(vec![vec![1, 2], vec![3, 4]])
            .row_of_hidden(json!({ "id": 1, "secret": "s" }));
        client.from(日本::TABLE).insert(&new).send().await.unwrap();
    }
    let rows: Vec<日本::Row> = client.from(日本::TABLE).rows().send().await.unwrap();
    assert_eq!(rows.len(), Mood::ALL.len());
    let row = rows.into_iter().find(|row| row.名前 == "fn").unwrap();
    assert_eq!(
        (row._empty_2, row.a_b_2.as_str(), row._empty),
        (Mood::Fn, "x`y", Some(3))
    );
    assert_eq!(row.option, Some(option));
    assert_eq!(row.colours, [colour]);
    assert_eq!((row.stars, row.oid.as_deref()), (3, Some("7")));
    assert_eq!(row.matrix, Some(vec![vec![1, 2], vec![3, 4]]));
    for mood in Mood::ALL {
        let own = [
            日本::_empty_2.eq(mood),
            日本::_empty_2.is_in([mood]),
            日本::名前.eq(mood.as_str()),
            日本::_empty_2.eq(mood) | 日本::हनद.eq(-1),
            !日本::_empty_2.neq(mood) & 日本::a_b_2.eq("x`y") & 日本::a_b.eq(4),
        ];
        for filter in own {
            let found = client.from(日本::TABLE).select(日本::名前).filter(filter);
            assert_eq!(found.send().await.unwrap(), [mood.as_str()], "{mood:?}");
        }
    }
    let ordered = client.from(日本::TABLE).select(日本::名前);
    let ordered = ordered.stream_by(日本::名前, 4);
    assert_eq!(
        ordered.try_collect::<Vec<_>>().await.unwrap().len(),
        Mood::ALL.len()
    );

    // To itself by two keys, and to others through two tables.
    let child = 日本::Update::new().parent("日本").other_parent("🎉");
    let change = client
        .from(日本::TABLE)
        .update(&child)
        .filter(日本::名前.eq("fn"));
    change.send().await.unwrap();
    let other = films_insert::Insert::new(1);
    client
        .from(films_insert::TABLE)
        .insert(&other)
        .send()
        .await
        .unwrap();
    let pair = a_to_b::Insert::new("fn", 1);
    client
        .from(a_to_b::TABLE)
        .insert(&pair)
        .send()
        .await
        .unwrap();
    let family = client
        .from(日本::TABLE)
        .select((
            日本::parent_日本().select(日本::名前),
            日本::other_parent_日本().select(日本::_empty_2),
            日本::日本_by_parent().select(日本::名前),
            日本::films_insert_via_a_to_b().select(films_insert::id),
            日本::films_insert_via_b_to_a().select(films_insert::id),
        ))
        .filter(日本::名前.eq("fn"))
        .single();
    assert_eq!(
        family.await.unwrap(),
        (
            Some("日本".into()),
            Some(Mood::ALL[0]),
            vec![],
            vec![1],
            vec![]
        )
    );

    assert!(
        client
            .from(kept::TABLE)
            .rows()
            .send()
            .await
            .unwrap()
            .is_empty()
    );
    let rows = client.call(functions::Rows::new()).send().await.unwrap();
    assert_eq!((rows[0].a, rows[0].b), (Some(1), None));
    let many = functions::Many::new(1)
        .b(2)
        .c(vec!["a,b".into()])
        .d(vec![Mood_2::SayHi]);
    let many = client.call(many).send().await.unwrap();
    assert_eq!(
        (many[0].first_one, many[0].second),
        (Some(3), Some(Mood_2::Ok))
    );
    let colours = client.call(functions::Colours::new()).send().await.unwrap();
    assert_eq!(colours[0].as_ref().unwrap().name.as_deref(), Some("red"));
    let moods = functions::Moods::new(vec![Mood_2::SayHi, Mood_2::Ok]);
    assert_eq!(client.call(moods).send().await.unwrap().len(), 2);
    let out = client
        .call(functions::Out::new(4))
        .send()
        .await
        .unwrap()
        .unwrap();
    assert_eq!((out.b, out.c_d.as_deref()), (Some(4), Some("x")));
    let hidden = client
        .call(functions::HiddenRow::new())
        .send()
        .await
        .unwrap();
    assert_eq!(hidden, Some(json!({ "id": 1, "secret": "x" })));
    let new = client.call(functions::New::new(1).r#type(Mood_2::SayHi));
    assert_eq!(new.send().await.unwrap(), Some(Mood_2::SayHi));
    let films = client
        .call(functions::OfFilms::new(1))
        .send()
        .await
        .unwrap();
    assert_eq!(films.len(), 4);
    client.call(functions::Void::new()).send().await.unwrap();
}
