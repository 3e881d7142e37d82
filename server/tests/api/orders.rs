//! Orders from arrival to outcome, as the office sees them.

use std::time::Duration;

use roundsman_core::documents::order::{SignedLine, SignedOrder, Submit};
use roundsman_core::documents::{Stamp, actor_of, execute};
use roundsman_core::id::{CustomerId, DeviceId, ItemId, OrderId, ProductId};
use roundsman_core::quantity::{Percent, Quantity};
use roundsman_core::records::{Assignment, CustomerAccount, Price, PriceList, Product, SalesOrder};
use roundsman_core::rules::{BasketLine, price_basket};
use roundsman_core::time::Hlc;
use roundsman_server::background;
use roundsman_store::documents::{self, Saved};
use roundsman_store::{outbox, outcomes, projection, records};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::company::{Browser, Company};
use crate::lists::model;

#[tokio::test]
async fn an_order_is_listed_decided_and_found_by_its_number() {
    let company = Company::open().await;
    let mut office = company.office().await;
    let customer: CustomerId = model(&mut office).await.parse().unwrap();
    // More butter than there is.
    let order = sign(&company, &mut office, customer, "butter", 100_000).await;
    arrive(&company, &order).await;

    let listed = office.get("/api/orders").await.json();
    assert_eq!(listed["rows"][0]["state"], "waiting");
    assert_eq!(listed["rows"][0]["deviceNumber"], "K3-0001");
    assert_eq!(listed["counts"]["waiting"], 1);

    let _running = background::start(&company.app).await.unwrap();
    let decided = until_decided(&mut office).await;
    assert_eq!((&decided["state"], &decided["number"]), (&"held".into(), &"SO-10001".into()));
    assert_eq!(decided["reasons"][0], "OVER_CREDIT");
    assert_eq!(decided["sync"], "needsOffice");

    for search in ["so10001", "SO-10001", "K3-0001", "hgsp"] {
        assert_eq!(
            office.get(&format!("/api/orders?search={search}")).await.json()["total"],
            1,
            "{search}"
        );
    }
    for (filter, total) in [
        ("state=held", 1),
        ("state=waiting", 0),
        ("from=2026-11-23&to=2026-11-23", 1),
        ("to=2026-11-22", 0),
    ] {
        let found = office.get(&format!("/api/orders?{filter}")).await.json();
        assert_eq!(found["total"], total, "{filter}");
    }
    assert_eq!(office.get("/api/orders?state=waiting").await.json()["counts"]["held"], 1);

    let shown = office.get(&format!("/api/orders/{}", order.order)).await.json();
    assert_eq!(shown["outcome"]["reasons"][0]["rule"], "credit@1");
    assert_eq!(shown["lines"][0]["reserved"], "0");
    let card = office.get(&format!("/api/customers/{customer}")).await.json();
    assert_eq!(card["orders"][0]["number"], "SO-10001");
    let summary = office.get("/api/summary").await.json();
    assert_eq!((&summary["ordersToday"], &summary["needsOffice"]), (&1.into(), &1.into()));
    let field = office.get("/api/field").await.json();
    let worth = &shown["row"]["total"];
    let reps = field["reps"].as_array().unwrap();
    let seller = reps.iter().find(|it| it["person"] == order.rep.to_string()).unwrap();
    assert_eq!((&seller["orders"], &seller["orderTotal"]), (&1.into(), worth));
    assert_eq!(reps.iter().filter_map(|it| it["orders"].as_u64()).sum::<u64>(), 1);
    assert_eq!(field["territories"][0]["orderTotal"], *worth, "where it was sold comes first");
    assert_eq!(field["territories"][1]["orders"], 0);
    let days = field["days"].as_array().unwrap();
    assert_eq!(
        (days.len(), &days[13]["day"], &days[13]["orderTotal"]),
        (14, &"2026-11-23".into(), worth)
    );
    assert_eq!(days[12]["orders"], 0);

    let path = format!("/api/orders/{}/rule", order.order);
    let seen = &shown["outcome"]["decidedAt"];
    let silent = office.post(&path, json!({ "ruling": "decline", "seen": seen })).await;
    assert_eq!(silent.refusal(), (422, "EMPTY".to_owned()));
    let release = json!({ "ruling": "release", "note": "Known well", "seen": seen });
    assert_eq!(office.post(&path, release.clone()).await.status, 204);
    let second = office.post(&path, release).await;
    assert_eq!(second.refusal(), (409, "DECIDED_MEANWHILE".to_owned()));
    let shown = office.get(&format!("/api/orders/{}", order.order)).await.json();
    assert_eq!(shown["row"]["state"], "acceptedWithChange", "there is less butter");
    let verdict = &shown["outcome"]["verdict"];
    assert_eq!((&verdict["ruling"], &verdict["note"]), (&"release".into(), &"Known well".into()));
    assert_ne!(verdict["byName"], "");

    let kept = records::get::<SalesOrder>(&company.app.store.read, order.order).await.unwrap();
    let cancelled = SalesOrder { cancelled: true, ..kept.unwrap() };
    let publish = company.app.store.write.run(move |db, commit| {
        Box::pin(async move {
            outcomes::publish(db, commit, &[(&cancelled, vec![])], cancelled.decided_at).await
        })
    });
    publish.await.unwrap();
    let summary = office.get("/api/summary").await.json();
    let today = (&summary["ordersToday"], &summary["orderTotalToday"]["minor"]);
    assert_eq!(today, (&0.into(), &0.into()), "what was cancelled does not count");
    let field = office.get("/api/field").await.json();
    assert_eq!(
        (&field["days"][13]["orders"], &field["territories"][0]["orders"]),
        (&0.into(), &0.into())
    );
}

pub async fn until_decided(office: &mut Browser) -> Value {
    let decided = |list: &Value| list["rows"][0]["state"] != "waiting";
    until(office, "/api/orders", decided).await["rows"][0].clone()
}

/// What is there once it is as it should be.
pub async fn until(office: &mut Browser, path: &str, met: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..100 {
        let there = office.get(path).await.json();
        if met(&there) {
            return there;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it never came to that: {path}");
}

/// An order as a phone signs it.
async fn sign(
    company: &Company,
    office: &mut Browser,
    customer: CustomerId,
    search: &str,
    quantity: i64,
) -> SignedOrder {
    let db = &company.app.store.read;
    let found = office.get(&format!("/api/products?search={search}")).await.json();
    let product: ProductId = found["rows"][0]["id"].as_str().unwrap().parse().unwrap();
    let product: Product = records::get(db, product).await.unwrap().unwrap();
    let account: CustomerAccount = records::get(db, customer).await.unwrap().unwrap();
    let assignment: Assignment = records::get(db, customer).await.unwrap().unwrap();
    let list: PriceList = records::get(db, account.price_list).await.unwrap().unwrap();
    let price: Price = records::get(db, Price::id_of(list.id, product.id)).await.unwrap().unwrap();
    let line = BasketLine {
        id: Uuid::from_u128(2).into(),
        product: Some(&product),
        price: Some(&price),
        pack: &product.unit,
        quantity: Quantity::from(quantity),
        discount: Percent::default(),
    };
    let basket = price_basket(&list, &[line]);
    let priced = basket.lines[0].priced.as_ref().unwrap();
    SignedOrder {
        order: OrderId(Uuid::from_u128(1)),
        device_number: "K3-0001".to_owned(),
        customer,
        customer_name: "海港食品 中山路店".to_owned(),
        rep: assignment.account_manager,
        cart: None,
        placed_at: company.app.clock.now(),
        offset_minutes: 480,
        requested_on: None,
        note: String::new(),
        price_list: list.id,
        lines: vec![SignedLine {
            id: line.id,
            product: product.id,
            code: product.code.clone(),
            name: product.name.clone(),
            pack: product.unit.clone(),
            quantity: line.quantity,
            base_quantity: priced.base_quantity,
            unit_price: priced.unit_price,
            discount: priced.discount,
            net: priced.net,
            tax: priced.tax,
            price: priced.trace.clone(),
        }],
        net: basket.net,
        taxes: basket.taxes.clone(),
        total: basket.total,
        taken_by: None,
    }
}

/// Stores an order as admission does.
async fn arrive(company: &Company, order: &SignedOrder) {
    let (item, now) = (ItemId::from(order.order), company.app.clock.now());
    let device = DeviceId(Uuid::from_u128(99));
    let stamp = Stamp { at: Hlc::default().tick(now), by: order.rep, device };
    let submit = Submit { signed: order.clone() };
    let made = execute(&submit, &actor_of(device, 0), stamp, &mut |_| Ok(None)).unwrap();
    let (heads, snapshot, order) = (vec![made[0].hash], made[0].document.save(), order.clone());
    let stored = company.app.store.write.run(move |db, _| {
        Box::pin(async move {
            documents::put(db, &[Saved { item, heads, snapshot }]).await?;
            projection::orders(db, &[(&order.into(), now)], now).await?;
            outbox::add(db, &[(item, outbox::SUBMIT.to_owned())], now).await
        })
    });
    stored.await.unwrap();
}
