//! What reps do all day.

use std::collections::VecDeque;

use roundsman_core::documents::Request;
use roundsman_core::documents::visit::VisitOutcome;
use roundsman_core::id::{CustomerId, ProductId};
use roundsman_core::quantity::Quantity;

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
    /// Thinks better of it.
    Discard,
    /// Corrects something about the shop.
    Edit,
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
    let chance = &mut device.chance;
    if let Step::CheckIn(customer) = step {
        device.shop = Some(customer);
        return Some(Request::VisitCheckIn { customer, place: None });
    }
    let customer = device.shop?;
    Some(match step {
        Step::CheckIn(_) => return None,
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
