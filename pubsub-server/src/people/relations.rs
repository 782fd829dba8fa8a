//! What the service asks of people: who sees whom, and who is in which group.

use super::People;
use crate::service::relations::Relations;

impl Relations for People {
    fn may_see_presence(&self, owner: &str, who: &str) -> bool {
        let state = self.state();
        let contact = state.rosters.contact(owner, who);
        contact.is_some_and(|contact| contact.from)
    }

    fn is_in_group(&self, owner: &str, who: &str, groups: &[String]) -> bool {
        let state = self.state();
        let contact = state.rosters.contact(owner, who);
        contact.is_some_and(|contact| {
            let mut held = contact.groups.iter();
            held.any(|group| groups.iter().any(|asked| **asked == **group))
        })
    }
}
