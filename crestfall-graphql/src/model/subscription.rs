//! `Subscription`: what may be asked once may be asked live.

use super::{Field, Kind, Meaning, Object, Schema, Type};

impl Schema {
    /// Adds a root with the fields of `Query`, but for introspection.
    pub(crate) fn with_subscriptions(mut self) -> Self {
        let query = self.type_of(self.query);
        let Kind::Object(object) = &query.kind else {
            return self;
        };
        let is_data = |field: &&Field| {
            !matches!(
                field.meaning,
                Meaning::TypeByName | Meaning::SchemaItself | Meaning::Own
            )
        };
        let fields = object.fields.iter().filter(is_data).cloned().collect();
        let subscription = Type {
            name: "Subscription".into(),
            description: Some("The root type for data that is sent anew when it changes".into()),
            kind: Kind::Object(Object::new(fields)),
            hidden: query.hidden,
        };
        // A relation of that name goes before: its rows were there first.
        if self.by_name.contains_key(&subscription.name) {
            return self;
        }
        let id = self.types.len();
        self.by_name.insert(subscription.name.clone(), id);
        self.types.push(subscription);
        self.subscription = Some(id);
        self
    }
}
