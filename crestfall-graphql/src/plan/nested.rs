//! Rows that are written with rows that belong to them.

use std::sync::Arc;

use super::change::given_values;
use super::{Condition, Conflict, Key, Planner, ResponseField};
use crate::model::nested::{AT_MOST, DATA, DELETE, FILTER, INSERT, SET, UPDATE};
use crate::model::upsert::ON_CONFLICT;
use crate::model::{Entity, EntityId, InputMeaning, InputObject, Kind, Link, Relation};
use crate::refusal::Refusal;
use crate::value::{Data, Given, Recipe};
use crestfall_core::db::Param;

/// A field that inserts rows with others.
#[derive(Debug)]
pub(crate) struct NestedInsert {
    pub(crate) rows: NewRows,
    pub(crate) fields: Vec<(Key, ResponseField)>,
}

/// A field that updates rows, and others that belong to them.
#[derive(Debug)]
pub(crate) struct NestedUpdate {
    pub(crate) change: RowChange,
    pub(crate) fields: Vec<(Key, ResponseField)>,
}

/// Rows to insert into one relation.
#[derive(Debug)]
pub(crate) struct NewRows {
    pub(crate) entity: EntityId,
    pub(crate) conflict: Option<Arc<Conflict>>,
    pub(crate) rows: Vec<NewRow>,
}

/// A row to insert.
#[derive(Debug)]
pub(crate) struct NewRow {
    /// Where it stands in the arguments.
    pub(crate) path: Arc<str>,
    /// The columns that are given.
    pub(crate) values: Vec<(usize, Recipe)>,
    /// Rows that it refers to: one each.
    pub(crate) before: Vec<(Arc<Relation>, NewRows)>,
    /// Rows that refer to it.
    pub(crate) after: Vec<(Arc<Relation>, NewRows)>,
}

/// A change of rows that are there.
#[derive(Debug)]
pub(crate) struct RowChange {
    pub(crate) entity: EntityId,
    pub(crate) path: Arc<str>,
    pub(crate) set: Vec<(usize, Recipe)>,
    pub(crate) filter: Vec<Condition>,
    /// None when there cannot be more than one for each row it belongs to.
    pub(crate) at_most: Option<Recipe>,
    /// New rows that it is to refer to: one each.
    pub(crate) before: Vec<(Arc<Relation>, NewRows)>,
    /// What becomes of the rows that belong to it, in this order.
    pub(crate) after: Vec<(Arc<Relation>, Follow)>,
}

/// What becomes of rows that belong to a row.
#[derive(Debug)]
pub(crate) enum Follow {
    Insert(NewRows),
    Update(RowChange),
    Delete {
        path: Arc<str>,
        filter: Vec<Condition>,
        at_most: Recipe,
    },
}

/// How much is written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Size {
    /// Rows to insert and changes of rows, each once.
    pub(crate) rows: usize,
    /// Levels of them.
    pub(crate) depth: usize,
}

impl Size {
    /// Of what stands beside each other.
    fn of_all(sizes: impl Iterator<Item = Self>) -> Self {
        sizes.fold(Self::default(), |all, size| Self {
            rows: all.rows + size.rows,
            depth: all.depth.max(size.depth),
        })
    }

    /// With the row above.
    fn below_one(self) -> Self {
        Self {
            rows: self.rows + 1,
            depth: self.depth + 1,
        }
    }
}

impl NestedInsert {
    pub(crate) fn size(&self) -> Size {
        self.rows.size()
    }
}

impl NestedUpdate {
    pub(crate) fn size(&self) -> Size {
        self.change.size()
    }
}

impl NewRows {
    fn size(&self) -> Size {
        Size::of_all(self.rows.iter().map(|row| {
            let related = row.before.iter().chain(&row.after);
            Size::of_all(related.map(|(_, rows)| rows.size())).below_one()
        }))
    }
}

impl RowChange {
    fn size(&self) -> Size {
        let before = self.before.iter().map(|(_, rows)| rows.size());
        let after = self.after.iter().map(|(_, follow)| match follow {
            Follow::Insert(rows) => rows.size(),
            Follow::Update(change) => change.size(),
            Follow::Delete { .. } => Size::default().below_one(),
        });
        Size::of_all(before.chain(after)).below_one()
    }
}

/// What is there of a filter and the most rows that may match it.
type Matching = (Vec<Condition>, Recipe);

impl Planner<'_, '_> {
    /// An insert whose argument `objects` names related rows.
    pub(super) fn insert_nested(
        &mut self,
        entity: EntityId,
        objects: &Given,
        conflict: Option<Conflict>,
        fields: Vec<(Key, ResponseField)>,
    ) -> Result<NestedInsert, Refusal> {
        let rows = self.new_rows(entity, objects, conflict, "objects", None)?;
        Ok(NestedInsert { rows, fields })
    }

    /// An update whose argument `set` names related rows.
    pub(super) fn update_nested(
        &mut self,
        entity: EntityId,
        set: &Given,
        (filter, at_most): Matching,
        fields: Vec<(Key, ResponseField)>,
    ) -> Result<NestedUpdate, Refusal> {
        let change = self.row_change(entity, set, "set")?;
        let change = RowChange {
            filter,
            at_most: Some(at_most),
            ..change
        };
        Ok(NestedUpdate { change, fields })
    }

    /// The rows of a list, or the one of an object. `above` leads to them.
    fn new_rows(
        &mut self,
        entity: EntityId,
        given: &Given,
        conflict: Option<Conflict>,
        path: &str,
        above: Option<&Relation>,
    ) -> Result<NewRows, Refusal> {
        let rows = match &given.data {
            Data::List(items) => {
                let items = items.iter().enumerate();
                let items = items.filter(|(_, item)| !item.is_nothing());
                items
                    .map(|(index, item)| {
                        self.new_row(entity, item, format!("{path}[{index}]"), above)
                    })
                    .collect::<Result<Vec<_>, _>>()?
            }
            _ => vec![self.new_row(entity, given, path.to_owned(), above)?],
        };
        Ok(NewRows {
            entity,
            conflict: conflict.map(Arc::new),
            rows,
        })
    }

    fn new_row(
        &mut self,
        entity: EntityId,
        given: &Given,
        path: String,
        above: Option<&Relation>,
    ) -> Result<NewRow, Refusal> {
        let schema = self.schema;
        let [input, _] = schema.entity(entity).types.insert.unwrap_or_default();
        let Kind::Input(object) = &schema.type_of(input).kind else {
            return Err("Could not locate Insert Entity type".into());
        };
        let mut row = NewRow {
            values: given_values(object, given)?,
            path: path.into(),
            before: Vec::new(),
            after: Vec::new(),
        };
        for (link, given) in links_given(schema.entity(entity), object, given) {
            let path = format!("{}.{}", row.path, link.field);
            if !link.inserts {
                return Err(told(&path, "no row can be inserted here"));
            }
            if above.is_some_and(|above| is_way_back(above, &link.relation)) {
                return Err(told(&path, "it is the row above"));
            }
            let rows = self.inserted(link, given, &path)?;
            match link.relation.refers {
                true => row.before.push((link.relation.clone(), rows)),
                false => row.after.push((link.relation.clone(), rows)),
            }
        }
        let given = row.values.iter().map(|(column, _)| *column);
        self.check_given(entity, given, &row.path, above, &row.before)?;
        Ok(row)
    }

    /// What is given as `{data, onConflict}`.
    fn inserted(&mut self, link: &Link, given: &Given, path: &str) -> Result<NewRows, Refusal> {
        let target = link.relation.target;
        let conflict = match given.member(ON_CONFLICT) {
            Some(conflict) => self.conflict_of(target, conflict).map_err(|refusal| {
                let refusal = refusal.below(format!("{path}.{ON_CONFLICT}"));
                refusal.with_path()
            })?,
            None => None,
        };
        let none = Given::absent();
        let data = given.member(DATA).unwrap_or(&none);
        let above = (!link.relation.refers).then_some(&*link.relation);
        self.new_rows(target, data, conflict, &format!("{path}.{DATA}"), above)
    }

    /// Refuses values for columns that related rows decide, and relations that are decided twice.
    fn check_given(
        &self,
        entity: EntityId,
        given: impl Iterator<Item = usize>,
        path: &str,
        above: Option<&Relation>,
        before: &[(Arc<Relation>, NewRows)],
    ) -> Result<(), Refusal> {
        let entity = self.schema.entity(entity);
        for column in given {
            let column = &entity.columns[column];
            let path = format!("{path}.{}", column.field);
            let is_of_above = |above: &Relation| {
                let mut columns = above.columns.iter();
                columns.any(|(_, there)| *there == column.name)
            };
            if above.is_some_and(is_of_above) {
                return Err(told(&path, "its value comes from the row above"));
            }
            let decides = |(relation, _): &&(Arc<Relation>, NewRows)| {
                let mut columns = relation.columns.iter();
                columns.any(|(here, _)| *here == column.name)
            };
            if let Some((relation, _)) = before.iter().find(decides) {
                let links = entity.links.iter();
                let mut fields = links.filter(|link| Arc::ptr_eq(&link.relation, relation));
                let field = fields.next().map_or("", |link| &link.field);
                let message = format!("its value comes from `{field}`");
                return Err(told(&path, &message));
            }
        }
        Ok(())
    }

    /// What is given as `set` of rows that are there.
    fn row_change(
        &mut self,
        entity: EntityId,
        set: &Given,
        path: &str,
    ) -> Result<RowChange, Refusal> {
        let schema = self.schema;
        let [input, _] = schema.entity(entity).types.update.unwrap_or_default();
        let Kind::Input(object) = &schema.type_of(input).kind else {
            return Err("Could not locate update entity type".into());
        };
        let mut change = RowChange {
            entity,
            path: path.into(),
            set: given_values(object, set)?,
            filter: Vec::new(),
            at_most: None,
            before: Vec::new(),
            after: Vec::new(),
        };
        for (link, given) in links_given(schema.entity(entity), object, set) {
            let path = format!("{path}.{}", link.field);
            match link.is_many {
                true => self.change_many(link, given, &path, &mut change)?,
                false => self.change_one(link, given, &path, &mut change)?,
            }
        }
        if change.set.is_empty() && change.before.is_empty() && change.after.is_empty() {
            return Err(told(path, "at least one mapping must be provided"));
        }
        let given = change.set.iter().map(|(column, _)| *column);
        self.check_given(entity, given, path, None, &change.before)?;
        Ok(change)
    }

    /// `{set, insert}`: the row that is there, or a new one.
    fn change_one(
        &mut self,
        link: &Link,
        given: &Given,
        path: &str,
        change: &mut RowChange,
    ) -> Result<(), Refusal> {
        let relation = &link.relation;
        let (set, insert) = (given.member(SET), given.member(INSERT));
        if set.is_some() && insert.is_some() && relation.refers {
            let message = "either the row that it refers to is changed (set), or it refers to a new one (insert)";
            return Err(told(path, message));
        }
        if let Some(set) = set {
            let path = format!("{path}.{SET}");
            let below = self.row_change(relation.target, set, &path)?;
            change.after.push((relation.clone(), Follow::Update(below)));
        }
        if let Some(insert) = insert {
            let rows = self.replacing(link, insert, path)?;
            match relation.refers {
                true => change.before.push((relation.clone(), rows)),
                false => change.after.push((relation.clone(), Follow::Insert(rows))),
            }
        }
        Ok(())
    }

    /// `{delete, update, insert}`, in this order whatever order they are given in: what is to go makes
    /// room for what is to come, and what has come is not changed at once.
    fn change_many(
        &mut self,
        link: &Link,
        given: &Given,
        path: &str,
        change: &mut RowChange,
    ) -> Result<(), Refusal> {
        let relation = &link.relation;
        if let Some(delete) = given.member(DELETE) {
            let (filter, at_most) = self.matching(relation.target, delete)?;
            let path = format!("{path}.{DELETE}").into();
            let delete = Follow::Delete {
                path,
                filter,
                at_most,
            };
            change.after.push((relation.clone(), delete));
        }
        let updates = match given.member(UPDATE).map(|updates| &updates.data) {
            Some(Data::List(items)) => items.as_slice(),
            _ => &[],
        };
        for (index, update) in updates.iter().enumerate() {
            let none = Given::absent();
            let set = update.member(SET).unwrap_or(&none);
            let (filter, at_most) = self.matching(relation.target, update)?;
            let path = format!("{path}.{UPDATE}[{index}].{SET}");
            let below = RowChange {
                filter,
                at_most: Some(at_most),
                ..self.row_change(relation.target, set, &path)?
            };
            change.after.push((relation.clone(), Follow::Update(below)));
        }
        if let Some(insert) = given.member(INSERT) {
            let rows = self.replacing(link, insert, path)?;
            change.after.push((relation.clone(), Follow::Insert(rows)));
        }
        Ok(())
    }

    fn replacing(&mut self, link: &Link, insert: &Given, path: &str) -> Result<NewRows, Refusal> {
        let path = format!("{path}.{INSERT}");
        match link.replaces {
            true => self.inserted(link, insert, &path),
            false => Err(told(&path, "no row can be inserted here")),
        }
    }

    /// `filter` and `atMost`, which is one unless more are allowed.
    fn matching(&mut self, entity: EntityId, given: &Given) -> Result<Matching, Refusal> {
        let filter = match given.member(FILTER) {
            Some(filter) => self.filter(entity, filter)?,
            None => Vec::new(),
        };
        let at_most = match given.member(AT_MOST) {
            Some(at_most) => Recipe::of(at_most)?,
            None => Recipe::Constant(Param::from("1")),
        };
        Ok((filter, at_most))
    }
}

/// The links that are given, in the order in which they are.
fn links_given<'s, 'g>(
    entity: &'s Entity,
    object: &InputObject,
    given: &'g Given,
) -> Vec<(&'s Link, &'g Given)> {
    let Data::Object(members) = &given.data else {
        return Vec::new();
    };
    let links = members.iter().filter_map(|(name, value)| {
        let InputMeaning::Link(position) = object.member(name)?.meaning else {
            return None;
        };
        let link = entity.links.get(position)?;
        Some((link, value)).filter(|_| !value.is_nothing())
    });
    links.collect()
}

/// Whether a relation leads from a row to the one above it, by the very key that leads down.
fn is_way_back(above: &Relation, relation: &Relation) -> bool {
    let down = above.columns.iter().map(|(here, there)| (there, here));
    let up = relation.columns.iter().map(|(here, there)| (here, there));
    relation.refers && !above.refers && down.eq(up)
}

fn told(path: &str, message: &str) -> Refusal {
    Refusal::new(message).below(path).with_path()
}
