//! A rep's work by chance: the same seed does the same things.

use anyhow::{Context, Result};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use roundsman_core::documents::Request;
use roundsman_core::documents::visit::VisitOutcome;
use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{CustomerId, VisitId};
use roundsman_core::quantity::Quantity;
use roundsman_core::views::CatalogueRow;
use roundsman_device::Device;
use roundsman_replica::{Query, Rows};

use crate::Ledger;
use crate::ledger::customers;

/// What one rep does, by chance.
pub struct Chance {
    random: StdRng,
    visit: Option<VisitId>,
    done: u64,
}

impl Chance {
    /// A rep whose day follows from this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed), visit: None, done: 0 }
    }

    /// A number below this.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.random.random_range(0..bound)
    }

    /// Does the next thing and has it noted.
    ///
    /// # Errors
    /// When the device refuses.
    pub fn work(&mut self, device: &mut Device, ledger: &mut Ledger) -> Result<()> {
        match self.attempt(device, ledger) {
            // Their other device has done that meanwhile.
            Err(error) if error.downcast_ref().is_some_and(is_too_late) => Ok(()),
            done => done,
        }
    }

    fn attempt(&mut self, device: &mut Device, ledger: &mut Ledger) -> Result<()> {
        self.done += 1;
        let customers = customers(device)?;
        let customer = *customers.choose(&mut self.random).context("no customers")?;
        match self.random.random_range(0..8) {
            0 => self.order(device, ledger, customer),
            1..3 => {
                let fields = [("note".to_owned(), format!("note {}", self.done))].into();
                ledger.run(device, Request::CustomerEdit { customer, fields }).map(drop)
            }
            3..5 => {
                let request = Request::CustomerSaveContact {
                    customer,
                    contact: None,
                    name: format!("contact {}", self.done),
                    role: String::new(),
                    phone: String::new(),
                    email: String::new(),
                };
                ledger.run(device, request).map(drop)
            }
            _ => self.visit(device, ledger, customer),
        }
    }

    /// Begins a visit, or ends the one that goes on.
    fn visit(
        &mut self,
        device: &mut Device,
        ledger: &mut Ledger,
        customer: CustomerId,
    ) -> Result<()> {
        match self.visit.take() {
            None => {
                let check_in = Request::VisitCheckIn { customer, place: None };
                self.visit = Some(VisitId(ledger.run(device, check_in)?.id));
            }
            Some(visit) => {
                let (outcome, note) = (VisitOutcome::NoNeed, Some(format!("visit {}", self.done)));
                ledger.run(device, Request::VisitCheckOut { visit, outcome, note })?;
            }
        }
        Ok(())
    }

    /// Takes an order of one to three lines.
    ///
    /// # Errors
    /// When the device refuses.
    pub fn order(
        &mut self,
        device: &mut Device,
        ledger: &mut Ledger,
        customer: CustomerId,
    ) -> Result<()> {
        let query =
            Query::Catalogue { customer, search: None, category: None, page: Default::default() };
        let shelf: Rows<CatalogueRow> = device.ask(&query)?;
        let sold: Vec<_> = shelf.rows.iter().filter(|row| row.unit_price.is_some()).collect();
        let lines = self.random.random_range(1..=3);
        for row in sold.choose_multiple(&mut self.random, lines) {
            let line = Request::CartSetLine {
                customer,
                product: row.id,
                pack: row.unit.clone(),
                quantity: Quantity::from(1),
                discount: None,
            };
            ledger.run(device, line)?;
        }
        ledger.run(device, Request::OrderSubmit { customer }).map(drop)
    }
}

fn is_too_late(refusal: &Refusal) -> bool {
    [codes::VISIT_OPEN, codes::VISIT_FINISHED, codes::CART_SUBMITTED, codes::EMPTY]
        .contains(&refusal.code.as_str())
}
