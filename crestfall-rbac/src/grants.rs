//! Everything that one subject may do, and decisions on it. No I/O.

use std::time::{Duration, Instant};

use hashbrown::{HashMap, HashSet};
use uuid::Uuid;

use crate::permission::Permission;

/// Where something is to be done: everywhere, in an organisation, on a resource (`kind/id`). With
/// both, either is enough: the resource is one of that organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// In this organisation.
    pub organisation: Option<Uuid>,
    /// On this resource, `kind/id`, such as `invoice/42`.
    pub resource: Option<String>,
}

impl Place {
    /// Not in a certain place: only what holds everywhere counts.
    pub fn everywhere() -> Self {
        Self::default()
    }

    /// In an organisation.
    pub fn organisation(id: Uuid) -> Self {
        Self {
            organisation: Some(id),
            resource: None,
        }
    }

    /// On one resource, `kind/id`.
    pub fn resource(resource: impl Into<String>) -> Self {
        Self {
            organisation: None,
            resource: Some(resource.into()),
        }
    }
}

/// What one subject may do, as the database said it a moment ago. It decides as
/// `rbac.is_authorized` and `rbac.has_role` do.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    is_service: bool,
    permissions: Held,
    roles: Held,
    memberships: HashSet<Uuid>,
    /// When something of it ends by itself.
    ends: Option<Instant>,
}

/// Names by the place in which they hold.
#[derive(Clone, Debug, Default)]
struct Held {
    everywhere: HashSet<Box<str>>,
    organisations: HashMap<Uuid, HashSet<Box<str>>>,
    resources: HashMap<Box<str>, HashSet<Box<str>>>,
}

impl Held {
    fn insert(&mut self, name: Box<str>, place: Place) {
        let names = match place {
            Place {
                organisation: Some(id),
                ..
            } => self.organisations.entry(id).or_default(),
            Place {
                resource: Some(resource),
                ..
            } => self.resources.entry(resource.into()).or_default(),
            _ => &mut self.everywhere,
        };
        names.insert(name);
    }

    fn in_place(&self, place: &Place) -> impl Iterator<Item = &HashSet<Box<str>>> {
        let organisation = place
            .organisation
            .and_then(|id| self.organisations.get(&id));
        let resource = place.resource.as_deref();
        let resource = resource.and_then(|resource| self.resources.get(resource));
        [Some(&self.everywhere), organisation, resource]
            .into_iter()
            .flatten()
    }

    fn all(&self) -> impl Iterator<Item = &HashSet<Box<str>>> {
        std::iter::once(&self.everywhere)
            .chain(self.organisations.values())
            .chain(self.resources.values())
    }
}

fn covers(held: &HashSet<Box<str>>, asked: &Permission) -> bool {
    asked.covering().iter().any(|name| held.contains(name))
}

impl Grants {
    /// Nothing: of somebody anonymous.
    pub fn none() -> Self {
        Self::default()
    }

    /// Everything: of the service role, which passes by every policy.
    pub fn service() -> Self {
        Self {
            is_service: true,
            ..Self::default()
        }
    }

    pub(crate) fn add_permission(&mut self, name: &str, place: Place) {
        self.permissions.insert(name.into(), place);
    }

    pub(crate) fn add_role(&mut self, name: &str, place: Place) {
        self.roles.insert(name.into(), place);
    }

    pub(crate) fn add_membership(&mut self, organisation: Uuid) {
        self.memberships.insert(organisation);
    }

    /// Something of it ends then.
    pub(crate) fn end_at(&mut self, at: Instant) {
        self.ends = Some(self.ends.map_or(at, |before| before.min(at)));
    }

    /// Whether nothing of it has ended by itself.
    pub(crate) fn is_current(&self, now: Instant) -> bool {
        self.ends.is_none_or(|end| now < end)
    }

    /// Ends after this long at the latest.
    pub(crate) fn at_most(mut self, lifetime: Duration) -> Self {
        self.end_at(Instant::now() + lifetime);
        self
    }

    /// Whether it has this permission there.
    pub fn is_authorized(&self, permission: &Permission, place: &Place) -> bool {
        self.is_service || (self.permissions.in_place(place)).any(|held| covers(held, permission))
    }

    /// Whether it has this permission in any place at all.
    pub fn is_authorized_anywhere(&self, permission: &Permission) -> bool {
        self.is_service || self.permissions.all().any(|held| covers(held, permission))
    }

    /// Whether it has this role there, or one below it. Roles that organisations made for themselves
    /// do not count: the application cannot know them.
    pub fn has_role(&self, role: &str, place: &Place) -> bool {
        self.is_service || self.roles.in_place(place).any(|held| held.contains(role))
    }

    /// Whether it is a member of the organisation.
    pub fn is_member(&self, organisation: Uuid) -> bool {
        self.is_service || self.memberships.contains(&organisation)
    }

    /// The organisations it is a member of.
    pub fn memberships(&self) -> impl Iterator<Item = Uuid> {
        self.memberships.iter().copied()
    }

    /// The organisations in which it has this permission by an assignment there; none of those in
    /// which it has it because it has it everywhere.
    pub fn organisations(&self, permission: &Permission) -> impl Iterator<Item = Uuid> {
        let by_place = self.permissions.organisations.iter();
        by_place
            .filter(|(_, held)| covers(held, permission))
            .map(|(id, _)| *id)
    }

    /// Permissions there, sorted, wildcards as written.
    pub fn permissions(&self, place: &Place) -> Vec<&str> {
        if self.is_service {
            return vec!["*:*"];
        }
        sorted(self.permissions.in_place(place))
    }

    /// Roles there, sorted, with those above them.
    pub fn roles(&self, place: &Place) -> Vec<&str> {
        sorted(self.roles.in_place(place))
    }
}

fn sorted<'a>(sets: impl Iterator<Item = &'a HashSet<Box<str>>>) -> Vec<&'a str> {
    let mut names: Vec<&str> = sets.flatten().map(|name| &**name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permission(text: &str) -> Permission {
        text.parse().expect("a permission")
    }

    #[test]
    fn what_holds_in_a_place_holds_nowhere_else() {
        let (acme, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut grants = Grants::none();
        grants.add_permission("invoice:*", Place::organisation(acme));
        grants.add_permission("invoice:read", Place::resource("invoice/42"));
        let read = permission("invoice:read");
        for (place, expected) in [
            (Place::everywhere(), false),
            (Place::organisation(acme), true),
            (Place::organisation(other), false),
            (Place::resource("invoice/42"), true),
            (Place::resource("invoice/43"), false),
        ] {
            assert_eq!(grants.is_authorized(&read, &place), expected, "{place:?}");
        }
        let both = Place {
            organisation: Some(other),
            resource: Some("invoice/42".into()),
        };
        assert!(grants.is_authorized(&read, &both));
        assert!(!grants.is_authorized(&permission("invoice:write"), &both));
        assert!(grants.is_authorized_anywhere(&permission("invoice:write")));
        assert_eq!(grants.organisations(&read).collect::<Vec<_>>(), [acme]);
    }

    #[test]
    fn the_service_role_may_everything_and_nobody_nothing() {
        let any = permission("*:*");
        assert!(Grants::service().is_authorized(&any, &Place::everywhere()));
        assert!(!Grants::none().is_authorized_anywhere(&any));
        assert!(!Grants::none().has_role("", &Place::everywhere()));
    }

    #[test]
    fn it_is_current_until_the_first_of_it_ends() {
        let now = Instant::now();
        let mut grants = Grants::none();
        assert!(grants.is_current(now));
        grants.end_at(now + Duration::from_secs(5));
        grants.end_at(now + Duration::from_secs(2));
        grants.end_at(now + Duration::from_secs(9));
        assert!(grants.is_current(now + Duration::from_secs(1)));
        assert!(!grants.is_current(now + Duration::from_secs(2)));
    }
}
