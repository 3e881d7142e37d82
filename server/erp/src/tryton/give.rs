//! What Tryton is told beside orders: what reps correct about customers, and their visits.

use roundsman_core::id::VisitId;
use serde_json::{Value, json};

use super::Tryton;
use super::fault::{Fault, Result};
use super::known::PARTY;
use super::pull::FoundCustomer;
use super::value;

/// Notes of people about anything.
pub const NOTE: &str = "ir.note";
const CONTACT: &str = "party.contact_mechanism";

impl Tryton {
    /// Gives a party another name.
    ///
    /// # Errors
    /// Every kind of [`super::Fault`].
    pub async fn rename(&self, customer: &FoundCustomer, name: &str) -> Result<()> {
        let write = [json!([customer.id]), json!({ "name": name })];
        self.client.call(PARTY, "write", &write).await.map(|_| ())
    }

    /// Gives a party another number to dial, in the place of the first.
    ///
    /// # Errors
    /// Every kind of [`super::Fault`].
    pub async fn set_phone(&self, customer: &FoundCustomer, phone: &str) -> Result<()> {
        let done = match customer.phone_id {
            Some(id) => {
                let write = [json!([id]), json!({ "value": phone })];
                self.client.call(CONTACT, "write", &write).await
            }
            None => {
                let way = json!({ "party": customer.id, "type": "phone", "value": phone });
                self.client.call(CONTACT, "create", &[json!([way])]).await
            }
        };
        done.map(|_| ())
    }

    /// Leaves a note about a visit at its party, once: it names the visit, and is looked for first.
    /// Gives the note's id.
    ///
    /// # Errors
    /// Every kind of [`super::Fault`].
    pub async fn note_visit(&self, party: i64, visit: VisitId, text: &str) -> Result<i64> {
        let resource = format!("{PARTY},{party}");
        let name = format!("({visit})");
        let fits = json!([["resource", "=", resource], ["message", "like", format!("%{name}")]]);
        if let Some(note) = self.client.read(NOTE, fits, &["id"]).await?.first() {
            return value::id(note, "id");
        }
        let note = json!({ "resource": resource, "message": format!("{text}\n{name}") });
        let made: Value = self.client.call(NOTE, "create", &[json!([note])]).await?;
        value::ids(&made)?.first().copied().ok_or_else(|| Fault::lacks("the new note"))
    }
}
