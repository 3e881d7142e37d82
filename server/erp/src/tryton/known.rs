//! Who and what Tryton knows under which id.

use roundsman_core::documents::order::SignedLine;
use roundsman_core::id::CustomerId;
use roundsman_store::{imports, links};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Tryton;
use super::fault::{Fault, Result};
use super::push::ours;
use super::value;

/// Its customers and suppliers.
pub const PARTY: &str = "party.party";
pub(super) const PRODUCT: &str = "product.product";

impl Tryton {
    /// The party of a customer: the one with its number, or a new one.
    pub(super) async fn party(&self, customer: CustomerId) -> Result<i64> {
        if let Some(known) = self.still_there(PARTY, customer.0, json!([])).await? {
            return Ok(known);
        }
        let code = self.code_of(customer).await?;
        let found = match self.party_with(&code).await? {
            Some(found) => found,
            None => match self.create_party(&code, customer).await {
                // A code is given once: somebody else was faster, or we were and did not hear it.
                Err(Fault::Refused(why)) => {
                    self.party_with(&code).await?.ok_or(Fault::Refused(why))?
                }
                created => created?,
            },
        };
        self.keep(PARTY, customer.0, found).await
    }

    async fn party_with(&self, code: &str) -> Result<Option<i64>> {
        let found = self.client.read(PARTY, json!([["code", "=", code]]), &["id"]).await?;
        found.first().map(|row| value::id(row, "id")).transpose()
    }

    /// A customer's own number, or, as long as the office gave it none, one that is nobody else's.
    async fn code_of(&self, customer: CustomerId) -> Result<String> {
        let code = self.books.code_of(customer).await.map_err(ours)?;
        Ok(code.unwrap_or_else(|| customer.to_string()))
    }

    async fn create_party(&self, code: &str, customer: CustomerId) -> Result<i64> {
        let known = imports::customer(&self.store().read, customer).await.map_err(ours)?;
        let known = known.ok_or_else(|| Fault::Refused("nobody knows this customer".to_owned()))?;
        let customer = known.customer;
        let address = json!({ "street_unstructured": customer.value("address"),
            "invoice": true, "delivery": true });
        let mut values = json!({ "name": customer.value("name"), "code": code,
            "addresses": [["create", [address]]] });
        let phone = customer.value("phone");
        if !phone.is_empty() {
            // Not of the type `phone`, which refuses what is no number.
            let way = json!({ "type": "other", "value": phone, "name": "Phone" });
            values["contact_mechanisms"] = json!([["create", [way]]]);
        }
        let made = self.client.call(PARTY, "create", &[json!([values])]).await?;
        value::ids(&made)?.first().copied().ok_or_else(|| Fault::lacks("the new party"))
    }

    /// The product of a line: the one with its article number.
    pub(super) async fn product(&self, line: &SignedLine) -> Result<i64> {
        let id = line.product.0;
        let sold = json!(["salable", "=", true]);
        if let Some(known) = self.still_there(PRODUCT, id, json!([sold])).await? {
            return Ok(known);
        }
        let fits = json!([["code", "=", line.code], sold]);
        let found = self.client.read(PRODUCT, fits, &["id"]).await?;
        let Some(found) = found.first() else {
            let why = format!("no product that is sold has the code {}", line.code);
            return Err(Fault::Refused(why));
        };
        self.keep(PRODUCT, id, value::id(found, "id")?).await
    }

    /// The unit that a product is counted in.
    pub(super) async fn base_unit(&self, product: i64) -> Result<i64> {
        let fields = json!(["default_uom"]);
        let read = self.client.call(PRODUCT, "read", &[json!([product]), fields]).await?;
        value::id(&value::one(read)?, "default_uom")
    }

    /// The id of a currency.
    pub(super) async fn currency(&self, code: &str) -> Result<i64> {
        let found = self.client.read("currency.currency", json!([["code", "=", code]]), &["id"]);
        match found.await?.first() {
            Some(row) => value::id(row, "id"),
            None => Err(Fault::Setup(format!("no currency has the code {code}"))),
        }
    }

    /// What something is called there, if that is known.
    pub(super) async fn known(&self, model: &str, ours_is: Uuid) -> Result<Option<i64>> {
        links::theirs(&self.store().read, model, ours_is).await.map_err(ours)
    }

    /// What something is called there, unless it was deleted or deactivated since, or fits no more:
    /// then it is looked for by its number again.
    async fn still_there(
        &self,
        model: &'static str,
        ours_is: Uuid,
        fits: Value,
    ) -> Result<Option<i64>> {
        let Some(known) = self.known(model, ours_is).await? else { return Ok(None) };
        let fits = json!([["id", "=", known], fits]);
        if !self.client.read(model, fits, &["id"]).await?.is_empty() {
            return Ok(Some(known));
        }
        let forgotten = self
            .store()
            .write
            .run(move |db, _| Box::pin(async move { links::forget(db, model, ours_is).await }));
        forgotten.await.map_err(ours)?;
        Ok(None)
    }

    /// Keeps what something is called there.
    async fn keep(&self, model: &'static str, ours_is: Uuid, theirs: i64) -> Result<i64> {
        let kept = self.store().write.run(move |db, _| {
            Box::pin(async move { links::add(db, model, ours_is, theirs).await })
        });
        kept.await.map_err(ours)?;
        Ok(theirs)
    }
}
