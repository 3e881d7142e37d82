//! A closed order as its summary, and back: whoever shows orders reads a summary like the document.

use super::{SignedLine, SignedOrder};
use crate::documents::cart::line_id;
use crate::id::{CartId, LineId, ProductId};
use crate::money::Money;
use crate::quantity::Quantity;
use crate::records::{
    DecidedLine, OrderSummary, Reason, SalesOrder, SummaryLine, SummaryReason, Sums,
};
use crate::rules::{line_sums, pack_step};
use crate::views::{PriceTrace, TaxLine, TraceStep};

impl OrderSummary {
    /// What stays of an order and of what was decided.
    #[must_use]
    pub fn new(signed: &SignedOrder, decision: &SalesOrder) -> Self {
        let decided = |line: &SignedLine| decision.lines.iter().find(|it| it.line == line.id);
        let line = |line| SummaryLine::new(signed, line, decided(line));
        Self {
            order: signed.order,
            device_number: signed.device_number.clone(),
            number: decision.number.clone(),
            customer: signed.customer,
            customer_name: signed.customer_name.clone(),
            rep: signed.rep,
            cart: signed.cart,
            placed_at: signed.placed_at,
            offset_minutes: signed.offset_minutes,
            requested_on: signed.requested_on,
            note: signed.note.clone(),
            price_list: signed.price_list,
            lines: signed.lines.iter().map(line).collect(),
            net: signed.net,
            taxes: signed.taxes.clone(),
            total: signed.total,
            outcome: decision.outcome,
            reasons: decision.reasons.iter().map(SummaryReason::from).collect(),
            decided_at: decision.decided_at,
            promised_on: decision.promised_on,
            verdict: decision.verdict.clone(),
            taken_by: signed.taken_by,
        }
    }

    /// What was signed; of how its prices came about only what was counted.
    #[must_use]
    pub fn signed(&self) -> SignedOrder {
        SignedOrder {
            order: self.order,
            device_number: self.device_number.clone(),
            customer: self.customer,
            customer_name: self.customer_name.clone(),
            rep: self.rep,
            cart: self.cart,
            placed_at: self.placed_at,
            offset_minutes: self.offset_minutes,
            requested_on: self.requested_on,
            note: self.note.clone(),
            price_list: self.price_list,
            lines: self.lines.iter().map(|line| line.signed(self)).collect(),
            net: self.net,
            taxes: self.taxes.clone(),
            total: self.total,
            taken_by: self.taken_by,
        }
    }

    /// What was decided, without the figures that the rules saw. Its amounts are those signed.
    #[must_use]
    pub fn decision(&self) -> SalesOrder {
        let zero = Money::zero(self.total.currency);
        SalesOrder {
            order: self.order,
            number: self.number.clone(),
            customer: self.customer,
            outcome: self.outcome,
            reasons: self.reasons.iter().map(Reason::from).collect(),
            lines: self.lines.iter().filter_map(|line| line.decided(self)).collect(),
            net: self.net,
            tax: self.taxes.iter().fold(zero, |sum, it| sum.plus(it.tax)),
            total: self.total,
            promised_on: self.promised_on,
            decided_at: self.decided_at,
            version: None,
            revision: 0,
            cancelled: false,
            verdict: self.verdict.clone(),
            progress: None,
        }
    }
}

impl SummaryLine {
    fn new(order: &SignedOrder, line: &SignedLine, decided: Option<&DecidedLine>) -> Self {
        let base_quantity = line.base_quantity;
        let served = |it: &&DecidedLine| it.reserved == base_quantity && it.short == Quantity::ZERO;
        let (full, decided) = (decided.filter(served), decided);
        let written = Self {
            id: (follows(order.cart, line.product) != Some(line.id)).then_some(line.id),
            product: line.product,
            code: line.code.clone(),
            name: line.name.clone(),
            pack: line.pack.clone(),
            quantity: line.quantity,
            base_quantity: (base_quantity != line.quantity).then_some(base_quantity),
            unit_price: line.unit_price,
            discount: line.discount,
            net: None,
            tax: None,
            reserved: decided.filter(|_| full.is_none()).map(|it| it.reserved),
            short: decided.filter(|_| full.is_none()).map(|it| it.short),
            unit: unit(&line.price),
            sums: Sums::Written,
            served: full.is_some(),
        };
        let signed = (line.net, line.tax);
        let follow = |sums: &Sums| {
            Self { sums: *sums, ..written.clone() }.sums(&order.taxes) == Some(signed)
        };
        match [Sums::WithoutTax, Sums::WithTax].into_iter().find(follow) {
            Some(sums) => Self { sums, ..written },
            None => Self { net: Some(line.net), tax: Some(line.tax), ..written },
        }
    }

    fn line(&self, cart: Option<CartId>) -> LineId {
        let id = self.id.or_else(|| follows(cart, self.product));
        id.unwrap_or(LineId(self.product.0))
    }

    fn base_quantity(&self) -> Quantity {
        self.base_quantity.unwrap_or(self.quantity)
    }

    /// Net and tax, where they follow from the rest.
    fn sums(&self, taxes: &[TaxLine]) -> Option<(Money, Money)> {
        let included = match self.sums {
            Sums::Written => return self.net.zip(self.tax),
            Sums::WithoutTax => false,
            Sums::WithTax => true,
        };
        let [TaxLine { rate, .. }] = taxes else { return None };
        let price = (self.unit_price, self.base_quantity());
        let split = line_sums(price, self.discount, (*rate, included)).ok()?;
        Some((split.net, split.tax))
    }

    /// Net and tax; nothing where a server wrote neither them nor what they follow from.
    fn net_and_tax(&self, taxes: &[TaxLine]) -> (Money, Money) {
        let zero = Money::zero(self.unit_price.currency);
        self.sums(taxes).unwrap_or((zero, zero))
    }

    fn signed(&self, order: &OrderSummary) -> SignedLine {
        let (net, tax) = self.net_and_tax(&order.taxes);
        SignedLine {
            id: self.line(order.cart),
            product: self.product,
            code: self.code.clone(),
            name: self.name.clone(),
            pack: self.pack.clone(),
            quantity: self.quantity,
            base_quantity: self.base_quantity(),
            unit_price: self.unit_price,
            discount: self.discount,
            net,
            tax,
            price: PriceTrace { list: None, list_name: None, steps: self.steps() },
        }
    }

    /// Of how the price came about only what was counted.
    fn steps(&self) -> Vec<TraceStep> {
        let counted = self.unit.as_ref().and_then(|unit| {
            let (packs, base) =
                ((self.quantity, self.pack.as_str()), (self.base_quantity(), unit.as_str()));
            pack_step(packs, base, self.unit_price).ok()
        });
        counted.into_iter().collect()
    }

    /// None when nothing was decided line by line.
    fn decided(&self, order: &OrderSummary) -> Option<DecidedLine> {
        let (net, tax) = self.net_and_tax(&order.taxes);
        let (reserved, short) = match self.served {
            true => (self.base_quantity(), Quantity::ZERO),
            false => (self.reserved?, self.short?),
        };
        Some(DecidedLine {
            line: self.line(order.cart),
            product: self.product,
            pack: self.pack.clone(),
            quantity: self.quantity,
            unit_price: self.unit_price,
            discount: self.discount,
            net,
            tax,
            reserved,
            short,
        })
    }
}

/// The base unit, which is the last word of `3 box = 36 pc`.
fn unit(price: &PriceTrace) -> Option<String> {
    let counted = price.steps.iter().find(|step| step.code == "pack")?;
    counted.detail.split(' ').next_back().map(str::to_owned)
}

/// The id that a line has in a cart.
fn follows(cart: Option<CartId>, product: ProductId) -> Option<LineId> {
    cart.map(|cart| line_id(cart, product))
}
