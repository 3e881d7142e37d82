//! Journals go up, channels come down.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]
#![allow(missing_docs, reason = "a test's name says it")]

mod hub_support;

use hub_support::{Company, Phone, edit, new_customer, submit};
use roundsman_core::documents::{Request, customer};
use roundsman_core::id::{ItemId, ItemKind};
use roundsman_core::sync::{Channel, FromDevice, FromHub, Ping};
use roundsman_core::time::Timestamp;
use roundsman_store::{documents, outbox};

#[tokio::test]
async fn what_one_phone_records_reaches_another_in_the_same_territory() {
    let company = Company::open().await;
    let (mut lin, mut mei) = (company.online("lin").await, company.online("mei").await);
    let create = new_customer("Corner shop");
    let item = ItemId::from(create.customer);
    let entries = vec![lin.record(&create), lin.record(&edit(create.customer, "phone", "2"))];
    lin.deliver(entries).await;
    assert!(lin.judged(2).await.is_empty());

    mei.sees(|mei| mei.seen.contains_key(&item)).await;
    assert_eq!(customer::read(&mei.seen[&item]).unwrap().value("phone"), "2");
    lin.sees(|lin| lin.seen.contains_key(&item)).await;
    assert_eq!(lin.seen[&item].get_heads(), lin.own[&item].get_heads());

    // An edit of what both have travels as a change, to everybody who has it.
    mei.own = mei.seen.clone();
    let entry = mei.record(&edit(create.customer, "note", "closed on Mondays"));
    mei.deliver(vec![entry]).await;
    lin.sees(|lin| customer::read(&lin.seen[&item]).is_ok_and(|it| !it.value("note").is_empty()))
        .await;
}

#[tokio::test]
async fn what_changed_after_it_entered_is_whole_on_a_phone_that_gets_it_page_by_page() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let mut shops = Vec::new();
    for n in 1..=30 {
        let mut create = new_customer("Corner shop");
        for field in ["hours", "note", "address"] {
            create.fields.insert(field.to_owned(), format!("{n} ").repeat(1_200));
        }
        let entry = lin.record(&create);
        lin.deliver(vec![entry]).await;
        lin.judged(n).await;
        shops.push(create.customer);
    }
    let entry = lin.record(&edit(shops[0], "phone", "2"));
    lin.deliver(vec![entry]).await;
    lin.judged(31).await;

    let north = Channel::Territory(company.north);
    let shop = ItemId::from(shops[0]);
    let whole = |phone: &Phone| {
        phone.seen.get(&shop).is_some_and(|it| customer::read(it).unwrap().value("phone") == "2")
    };
    let mut mei = company.online("mei").await;
    mei.sees(whole).await;

    // The same in two pieces: the line is lost after the first page.
    let mut phone = company.online("mei").await;
    phone.sees(|phone| phone.cursors.contains_key(&north)).await;
    assert!(!whole(&phone));
    phone.connect().await;
    phone.hello().await;
    phone.sees(whole).await;
}

#[tokio::test]
async fn a_customer_of_another_territory_is_not_seen() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let create = new_customer("Corner shop");
    let entry = lin.record(&create);
    lin.deliver(vec![entry]).await;
    lin.judged(1).await;
    let mut wang = company.phone("wang").await;
    wang.connect().await;
    let welcome = wang.hello().await;
    assert!(welcome.channels.iter().all(|head| head.channel != Channel::Territory(company.north)));
    // What Wang writes to it anyway waits for the office.
    wang.own = lin.own.clone();
    let entry = wang.record(&edit(create.customer, "phone", "3"));
    wang.deliver(vec![entry]).await;
    assert_eq!(wang.judged(1).await[&1], "ACCESS_ENDED");
}

#[tokio::test]
async fn a_customer_that_moves_leaves_one_phone_and_enters_another() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let mut wang = company.online("wang").await;
    let create = new_customer("Corner shop");
    let submit = submit(&lin, create.customer, None);
    let (shop, order) = (ItemId::from(create.customer), ItemId::from(submit.signed.order));
    let entries = vec![lin.record(&create), lin.record(&submit)];
    lin.deliver(entries).await;
    lin.sees(|lin| lin.seen.contains_key(&shop) && lin.judged_upto() == 2).await;

    company.assign(create.customer, company.south, company.wang).await;
    let (north, south) = (Channel::Territory(company.north), Channel::Territory(company.south));
    wang.sees(|wang| wang.seen.contains_key(&shop) && wang.seen.contains_key(&order)).await;
    lin.sees(|lin| lin.cursors[&north].elements.is_empty()).await;
    let store = &company.server.app.store.read;
    assert_eq!(documents::channels(store, shop).await.unwrap(), [south]);
    // Whoever took an order keeps it.
    assert_eq!(
        documents::channels(store, order).await.unwrap(),
        [south, Channel::User(company.lin)]
    );

    let entry = lin.record(&edit(create.customer, "phone", "9"));
    lin.deliver(vec![entry]).await;
    assert_eq!(lin.judged(3).await[&3], "CUSTOMER_MOVED");
}

#[tokio::test]
async fn coming_back_with_nothing_new_costs_one_welcome() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let create = new_customer("Corner shop");
    let entry = lin.record(&create);
    lin.deliver(vec![entry]).await;
    lin.sees(|lin| {
        [Channel::Territory(company.north), Channel::Catalog, Channel::Device(lin.device)]
            .iter()
            .all(|channel| lin.cursors.contains_key(channel))
    })
    .await;
    lin.connect().await;
    let welcome = lin.hello().await;
    assert_eq!(welcome.receipt.unwrap().head, lin.head);
    for head in welcome.channels.iter().filter(|head| head.seq > 0) {
        let cursor = lin.cursors[&head.channel].cursor.unwrap();
        assert_eq!((cursor.seq, cursor.digest), (head.seq, head.digest), "{}", head.channel);
    }
    lin.send(FromDevice::Ping(Ping { clock: Timestamp(0), journal: None })).await;
    assert!(matches!(lin.next().await, Some(FromHub::Pong(_))));
}

#[tokio::test]
async fn an_entry_sent_twice_is_stored_once() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let entry = lin.record(&new_customer("Corner shop"));
    lin.deliver(vec![entry.clone()]).await;
    lin.deliver(vec![entry]).await;
    assert!(lin.judged(1).await.is_empty());
}

#[tokio::test]
async fn a_submitted_order_waits_in_the_outbox() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let create = new_customer("Corner shop");
    let submit = submit(&lin, create.customer, None);
    let entries = vec![lin.record(&create), lin.record(&submit)];
    lin.deliver(entries).await;
    assert!(lin.judged(2).await.is_empty());
    let store = &company.server.app.store;
    let order = ItemId::from(submit.signed.order);
    let channels = documents::channels(&store.read, order).await.unwrap();
    assert_eq!(channels, [Channel::Territory(company.north), Channel::User(company.lin)]);
    let due = outbox::due(&store.read, company.server.app.clock.now(), 10).await.unwrap();
    let settled = roundsman_store::records::all::<roundsman_core::records::SalesOrder>(&store.read)
        .await
        .unwrap();
    // It may have been decided between the two looks.
    assert!(due.len() == 1 || settled.len() == 1);
}

#[tokio::test]
async fn a_device_has_one_line() {
    let company = Company::open().await;
    let mut lin = company.online("lin").await;
    let older = lin.socket.take();
    lin.connect().await;
    lin.hello().await;
    let newer = std::mem::replace(&mut lin.socket, older);
    assert_eq!(lin.denied().await, "");
    lin.socket = newer;
    lin.send(FromDevice::Ping(Ping { clock: Timestamp(0), journal: None })).await;
    lin.until(|_, message| matches!(message, FromHub::Pong(_))).await;
}

#[tokio::test]
async fn the_desk_records_like_a_phone() {
    let company = Company::open().await;
    let app = &company.server.app;
    let mut lin = company.online("lin").await;
    let create = new_customer("Corner shop");
    let item = ItemId::from(create.customer);
    let entry = lin.record(&create);
    lin.deliver(vec![entry]).await;
    lin.sees(|lin| lin.seen.contains_key(&item)).await;

    let fields = [("phone".to_owned(), "7".to_owned())].into();
    let request = Request::CustomerEdit { customer: create.customer, fields };
    let recorded = app.desk.run(company.chen, request).await.unwrap();
    assert_eq!(recorded.id, create.customer.0);
    lin.sees(|lin| customer::read(&lin.seen[&item]).is_ok_and(|it| it.value("phone") == "7")).await;

    let fields = [("name".to_owned(), String::new())].into();
    let request = Request::CustomerEdit { customer: create.customer, fields };
    assert!(app.desk.run(company.chen, request).await.is_err());
    let fields = [("name".to_owned(), "Second shop".to_owned())].into();
    let made = vec![Request::CustomerCreate { fields, place: None }; 250];
    let made = app.desk.run_all(company.chen, made).await.unwrap();
    assert_eq!(made.len(), 250);
    // Nobody assigned it yet: it is in no channel, and in the read model.
    let made = ItemId::new(ItemKind::Customer, made[249].id);
    assert!(documents::channels(&app.store.read, made).await.unwrap().is_empty());
    assert!(documents::exists(&app.store.read, made).await.unwrap());
}
