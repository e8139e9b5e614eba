//! Inputs for rows that belong to the rows that are written: one member for each field that leads to
//! another relation, under the same name.

use crestfall_core::catalog::TypeCategory;

use super::build::Builder;
use super::{
    Entity, EntityId, Input, InputMeaning, InputObject, Kind, Link, Meaning, Relation, Scalar,
    TypeId, TypeRef, name,
};

/// Members of the inputs for related rows.
pub(crate) const DATA: &str = "data";
pub(crate) const SET: &str = "set";
pub(crate) const INSERT: &str = "insert";
pub(crate) const UPDATE: &str = "update";
pub(crate) const DELETE: &str = "delete";
pub(crate) const FILTER: &str = "filter";
pub(crate) const AT_MOST: &str = "atMost";

/// The inputs by which rows of an entity are written along with others.
#[derive(Debug, Default, Clone, Copy)]
struct NestedTypes {
    insert_one: Option<TypeId>,
    insert_many: Option<TypeId>,
    update_one: Option<TypeId>,
    update_many: Option<TypeId>,
}

impl Builder<'_> {
    /// Finds the links of every entity and gives them their inputs.
    pub(super) fn nested_writes(&mut self) {
        for id in 0..self.entities.len() {
            self.entities[id].links = self.links(id);
        }
        let mut types = vec![NestedTypes::default(); self.entities.len()];
        for id in 0..self.entities.len() {
            for position in 0..self.entities[id].links.len() {
                let link = &self.entities[id].links[position];
                let (target, is_many) = (link.relation.target, link.is_many);
                self.nested_types(target, is_many, &mut types[target]);
            }
        }
        for id in 0..self.entities.len() {
            self.link_members(id, &types);
        }
    }

    /// The fields of a row that lead to rows which the role may write.
    fn links(&self, id: EntityId) -> Vec<Link> {
        let entity = &self.entities[id];
        let Kind::Object(node) = &self.types[entity.types.node].kind else {
            return Vec::new();
        };
        if !entity.extended || !entity.is_listed {
            return Vec::new();
        }
        let links = node.fields.iter().filter_map(|field| {
            let (relation, is_many) = match &field.meaning {
                Meaning::ToOne(relation) => (relation, false),
                Meaning::ToMany(relation) => (relation, true),
                _ => return None,
            };
            let target = &self.entities[relation.target];
            let is_shown = name::is_valid(&field.name) && (entity.hidden || !target.hidden);
            if !is_shown || !target.extended || self.has_lists(entity, relation) {
                return None;
            }
            let [inserts, replaces] = self.may_link(entity, relation);
            Some(Link {
                field: field.name.clone(),
                relation: relation.clone(),
                is_many,
                inserts,
                replaces,
            })
        });
        links.collect()
    }

    /// Keys are handed on in arrays, which cannot hold arrays.
    fn has_lists(&self, entity: &Entity, relation: &Relation) -> bool {
        let is_list = |entity: &Entity, name: &str| {
            let position = entity.column_position(name);
            let oid = position.map(|position| entity.columns[position].type_oid);
            oid.and_then(|oid| self.details.types.get(&oid))
                .is_none_or(|of| of.category == TypeCategory::Array)
        };
        let target = &self.entities[relation.target];
        let mut columns = relation.columns.iter();
        columns.any(|(here, there)| is_list(entity, here) || is_list(target, there))
    }

    /// Whether rows there may be inserted with a new row here, and with one that is there already.
    fn may_link(&self, entity: &Entity, relation: &Relation) -> [bool; 2] {
        let target = &self.entities[relation.target];
        let inserts = target.types.insert.is_some();
        let mut columns = relation.columns.iter();
        if relation.refers {
            let column = |name| entity.column_position(name).map(|at| &entity.columns[at]);
            let keys = entity.primary_key.iter();
            let is_named = keys.clone().all(|&at| entity.columns[at].selectable);
            return [
                inserts
                    && columns
                        .clone()
                        .all(|(here, _)| column(here).is_some_and(|column| column.insertable)),
                inserts
                    && is_named
                    && columns.all(|(here, _)| column(here).is_some_and(|column| column.updatable)),
            ];
        }
        let holds = columns.all(|(_, there)| {
            let position = target.column_position(there);
            position.is_some_and(|position| target.columns[position].insertable)
        });
        [inserts && holds; 2]
    }

    /// Adds the inputs for rows of an entity that are written with another, unless they are there.
    fn nested_types(&mut self, id: EntityId, is_many: bool, types: &mut NestedTypes) {
        let entity = &self.entities[id];
        let (base, hidden) = (entity.type_name.clone(), entity.hidden);
        let own = entity.types;
        let plain =
            |name: &str, of, text: &str| Input::new(name, of, InputMeaning::Plain).described(text);
        let add = |builder: &mut Self, suffix: &str, text: String, members: Vec<Input>| {
            let kind = Kind::Input(InputObject::new(members));
            let id = builder.add(&format!("{base}{suffix}"), Some(&text), kind);
            builder.hide(id, hidden);
            id
        };
        if let Some([input, _]) = own.insert {
            let place = if is_many {
                &mut types.insert_many
            } else {
                &mut types.insert_one
            };
            if place.is_none() {
                let of = TypeRef::Named(input).non_null();
                let (suffix, of, text) = match is_many {
                    true => (
                        "InsertManyInput",
                        of.list().non_null(),
                        "The rows to insert",
                    ),
                    false => ("InsertOneInput", of, "The row to insert"),
                };
                let mut members = vec![plain(DATA, of, text)];
                members.extend(self.on_conflict_input(id));
                let text =
                    format!("`{base}` records that are inserted with the one they belong to");
                *place = Some(add(self, suffix, text, members));
            }
        }
        match is_many {
            true if types.update_many.is_none() => {
                types.update_many = self.update_many(id, types.insert_many);
            }
            false if types.update_one.is_none() => {
                let set = own.update.map(|[input, _]| {
                    let of = TypeRef::Named(input);
                    plain(SET, of, "Fields of the record that is there")
                });
                let insert = types
                    .insert_one
                    .map(|of| plain(INSERT, TypeRef::Named(of), "A new record to belong to"));
                let members: Vec<Input> = set.into_iter().chain(insert).collect();
                if !members.is_empty() {
                    let text =
                        format!("What becomes of the `{base}` record that belongs to another");
                    types.update_one = Some(add(self, "UpdateOneInput", text, members));
                }
            }
            _ => {}
        }
    }

    fn update_many(&mut self, id: EntityId, insert: Option<TypeId>) -> Option<TypeId> {
        let entity = &self.entities[id];
        let (base, hidden, own) = (entity.type_name.clone(), entity.hidden, entity.types);
        let plain =
            |name: &str, of, text: &str| Input::new(name, of, InputMeaning::Plain).described(text);
        let filter = plain(
            FILTER,
            TypeRef::Named(own.filter),
            "Of the records that belong to it, those matching the criteria",
        );
        let at_most = plain(
            AT_MOST,
            self.scalar(Scalar::Int).non_null(),
            "The maximum number of records permitted to be affected",
        )
        .defaulting("1");
        let mut add = |suffix: &str, text: &str, members: Vec<Input>| {
            let kind = Kind::Input(InputObject::new(members));
            let id = self.add(&format!("{base}{suffix}"), Some(text), kind);
            self.hide(id, hidden);
            TypeRef::Named(id)
        };
        let mut members = Vec::new();
        if own.delete.is_some() {
            let of = add(
                "DeleteSomeInput",
                "Which of the records that belong to another are deleted",
                vec![filter.clone(), at_most.clone()],
            );
            members.push(plain(DELETE, of, "Deletes records, before anything else"));
        }
        if let Some([input, _]) = own.update {
            let set = TypeRef::Named(input).non_null();
            let set = plain(SET, set, "Fields that are set will be updated");
            let of = add(
                "UpdateSomeInput",
                "Which of the records that belong to another are updated, and how",
                vec![set, filter, at_most],
            );
            let of = of.non_null().list();
            members.push(plain(
                UPDATE,
                of,
                "Updates records, one entry after the other",
            ));
        }
        if let Some(of) = insert {
            let of = TypeRef::Named(of);
            members.push(plain(INSERT, of, "Adds records, at last"));
        }
        if members.is_empty() {
            return None;
        }
        let text = format!("What becomes of the `{base}` records that belong to another");
        let TypeRef::Named(id) = add("UpdateManyInput", &text, members) else {
            return None;
        };
        Some(id)
    }

    /// Adds a member for each link to the inputs of an entity. A column keeps its name.
    fn link_members(&mut self, id: EntityId, types: &[NestedTypes]) {
        let entity = &self.entities[id];
        let own = entity.types;
        let mut insert = Vec::new();
        let mut update = Vec::new();
        for (position, link) in entity.links.iter().enumerate() {
            let types = types[link.relation.target];
            let [inserting, updating] = match link.is_many {
                true => [types.insert_many, types.update_many],
                false => [types.insert_one, types.update_one],
            };
            let member = |of: TypeId, text: &str| {
                let meaning = InputMeaning::Link(position);
                Input::new(link.field.clone(), TypeRef::Named(of), meaning).described(text)
            };
            if let Some(of) = inserting.filter(|_| link.inserts) {
                insert.push(member(of, told(link, "inserted")));
            }
            if let Some(of) = updating {
                update.push(member(of, told(link, "written")));
            }
        }
        if let Some([input, _]) = own.insert {
            self.append_members(input, insert);
        }
        if let Some([input, _]) = own.update {
            self.append_members(input, update);
        }
    }

    fn append_members(&mut self, id: TypeId, more: Vec<Input>) {
        let Kind::Input(object) = &self.types[id].kind else {
            return;
        };
        let mut members = object.members.clone();
        for member in more {
            if object.member(&member.name).is_none() {
                members.push(member);
            }
        }
        self.fill(id, Kind::Input(InputObject::new(members)));
    }
}

fn told(link: &Link, done: &'static str) -> &'static str {
    match (link.relation.refers, done) {
        (true, "inserted") => "The record it refers to, inserted first",
        (false, "inserted") => "Records that refer to it, inserted behind it",
        (true, _) => "The record it refers to",
        (false, _) => "Records that refer to it",
    }
}
