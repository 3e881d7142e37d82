//! What reps do all day.

use std::collections::VecDeque;

use roundsman_core::documents::Request;
use roundsman_core::documents::order::WantedLine;
use roundsman_core::documents::visit::VisitOutcome;
use roundsman_core::id::{CustomerId, ProductId};
use roundsman_core::quantity::Quantity;
use roundsman_core::views::{CustomerCard, OrderLineView, OrderRow, OrderView};
use roundsman_replica::{Page, Query, Rows};

use crate::chance::Chance;
use crate::company::Company;
use crate::device::Device;

/// Visits of a day.
const VISITS: i64 = 11;

/// One thing a rep does.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// Goes into a shop.
    CheckIn(CustomerId),
    /// Notes something.
    Note,
    /// Puts something into the cart.
    Line,
    /// Says when it is wanted.
    Details,
    /// Signs.
    Submit,
    /// The customer wants something else after all.
    Amend,
    /// The customer wants nothing after all.
    Cancel,
    /// Thinks better of it.
    Discard,
    /// Corrects something about the shop.
    Edit,
    /// Corrects something about a shop that a colleague called about.
    Answer(CustomerId),
    /// Says which of several values is right.
    Choose,
    /// Writes a person down.
    Contact,
    /// Finds a new shop.
    Create,
    /// Closes or opens the shop for good.
    Active,
    /// Leaves.
    CheckOut,
}

/// A day of visits to these customers.
#[must_use]
pub fn day(chance: &mut Chance, customers: &[CustomerId]) -> VecDeque<Step> {
    let mut steps = VecDeque::new();
    if customers.is_empty() {
        return steps;
    }
    for _ in 0..chance.between(VISITS - 1, VISITS + 2) {
        steps.push_back(Step::CheckIn(*chance.pick(customers)));
        for _ in 0..chance.between(2, 4) {
            steps.push_back(Step::Line);
        }
        steps.push_back(Step::Note);
        if chance.one_in(3) {
            steps.push_back(Step::Details);
        }
        if chance.one_in(2) {
            steps.push_back(Step::Edit);
        }
        if chance.one_in(3) {
            steps.push_back(Step::Choose);
        }
        if chance.one_in(4) {
            steps.push_back(Step::Contact);
        }
        if chance.one_in(10) {
            steps.push_back(Step::Discard);
            steps.push_back(Step::Line);
        }
        if chance.percent(75) {
            steps.push_back(Step::Submit);
        }
        if chance.one_in(4) {
            steps.push_back(Step::Amend);
        }
        if chance.one_in(15) {
            steps.push_back(Step::Cancel);
        }
        if chance.one_in(2) {
            steps.push_back(Step::Note);
        }
        if chance.one_in(20) {
            steps.push_back(Step::Create);
        }
        if chance.one_in(30) {
            steps.push_back(Step::Active);
        }
        steps.push_back(Step::CheckOut);
    }
    steps
}

/// What a step asks the device for; none when there is nothing to do.
pub fn request(device: &mut Device, step: Step, company: &Company) -> Option<Request> {
    if let Step::Amend | Step::Cancel = step {
        let order = some_order(device)?;
        return Some(match step {
            Step::Amend => amend(&mut device.chance, &order, company),
            _ => Request::OrderCancel { order: order.row.id, reason: "not wanted".to_owned() },
        });
    }
    if let Step::Choose = step {
        let customer = device.shop?;
        return choose(device, customer);
    }
    let chance = &mut device.chance;
    if let Step::CheckIn(customer) = step {
        device.shop = Some(customer);
        return Some(Request::VisitCheckIn { customer, place: None });
    }
    if let Step::Answer(customer) = step {
        return Some(edit(chance, customer));
    }
    let customer = device.shop?;
    Some(match step {
        Step::CheckIn(_) | Step::Answer(_) | Step::Choose | Step::Amend | Step::Cancel => {
            return None;
        }
        Step::Note => Request::VisitNote {
            visit: device.visit?,
            note: Some(format!("note {}", chance.below(10_000))),
            outcome: chance.one_in(3).then_some(VisitOutcome::NoNeed),
        },
        Step::Line => {
            line(chance, customer, &company.products[..].iter().map(|it| it.id).collect::<Vec<_>>())
        }
        Step::Details => Request::CartDetails {
            customer,
            requested_on: None,
            note: Some(format!("wish {}", chance.below(10_000))),
        },
        Step::Submit => Request::OrderSubmit { customer },
        Step::Discard => Request::CartDiscard { customer },
        Step::Edit => edit(chance, customer),
        Step::Contact => Request::CustomerSaveContact {
            customer,
            contact: None,
            name: format!("Person {}", chance.below(1_000)),
            role: "buyer".to_owned(),
            phone: String::new(),
            email: String::new(),
        },
        Step::Create => Request::CustomerCreate {
            fields: [("name".to_owned(), format!("New shop {}", chance.below(10_000)))].into(),
            place: None,
        },
        Step::Active => Request::CustomerSetActive { customer, active: chance.one_in(2) },
        Step::CheckOut => Request::VisitCheckOut {
            visit: device.visit?,
            outcome: VisitOutcome::NoNeed,
            note: None,
        },
    })
}

/// One of the latest orders that this device knows, whoever took it.
fn some_order(device: &mut Device) -> Option<OrderView> {
    const LATEST: u32 = 6;
    let page = Page { limit: Some(LATEST), offset: None };
    let list = Query::Orders { search: None, state: None, customer: None, page };
    let replica = device.replica.as_ref()?;
    let found: Rows<OrderRow> = serde_json::from_str(&replica.query(&list).ok()?).ok()?;
    if found.rows.is_empty() {
        return None;
    }
    let id = device.chance.pick(&found.rows).id;
    serde_json::from_str(&replica.query(&Query::Order { id }).ok()?).ok()?
}

/// One of the values that compete for a field of this shop, if any do.
fn choose(device: &mut Device, customer: CustomerId) -> Option<Request> {
    let shown = device.replica.as_ref()?.query(&Query::Customer { id: customer }).ok()?;
    let card: CustomerCard = serde_json::from_str(&shown).ok()?;
    let field = card.fields.into_iter().find(|field| !field.alternatives.is_empty())?;
    let value = device.chance.pick(&field.alternatives).value.clone();
    Some(Request::CustomerChoose { customer, field: field.field, value })
}

/// The same order with one line more, less or otherwise.
fn amend(chance: &mut Chance, order: &OrderView, company: &Company) -> Request {
    let wanted = |line: &OrderLineView| WantedLine {
        line: Some(line.id),
        product: line.product,
        pack: line.pack.clone(),
        quantity: line.quantity,
        discount: line.discount,
    };
    let mut lines: Vec<_> = order.lines.iter().map(wanted).collect();
    let at = chance.below(lines.len() as u32) as usize;
    match chance.below(4) {
        0 if lines.len() > 1 => _ = lines.remove(at),
        1 => {
            let product = chance.pick(&company.products).id;
            if lines.iter().all(|line| line.product != product) {
                let (pack, quantity) = ("pc".to_owned(), Quantity::from(chance.between(1, 9)));
                let discount = lines[at].discount;
                lines.push(WantedLine { line: None, product, pack, quantity, discount });
            }
        }
        _ => lines[at].quantity = Quantity::from(chance.between(1, 9)),
    }
    Request::OrderAmend {
        order: order.row.id,
        lines,
        requested_on: None,
        note: None,
        signed_again: chance.one_in(2),
    }
}

fn line(chance: &mut Chance, customer: CustomerId, products: &[ProductId]) -> Request {
    Request::CartSetLine {
        customer,
        product: *chance.pick(products),
        pack: (*chance.pick(&["pc", "box"])).to_owned(),
        quantity: Quantity::from(chance.between(1, 9)),
        discount: None,
    }
}

/// A correction, as reps and the office make it.
pub fn edit(chance: &mut Chance, customer: CustomerId) -> Request {
    let field = *chance.pick(&["phone", "note", "hours", "address", "payment_terms"]);
    let value = format!("{field} {}", chance.below(100_000));
    Request::CustomerEdit { customer, fields: [(field.to_owned(), value)].into() }
}
