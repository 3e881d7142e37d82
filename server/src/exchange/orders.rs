//! Orders from before: the rows of one number are one order, which comes in whole or not at all.

use roundsman_core::documents::order::{LINES_MAX, SignedLine, SignedOrder};
use roundsman_core::id::{LineId, OrderId, PersonId, uuid_of};
use roundsman_core::money::Money;
use roundsman_core::quantity::{Percent, Quantity};
use roundsman_core::records::{
    Assignment, Outcome as Decided, Price, PriceBreak, PriceList, Product, SalesOrder,
};
use roundsman_core::rules::{BasketLine, PricedBasket, PricedLine, price_basket};
use roundsman_core::time::{Day, Timestamp};
use roundsman_erp::embedded::master;
use roundsman_store::imports::Known;
use roundsman_store::{Result, SqliteConnection, imports, past_orders, records};

use super::company::money;
use super::plan::{Context, Plan};
use super::sheet::{FaultCode, Row};
use super::write::{PastOrder, Write};

/// Milliseconds after midnight at which an order of a day is said to have been placed: its day is the
/// same in the zones around.
const NOON_MS: i64 = 12 * 3_600_000;
/// What the rows of one order must agree in.
const HEAD: [&str; 5] = ["day", "customer", "rep", "requested", "shipped"];

/// What an order's rows say about all of it.
#[derive(Default)]
struct Head {
    day: Option<Day>,
    customer: Option<Known>,
    rep: Option<PersonId>,
    requested: Option<Day>,
    shipped: Option<Day>,
}

/// What a row says about its line.
struct Line {
    product: Product,
    price: Price,
    quantity: Quantity,
    discount: Percent,
}

/// Plans an order from its rows; the first of them writes it.
pub async fn plan(
    context: &Context<'_>,
    db: &mut SqliteConnection,
    mut rows: Vec<Row<'_>>,
) -> Result<Vec<Plan>> {
    let number = rows[0].needed("number");
    if rows.len() > LINES_MAX {
        rows[0].fault("number", FaultCode::TooLong);
    }
    agree(&mut rows);
    let head = head(context, db, &mut rows).await?;
    let list = list_of(context, db, head.customer.as_ref()).await?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in &mut rows {
        lines.push(line(db, row, list.as_ref()).await?);
    }
    let lines: Option<Vec<Line>> = lines.into_iter().collect();
    let (Some(lines), Some(list)) = (lines, list) else { return Ok(refused(rows)) };
    let basket = price(&list, &lines);
    for (row, line) in rows.iter_mut().zip(&basket.lines) {
        if let Err(refusal) = &line.priced {
            row.refuse("product", refusal);
        }
    }
    if rows.iter().any(|row| !row.faults.is_empty()) {
        return Ok(refused(rows));
    }
    let order = past_orders::id_of(&number);
    let before = past_orders::find(&mut *db, order).await?;
    let before = before.map(|(signed, decision)| PastOrder { signed, decision });
    let Some(after) =
        past_order(context, db, &head, (order, number), (&list, &lines, basket), before.as_ref())
            .await?
    else {
        return Ok(refused(rows));
    };
    let changes = before.as_ref().is_none_or(|before| !before.says_the_same(&after));
    let write = Write::EnterOrder { before: before.map(Box::new), after: Box::new(after) };
    Ok(Plan::together(order.0, changes.then_some(write), rows.len()))
}

/// None of the rows comes in when one of them cannot.
fn refused(rows: Vec<Row<'_>>) -> Vec<Plan> {
    Plan::refused_together(rows, "number")
}

/// Notes where a row says something else about the whole order than one before.
fn agree(rows: &mut [Row<'_>]) {
    for field in HEAD {
        let mut first: Option<String> = None;
        for row in rows.iter_mut() {
            match (&first, row.text(field)) {
                (_, None) => {}
                (None, said) => first = said,
                (Some(first), Some(said)) if *first == said => {}
                (Some(_), Some(_)) => row.fault(field, FaultCode::Differs),
            }
        }
    }
}

async fn head(
    context: &Context<'_>,
    db: &mut SqliteConnection,
    rows: &mut [Row<'_>],
) -> Result<Head> {
    let mut head = Head::default();
    for row in rows.iter_mut() {
        let company = context.company;
        if let Some(code) = row.text("customer") {
            head.customer = imports::customer_by_code(&mut *db, &code).await?;
            if head.customer.is_none() {
                row.fault("customer", FaultCode::Unknown);
            }
        }
        let day = row.day("day");
        if day.is_some_and(|day| day > company.today) {
            row.fault("day", FaultCode::InTheFuture);
        }
        head.day = head.day.or(day);
        let rep = row.read("rep", FaultCode::Unknown, |name| company.person(name));
        head.rep = head.rep.or(rep);
        head.requested = row.day("requested").or(head.requested);
        head.shipped = row.day("shipped").or(head.shipped);
    }
    for (field, known) in [("customer", head.customer.is_some()), ("day", head.day.is_some())] {
        if !known && rows.iter_mut().all(|row| row.text(field).is_none()) {
            rows[0].fault(field, FaultCode::Missing);
        }
    }
    Ok(head)
}

/// The list that the customer buys from, or the usual one.
async fn list_of(
    context: &Context<'_>,
    db: &mut SqliteConnection,
    customer: Option<&Known>,
) -> Result<Option<PriceList>> {
    let company = context.company;
    let Some(customer) = customer else { return Ok(company.usual_list().cloned()) };
    let account = master::account(db, customer.id, company.now).await?;
    let own = account.and_then(|it| company.lists.iter().find(|list| list.id == it.price_list));
    Ok(own.or_else(|| company.usual_list()).cloned())
}

async fn line(
    db: &mut SqliteConnection,
    row: &mut Row<'_>,
    list: Option<&PriceList>,
) -> Result<Option<Line>> {
    let code = row.needed("product");
    row.needed("quantity");
    row.needed("price");
    let quantity = row.amount("quantity").map(Quantity);
    if quantity.is_some_and(|it| !it.is_positive()) {
        row.fault("quantity", FaultCode::NotPositive);
    }
    let quantity = quantity.filter(|it| it.is_positive());
    let unit_price = row.amount("price");
    let discount = row.discount("discount").unwrap_or_default();
    let product = master::product_by_code(&mut *db, &code).await?;
    if product.is_none() && !code.is_empty() {
        row.fault("product", FaultCode::Unknown);
    }
    let (Some(list), Some(product)) = (list, product) else { return Ok(None) };
    let Some((quantity, unit_price)) = quantity.zip(unit_price) else { return Ok(None) };
    let unit_price = money(unit_price, list.currency);
    let breaks = vec![PriceBreak { from: Quantity::ZERO, unit_price }];
    let discount_max = Percent(rust_decimal::Decimal::ONE_HUNDRED);
    let price = Price { breaks, discount_max, ..Price::none(list.id, product.id) };
    // What was sold then need not be sold now.
    let product = Product { active: true, ..product };
    Ok(Some(Line { product, price, quantity, discount }))
}

/// The amounts, by the rules of today and the prices of then.
fn price(list: &PriceList, lines: &[Line]) -> PricedBasket {
    let wanted: Vec<_> = lines
        .iter()
        .map(|line| BasketLine {
            id: LineId(line.product.id.0),
            product: Some(&line.product),
            price: Some(&line.price),
            pack: &line.product.unit,
            quantity: line.quantity,
            discount: line.discount,
        })
        .collect();
    price_basket(list, &wanted)
}

async fn past_order(
    context: &Context<'_>,
    db: &mut SqliteConnection,
    head: &Head,
    (order, number): (OrderId, String),
    (list, lines, basket): (&PriceList, &[Line], PricedBasket),
    before: Option<&PastOrder>,
) -> Result<Option<PastOrder>> {
    let (Some(customer), Some(day)) = (&head.customer, head.day) else { return Ok(None) };
    let rep = match head.rep.or_else(|| before.map(|it| it.signed.rep)) {
        Some(rep) => rep,
        None => records::get::<Assignment>(db, customer.id)
            .await?
            .map_or(context.company.by, |it| it.account_manager),
    };
    let placed_at = context.clock.begin_of(day).plus_millis(NOON_MS);
    let priced = basket.lines.iter().filter_map(|line| line.priced.as_ref().ok());
    let lines = lines.iter().zip(priced).enumerate();
    let lines = lines.map(|(at, (line, priced))| signed_line(order, at, line, priced)).collect();
    let signed = SignedOrder {
        order,
        device_number: number.clone(),
        customer: customer.id,
        customer_name: customer.customer.value("name").to_owned(),
        rep,
        cart: None,
        taken_by: None,
        placed_at,
        offset_minutes: context.clock.offset_minutes_at(placed_at),
        requested_on: head.requested,
        note: String::new(),
        price_list: list.id,
        lines,
        net: basket.net,
        taxes: basket.taxes,
        total: basket.total,
    };
    let decision = taken(&signed, number, basket.tax, head.shipped, placed_at);
    Ok(Some(PastOrder { signed, decision }))
}

fn signed_line(order: OrderId, at: usize, line: &Line, priced: &PricedLine) -> SignedLine {
    let id = uuid_of(&[b"past line", order.0.as_bytes(), &(at as u64).to_be_bytes()]);
    SignedLine {
        id: LineId(id),
        product: line.product.id,
        code: line.product.code.clone(),
        name: line.product.name.clone(),
        pack: line.product.unit.clone(),
        quantity: line.quantity,
        base_quantity: priced.base_quantity,
        unit_price: priced.unit_price,
        discount: line.discount,
        net: priced.net,
        tax: priced.tax,
        price: priced.trace.clone(),
    }
}

/// It was taken as it was ordered. Nothing is reserved for it line by line.
fn taken(
    signed: &SignedOrder,
    number: String,
    tax: Money,
    shipped: Option<Day>,
    decided_at: Timestamp,
) -> SalesOrder {
    SalesOrder {
        order: signed.order,
        number,
        customer: signed.customer,
        outcome: Decided::Accepted,
        reasons: Vec::new(),
        lines: Vec::new(),
        net: signed.net,
        tax,
        total: signed.total,
        promised_on: shipped.or(signed.requested_on),
        decided_at,
        version: None,
        revision: 0,
        cancelled: false,
        verdict: None,
        progress: None,
    }
}
