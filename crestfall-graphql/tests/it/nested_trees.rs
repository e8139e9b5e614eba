//! Whatever tree of rows is inserted comes back as it was given, or nothing of it is there.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::studio::Studio;

/// How many trees are tried.
const TRIES: usize = 60;

/// Levels of a tree at most.
const DEPTH: u32 = 3;

/// Somebody and who works for them. Who has no name cannot be inserted.
#[derive(Debug, Clone)]
struct Employee {
    name: Option<u16>,
    staff: Option<Vec<Employee>>,
}

fn employee() -> impl Strategy<Value = Employee> {
    let name = || prop::option::weighted(0.97, any::<u16>());
    let alone = (name(), any::<bool>()).prop_map(|(name, lists)| Employee {
        name,
        staff: lists.then(Vec::new),
    });
    alone.prop_recursive(DEPTH, 25, 4, move |inner| {
        (name(), prop::collection::vec(inner, 1..4)).prop_map(|(name, staff)| Employee {
            name,
            staff: Some(staff),
        })
    })
}

fn input(employee: &Employee) -> Value {
    let mut input = json!({ "name": employee.name.map(|name| name.to_string()) });
    if let Some(staff) = &employee.staff {
        let staff: Vec<Value> = staff.iter().map(self::input).collect();
        input["staff"] = json!({ "data": staff });
    }
    input
}

/// What is answered of somebody, with levels below.
fn answer(employee: &Employee, levels: u32) -> Value {
    let mut answer = json!({ "name": employee.name.map(|name| name.to_string()) });
    if levels > 0 {
        let staff = employee.staff.iter().flatten();
        let edges = staff.map(|one| json!({ "node": self::answer(one, levels - 1) }));
        answer["staff"] = json!({ "edges": edges.collect::<Vec<_>>() });
    }
    answer
}

/// Where the first without a name is, level by level as they are inserted.
fn first_nameless(employees: &[Employee]) -> Option<String> {
    let of = |employees: &[Employee], path: &str| -> Vec<(Employee, String)> {
        let places = employees.iter().enumerate();
        places
            .map(|(index, one)| (one.clone(), format!("{path}[{index}]")))
            .collect()
    };
    let mut level = of(employees, "objects");
    while !level.is_empty() {
        if let Some((_, path)) = level.iter().find(|(one, _)| one.name.is_none()) {
            return Some(path.clone());
        }
        let below = level.iter().flat_map(|(one, path)| {
            let staff = one.staff.as_deref().unwrap_or_default();
            of(staff, &format!("{path}.staff.data"))
        });
        level = below.collect();
    }
    None
}

fn selection(levels: u32) -> String {
    match levels {
        0 => "name".to_owned(),
        _ => {
            let below = selection(levels - 1);
            format!(
                "name staff(orderBy: [{{id: AscNullsLast}}]) {{ edges {{ node {{ {below} }} }} }}"
            )
        }
    }
}

#[tokio::test]
async fn trees_are_there_as_they_were_given_or_not_at_all_d3() {
    let studio = Studio::with("", |config| config.limits.cost = u64::MAX).await;
    let query = format!(
        "mutation($objects: [EmployeeInsertInput!]!) {{ insertIntoEmployeeCollection(objects: $objects) {{ affectedCount records {{ {} }} }} }}",
        selection(DEPTH + 1)
    );
    let mut runner = TestRunner::deterministic();
    let trees = prop::collection::vec(employee(), 1..4);
    let mut refused = 0;
    for _ in 0..TRIES {
        let Ok(tree) = trees.new_tree(&mut runner) else {
            continue;
        };
        let tree = tree.current();
        let objects: Vec<Value> = tree.iter().map(input).collect();
        let before = studio.count("employee").await;
        let answered = studio.ann(&query, json!({ "objects": objects })).await;
        if let Some(path) = first_nameless(&tree) {
            refused += 1;
            let told = &answered["errors"][0]["extensions"]["input"];
            let expected = format!("{path}.name");
            assert!(
                told == &json!(expected) || told == &json!(path),
                "{tree:?}\n{answered}"
            );
            assert_eq!(studio.count("employee").await, before, "{tree:?}");
            continue;
        }
        let records: Vec<Value> = tree.iter().map(|one| answer(one, DEPTH + 1)).collect();
        let found = &answered["data"]["insertIntoEmployeeCollection"];
        let expected = json!({ "affectedCount": tree.len(), "records": records });
        assert_eq!(found, &expected, "{tree:?}\n{answered}");
    }
    assert!(refused > 5 && refused < TRIES, "{refused}");
}
