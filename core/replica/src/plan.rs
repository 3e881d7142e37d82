//! From what a person asked for to an operation: the device fills in ids, prices, numbers and time.

use roundsman_core::documents::cart::{self, Cart, CartLine, line_id};
use roundsman_core::documents::customer::{self, Customer};
use roundsman_core::documents::order::{
    self, Order, Revising, Revision, Signing, VersionId, Wanted,
};
use roundsman_core::documents::visit::{self, Begun, Finished, VisitOutcome};
use roundsman_core::documents::{Operation, Request};
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{CartId, CustomerId, OrderId, ProductId, VisitId, uuid_v7};
use roundsman_core::place::Place;
use roundsman_core::quantity::{Percent, Quantity};
use roundsman_core::time::Day;
use rusqlite::{OptionalExtension, params};
use uuid::Uuid;

use crate::queries::wanted;
use crate::{Replica, Result, merged};

/// An operation, the document it is about, and what people call that.
pub(crate) struct Planned {
    pub(crate) operation: Box<dyn Operation>,
    pub(crate) id: Uuid,
    pub(crate) subject: String,
}

fn planned(
    operation: impl Operation + 'static,
    id: impl Into<Uuid>,
    subject: impl Into<String>,
) -> Result<Planned> {
    Ok(Planned { operation: Box::new(operation), id: id.into(), subject: subject.into() })
}

impl Replica {
    pub(crate) fn plan(&mut self, mut request: Request) -> Result<Planned> {
        // A screen of a customer that was merged meanwhile still works for the one that stays.
        if let Some(customer) = request.customer_mut() {
            *customer = merged::survivor(&self.db, *customer)?;
        }
        match request {
            Request::CustomerCreate { fields, place } => {
                let customer = CustomerId(self.new_id());
                let name = fields.get("name").cloned().unwrap_or_default();
                planned(customer::Create { customer, fields, place }, customer, name)
            }
            Request::CustomerEdit { customer, fields } => {
                let known = self.customer_document(customer)?;
                // A form sends everything; only what differs was meant.
                let fields = fields
                    .into_iter()
                    .filter(|(field, value)| known.value(field) != value.trim())
                    .collect();
                planned(customer::EditFields { customer, fields }, customer, known.value("name"))
            }
            Request::CustomerChoose { customer, field, value } => {
                let name = self.customer_name(customer)?;
                planned(customer::Choose { customer, field, value }, customer, name)
            }
            Request::CustomerSaveContact { customer, contact, name, role, phone, email } => {
                let subject = self.customer_name(customer)?;
                let contact = contact.unwrap_or_else(|| self.new_id().into());
                planned(
                    customer::SaveContact { customer, contact, name, role, phone, email },
                    customer,
                    subject,
                )
            }
            Request::CustomerRemoveContact { customer, contact } => {
                let subject = self.customer_name(customer)?;
                planned(customer::RemoveContact { customer, contact }, customer, subject)
            }
            Request::CustomerSetActive { customer, active } => {
                let subject = self.customer_name(customer)?;
                planned(customer::SetActive { customer, active }, customer, subject)
            }
            Request::CustomerMerge { customer, into } => {
                let subject = self.customer_name(customer)?;
                planned(customer::Merge { customer, into }, customer, subject)
            }
            Request::CustomerUnmerge { customer } => {
                let subject = self.customer_name(customer)?;
                planned(customer::Unmerge { customer }, customer, subject)
            }
            Request::VisitCheckIn { customer, place } => self.check_in(customer, place),
            Request::VisitNote { visit, note, outcome } => {
                let subject = self.visit_subject(visit)?;
                planned(visit::Note { visit, note, outcome }, visit, subject)
            }
            Request::VisitCheckOut { visit, outcome, note } => self.check_out(visit, outcome, note),
            Request::CartSetLine { customer, product, pack, quantity, discount } => {
                self.set_line(customer, product, pack, quantity, discount)
            }
            Request::CartDetails { customer, requested_on, note } => {
                self.details(customer, requested_on, note)
            }
            Request::CartDiscard { customer } => {
                let (cart, _) = self.open_cart_or_refuse(customer)?;
                let subject = self.customer_name(customer)?;
                planned(cart::Discard { cart }, cart, subject)
            }
            Request::OrderSubmit { customer } => self.submit(customer),
            Request::OrderAmend { order, lines, requested_on, note, signed_again } => {
                let (known, bases) = self.order_with_heads(order)?;
                let wanted = wanted(&known, &lines, requested_on.as_deref(), note.as_deref())?;
                self.amend(&known, bases, &wanted, signed_again)
            }
            Request::OrderCancel { order, reason } => self.cancel(order, reason),
        }
    }

    fn amend(
        &self,
        known: &Order,
        bases: Vec<VersionId>,
        wanted: &Wanted,
        signed_again: bool,
    ) -> Result<Planned> {
        let shelf = self.shelf_for(known, wanted)?;
        let revision = known.amend(wanted, &shelf, self.revising(bases)?)?;
        let revision =
            revision.ok_or_else(|| Refusal::new(codes::EMPTY).with("field", "changes"))?;
        let revision = Revision { signed_again, ..revision };
        let (order, number) = (revision.order, known.content.device_number.clone());
        planned(order::Amend { revision }, order, number)
    }

    fn cancel(&self, order: OrderId, reason: String) -> Result<Planned> {
        let (known, bases) = self.order_with_heads(order)?;
        let revision = known.cancel(reason, self.revising(bases)?);
        let revision = revision.ok_or_else(|| Refusal::new(codes::ORDER_CANCELLED))?;
        planned(order::Cancel { revision }, order, known.content.device_number)
    }

    fn revising(&self, bases: Vec<VersionId>) -> Result<Revising> {
        let (by, at) = (self.signed_in()?.person, self.now());
        Ok(Revising { bases, by, at, offset_minutes: self.host.offset_minutes() })
    }

    /// An order, and the versions that the next one is made on.
    fn order_with_heads(&self, id: OrderId) -> Result<(Order, Vec<VersionId>)> {
        let document = self.to_edit(id.into())?;
        let document = document.ok_or_else(|| Refusal::new(codes::NOT_FOUND).with("item", id))?;
        Ok((order::read(&document)?, order::heads(&document)?))
    }

    fn check_in(&mut self, customer: CustomerId, place: Option<Place>) -> Result<Planned> {
        let subject = self.customer_name(customer)?;
        let rep = self.signed_in()?.person;
        let open: Option<Uuid> = self
            .db
            .query_row(
                "select id from visit where rep = ?1 and finished is null limit 1",
                [rep.0],
                |row| row.get(0),
            )
            .optional()?;
        if let Some(open) = open {
            return Err(Refusal::new(codes::VISIT_OPEN).with("visit", open).into());
        }
        let visit = VisitId(self.new_id());
        let (at, offset_minutes) = (self.now(), self.host.offset_minutes());
        let begun = Begun { customer, rep, at, offset_minutes, place };
        planned(visit::CheckIn { visit, begun }, visit, subject)
    }

    fn check_out(
        &self,
        visit: VisitId,
        outcome: VisitOutcome,
        note: Option<String>,
    ) -> Result<Planned> {
        let subject = self.visit_subject(visit)?;
        let note = match note {
            Some(note) => note,
            None => self.visit_document(visit)?.note,
        };
        let finished = Finished { at: self.now(), outcome, note };
        planned(visit::CheckOut { visit, finished }, visit, subject)
    }

    fn set_line(
        &mut self,
        customer: CustomerId,
        product: ProductId,
        pack: String,
        quantity: Quantity,
        discount: Option<Percent>,
    ) -> Result<Planned> {
        let subject = self.customer_name(customer)?;
        if quantity < Quantity::ZERO {
            return Err(Refusal::new(codes::INVALID).with("field", "quantity").into());
        }
        let open = self.open_cart(customer)?;
        let begin_for = open.is_none().then_some(customer);
        let (cart, known) = match open {
            Some((cart, known)) => (cart, Some(known)),
            None => (CartId(self.new_id()), None),
        };
        let before = known.as_ref().and_then(|known| known.lines.get(&line_id(cart, product)));
        let line = CartLine {
            product,
            pack,
            quantity,
            discount: discount.or(before.map(|line| line.discount)).unwrap_or_default(),
            added_at: before.map_or_else(|| self.now(), |line| line.added_at),
        };
        planned(cart::SetLine { cart, begin_for, line }, cart, subject)
    }

    fn details(
        &self,
        customer: CustomerId,
        requested_on: Option<String>,
        note: Option<String>,
    ) -> Result<Planned> {
        let (cart, _) = self.open_cart_or_refuse(customer)?;
        let subject = self.customer_name(customer)?;
        let wrong = || Refusal::new(codes::INVALID).with("field", "requested_on");
        let requested_on = requested_on
            .map(|text| {
                if text.is_empty() { Ok(vec![]) } else { text.parse::<Day>().map(|day| vec![day]) }
            })
            .transpose()
            .map_err(|_| wrong())?;
        planned(cart::Details { cart, requested_on, note }, cart, subject)
    }

    fn submit(&mut self, customer: CustomerId) -> Result<Planned> {
        let (cart_id, cart) = self.open_cart_or_refuse(customer)?;
        let known = self.customer_document(customer)?;
        known.may_order()?;
        let products: Vec<_> = cart.lines.values().map(|line| line.product).collect();
        let shelf = self.shelf(customer, &products)?;
        let order = self.new_id().into();
        let identity = self.signed_in()?;
        let device_number = format!("{}-{:04}", identity.device_code, self.journal.order + 1);
        let signing = Signing {
            order,
            device_number: device_number.clone(),
            cart: Some(cart_id),
            customer_name: known.value("name").to_owned(),
            rep: identity.person,
            taken_by: None,
            at: self.now(),
            offset_minutes: self.host.offset_minutes(),
        };
        let signed = order::sign(signing, &cart, &shelf)?;
        planned(order::Submit { signed }, order, device_number)
    }

    pub(crate) fn new_id(&mut self) -> Uuid {
        let now = self.now();
        uuid_v7(now, self.host.as_mut())
    }

    /// The customer's cart that can still be changed, newest first.
    pub(crate) fn open_cart(&self, customer: CustomerId) -> Result<Option<(CartId, Cart)>> {
        let row: Option<(Uuid, String)> = self
            .db
            .prepare_cached(
                "select id, body from cart where customer = ?1 and open order by id desc limit 1",
            )?
            .query_row(params![customer.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        row.map(|(id, body)| Ok((CartId(id), serde_json::from_str(&body)?))).transpose()
    }

    fn open_cart_or_refuse(&self, customer: CustomerId) -> Result<(CartId, Cart)> {
        self.open_cart(customer)?
            .ok_or_else(|| Refusal::new(codes::EMPTY).with("field", "lines").into())
    }

    pub(crate) fn customer_document(&self, id: CustomerId) -> Result<Customer> {
        self.body("select body from customer where id = ?1", id.0)?
            .ok_or_else(|| Refusal::new(codes::NOT_FOUND).with("item", id).into())
    }

    pub(crate) fn customer_name(&self, id: CustomerId) -> Result<String> {
        Ok(self.customer_document(id)?.value("name").to_owned())
    }

    pub(crate) fn visit_document(&self, id: VisitId) -> Result<visit::Visit> {
        self.body("select body from visit where id = ?1", id.0)?
            .ok_or_else(|| Refusal::new(codes::NOT_FOUND).with("item", id).into())
    }

    fn visit_subject(&self, id: VisitId) -> Result<String> {
        let customer = self.visit_document(id)?.begun.customer;
        Ok(self
            .customer_document(customer)
            .map(|it| it.value("name").to_owned())
            .unwrap_or_default())
    }

    /// A typed document from its row.
    pub(crate) fn body<T: serde::de::DeserializeOwned>(
        &self,
        sql: &str,
        id: Uuid,
    ) -> Result<Option<T>> {
        let body: Option<String> =
            self.db.prepare_cached(sql)?.query_row(params![id], |row| row.get(0)).optional()?;
        body.map(|body| Ok(serde_json::from_str(&body)?)).transpose()
    }
}
