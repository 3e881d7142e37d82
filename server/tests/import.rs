//! Files are brought in, looked through and taken back, on the demo company.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;

use roundsman_core::documents::Request;
use roundsman_core::id::{CustomerId, PersonId};
use roundsman_core::records::{Assignment, Outcome as Decided, Price, Product, Role, Territory};
use roundsman_core::rules::list_price;
use roundsman_core::time::Day;
use roundsman_server::app::App;
use roundsman_server::clock::Clock;
use roundsman_server::config::Config;
use roundsman_server::demo;
use roundsman_server::exchange::columns::Kind;
use roundsman_server::exchange::plan::{Choice, Outcome};
use roundsman_server::exchange::report::{self, Language};
use roundsman_server::exchange::{Import, Task};
use roundsman_store::imports::{self, Known};
use roundsman_store::{past_orders, people, records, verify};
use tempfile::TempDir;
use uuid::Uuid;

/// The defects of a company's own list: missing regions, accents, two ways to write one shop's
/// phone, a phone that is none, a territory that nobody has, a code that occurs twice.
const CUSTOMERS: &str = "\
CustomerID,CompanyName,ContactName,ContactTitle,Address,City,Region,PostalCode,Country,Phone,Fax,Territory
BLONP,Blondesddsl père et fils,Frédérique Citeaux,Marketing Manager,\"24, place Kléber\",Strasbourg,,67000,France,88.60.15.31,,Shinan District
FISSA,FISSA Fabrica Inter. Salchichas S.A.,Diego Roel,Accounting Manager,C/ Moralzarzal 86,Madrid,,28034,Spain,(91) 555 94 44,,Shinan District
FOLKO,Folk och fä HB,Maria Larsson,Owner,Åkergatan 24,Bräcke,,S-844 67,Sweden,0695-34 67 21,,Shinan District
FOLK2,Folk och Fä,Maria Larsson,Owner,Åkergatan 24,Bräcke,,S-844 67,Sweden,0695 346721,,Shinan District
NOPHO,No Phone Ltd,,,,London,,,UK,see notes,,Shinan District
NOTER,Nowhere,,,,,,,,,,Atlantis
FOLKO,Once More,,,,,,,,,,Shinan District
,,Nameless,,,,,,,,,Shinan District
";

struct Company {
    app: Arc<App>,
    office: PersonId,
    lin: PersonId,
    folder: TempDir,
}

impl Company {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = || Config::local(folder.path());
        demo::fill(config(), Clock::system(), 1, demo::Size(0), &|_| {}).await.unwrap();
        let app = App::open(config(), Clock::system()).await.unwrap();
        let all = people::all(&app.store.read).await.unwrap();
        let named = |name| all.iter().find(|it| it.name == name).unwrap().id;
        Self { office: named("Office"), lin: named("Lin Mei"), app, folder }
    }

    async fn add(&self, kind: Kind, content: &[u8]) -> Uuid {
        self.app.imports.add(self.office, kind, "file.csv", content.to_vec()).await.unwrap()
    }

    async fn import(&self, kind: Kind, content: &[u8]) -> Import {
        let id = self.add(kind, content).await;
        self.app.imports.run(id, Task::Run, |_| {}).await.unwrap()
    }

    async fn customer(&self, code: &str) -> Option<Known> {
        imports::customer_by_code(&self.app.store.read, code).await.unwrap()
    }

    async fn product(&self, code: &str) -> Product {
        let all = records::all::<Product>(&self.app.store.read).await.unwrap();
        all.into_values().find(|it| it.code == code).unwrap()
    }

    /// What a product costs, by the list that it is in.
    async fn price(&self, code: &str) -> Option<Price> {
        let product = self.product(code).await.id;
        let all = records::all::<Price>(&self.app.store.read).await.unwrap();
        all.into_values().find(|it| it.product == product)
    }

    async fn edit(&self, customer: CustomerId, field: &str, value: &str) {
        let fields = BTreeMap::from([(field.to_owned(), value.to_owned())]);
        let request = Request::CustomerEdit { customer, fields };
        self.app.desk.run(self.lin, request).await.unwrap();
    }

    /// Each row that is not imported, with why.
    async fn reasons(&self, id: Uuid) -> Vec<(u32, String)> {
        let left = [Outcome::Refused, Outcome::Twin];
        let rows = self.app.imports.rows(id, &left, (0, 100)).await.unwrap();
        rows.iter().map(|row| (row.n, report::reason(row, Language::En).unwrap())).collect()
    }

    /// Everything that an import could touch.
    async fn everything(&self) -> String {
        let db = &self.app.store.read;
        let customers = imports::customers(db).await.unwrap();
        let products = records::all::<Product>(db).await.unwrap();
        let prices = records::all::<Price>(db).await.unwrap();
        let assigned = records::all::<Assignment>(db).await.unwrap();
        format!("{customers:?} {products:?} {prices:?} {assigned:?}")
    }
}

fn counts(import: &Import) -> Vec<(&str, u32)> {
    import.counts.iter().map(|(outcome, count)| (outcome.as_str(), *count)).collect()
}

#[tokio::test]
async fn customers_come_in_with_what_is_wrong_said_cell_by_cell() {
    let company = Company::open().await;
    let done = company.import(Kind::Customers, CUSTOMERS.as_bytes()).await;
    assert_eq!(counts(&done), [("created", 3), ("refused", 4), ("twin", 1)]);
    let reasons = company.reasons(done.id).await;
    assert_eq!(reasons[0].0, 5);
    assert!(reasons[0].1.starts_with("probably the same as “Folk och fä HB”"), "{reasons:?}");
    let texts: Vec<_> = reasons[1..].iter().map(|(n, why)| (*n, why.as_str())).collect();
    assert_eq!(
        texts,
        [
            (6, "Phone: “see notes” is not a phone number"),
            (7, "Territory: “Atlantis” is not known here"),
            (8, "CustomerID: “FOLKO” occurs in an earlier row"),
            (9, "CompanyName: is missing"),
        ]
    );
    let known = company.customer("BLONP").await.unwrap();
    assert_eq!(known.customer.value("name"), "Blondesddsl père et fils");
    assert_eq!(known.customer.value("address"), "24, place Kléber, Strasbourg, 67000, France");
    let contact = known.customer.contacts.values().next().unwrap();
    assert_eq!(
        (contact.name.as_str(), contact.role.as_str()),
        ("Frédérique Citeaux", "Marketing Manager")
    );
    let assigned = records::get::<Assignment>(&company.app.store.read, known.id).await.unwrap();
    assert_eq!(assigned.unwrap().account_manager, company.lin, "the territory's rep");
}

#[tokio::test]
async fn the_same_file_again_changes_nothing_and_a_new_value_changes_one() {
    let company = Company::open().await;
    company.import(Kind::Customers, CUSTOMERS.as_bytes()).await;
    let before = company.everything().await;
    let again = company.import(Kind::Customers, CUSTOMERS.as_bytes()).await;
    assert_eq!(counts(&again), [("refused", 4), ("same", 3), ("twin", 1)]);
    assert_eq!(company.everything().await, before);
    let moved = CUSTOMERS.replace("88.60.15.31", "88.60.15.32");
    let changed = company.import(Kind::Customers, moved.as_bytes()).await;
    assert_eq!(counts(&changed)[0], ("changed", 1));
    assert_eq!(company.customer("BLONP").await.unwrap().customer.value("phone"), "88.60.15.32");
}

#[tokio::test]
async fn looking_changes_nothing_and_promises_what_happens() {
    let company = Company::open().await;
    let before = company.everything().await;
    let id = company.add(Kind::Customers, CUSTOMERS.as_bytes()).await;
    let looked = company.app.imports.run(id, Task::Check, |_| {}).await.unwrap();
    assert_eq!(company.everything().await, before);
    let done = company.app.imports.run(id, Task::Run, |_| {}).await.unwrap();
    assert_eq!(looked.counts, done.counts);
    assert_ne!(company.everything().await, before);
}

#[tokio::test]
async fn a_person_says_whether_two_are_one() {
    let company = Company::open().await;
    let done = company.import(Kind::Customers, CUSTOMERS.as_bytes()).await;
    let folk = company.customer("FOLKO").await.unwrap().id;
    for (choice, outcome) in
        [(Choice::Same { customer: folk }, "changed"), (Choice::Different, "created")]
    {
        let file = CUSTOMERS.replace("FOLK2", &format!("{outcome}-2"));
        let id = company.add(Kind::Customers, file.as_bytes()).await;
        let mut settings = company.app.imports.show(id).await.unwrap().settings;
        settings.choices.insert(5, choice);
        company.app.imports.set(id, settings).await.unwrap();
        let done = company.app.imports.run(id, Task::Run, |_| {}).await.unwrap();
        assert_eq!(done.counts.get(outcome), Some(&1), "{choice:?} {:?}", done.counts);
        let other = company.customer(&format!("{outcome}-2")).await;
        assert_eq!(other.is_some(), outcome == "created", "its own code stays with a customer");
        let name = company.customer("FOLKO").await.unwrap().customer.value("name").to_owned();
        assert_eq!(name == "Folk och Fä", outcome == "changed");
        company.app.imports.run(id, Task::Undo, |_| {}).await.unwrap();
    }
    let back = company.customer("FOLKO").await.unwrap();
    assert_eq!((back.id, back.customer.value("name")), (folk, "Folk och fä HB"));
    assert_eq!(company.app.imports.show(done.id).await.unwrap().counts, done.counts);
}

#[tokio::test]
async fn an_import_is_undone_without_what_a_rep_did_since() {
    let company = Company::open().await;
    company.import(Kind::Customers, CUSTOMERS.as_bytes()).await;
    let moved = CUSTOMERS
        .replace("88.60.15.31", "88.60.15.32")
        .replace("(91) 555 94 44", "(91) 555 00 00")
        .replace("FOLKO,Folk och fä HB", "NEWCO,Quite another shop")
        .replace("0695-34 67 21", "0695-11 11 11")
        .replace(
            "Åkergatan 24,Bräcke,,S-844 67,Sweden,0695-11",
            "Elsewhere 1,Bräcke,,,Sweden,0695-11",
        );
    let second = company.import(Kind::Customers, moved.as_bytes()).await;
    let (blonp, fissa) =
        (company.customer("BLONP").await.unwrap().id, company.customer("FISSA").await.unwrap().id);
    let created = company.customer("NEWCO").await.unwrap().id;
    company.edit(blonp, "phone", "0033 1").await;
    company.edit(created, "note", "rings twice").await;

    let undone = company.app.imports.run(second.id, Task::Undo, |_| {}).await.unwrap();
    assert_eq!((undone.state.as_str(), undone.kept), ("undone", 1));
    let now = |id| imports::customer(&company.app.store.read, id);
    assert_eq!(
        now(blonp).await.unwrap().unwrap().customer.value("phone"),
        "0033 1",
        "the rep's stays"
    );
    assert_eq!(now(fissa).await.unwrap().unwrap().customer.value("phone"), "(91) 555 94 44");
    let gone = now(created).await.unwrap().unwrap().customer;
    assert!(!gone.active);
    assert_eq!(gone.value("note"), "rings twice");

    let again = company.import(Kind::Customers, moved.as_bytes()).await;
    assert!(again.counts["changed"] >= 2, "{:?}", again.counts);
    assert!(now(created).await.unwrap().unwrap().customer.active, "imported again, it is back");
    let refused = company.app.imports.run(second.id, Task::Run, |_| {}).await;
    assert!(refused.is_err(), "what was taken back is imported as a new file");
}

#[tokio::test]
async fn a_run_that_was_killed_goes_on_to_the_same_end() {
    let company = Company::open().await;
    let row = |n| format!("K{n},Shop number {n} of many,1{n:03}0000,Laoshan District\n");
    let rows: String = (0..120).map(row).collect();
    let file = format!("Code,Name,Phone,Territory\n{rows}");
    let id = company.add(Kind::Customers, file.as_bytes()).await;
    let imports = company.app.imports.clone();
    let killed = tokio::spawn(async move {
        imports.run(id, Task::Run, |done| assert!(done < 100, "killed")).await.map(drop)
    });
    assert!(killed.await.is_err());
    let half = company.app.imports.show(id).await.unwrap();
    assert!(half.interrupted);
    assert_eq!((half.counts["created"], half.done), (100, 100));
    let whole = company.app.imports.run(id, Task::Run, |_| {}).await.unwrap();
    assert_eq!(counts(&whole), [("created", 120)]);
    let again = company.import(Kind::Customers, file.as_bytes()).await;
    assert_eq!(counts(&again), [("same", 120)]);
}

#[tokio::test]
async fn products_prices_and_stock_with_decimal_commas() {
    let company = Company::open().await;
    let products = "SKU;Bezeichnung;MwSt;Discontinued;Preis;Ab Menge;Bestand;Gültig ab\n\
        7001;Gewürz-Öl;7,0;0;1.234,50;;12,5;03.04.2026\n\
        7002;Mishi Kobe Niku;19;1;97,00;;;03.04.2026\n\
        7003;Brot;viel;vielleicht;;;-1;03.04.2026\n";
    let file = products.as_bytes();
    let done = company.import(Kind::Products, file).await;
    assert_eq!(counts(&done), [("created", 2), ("refused", 1)]);
    assert!(!company.product("7002").await.active, "discontinued");
    assert_eq!(company.product("7001").await.tax_rate.to_string(), "7");
    let prices = company.import(Kind::Prices, file).await;
    assert_eq!(counts(&prices), [("created", 2), ("refused", 1)]);
    let all = records::all::<Price>(&company.app.store.read).await.unwrap();
    let oil = company.product("7001").await.id;
    let price = all.values().find(|it| it.product == oil).unwrap();
    assert_eq!(list_price(price).unwrap().minor, 123_450);
    assert_eq!(price.since.to_string(), "2026-04-03");
    let stock = company.import(Kind::Stock, file).await;
    assert_eq!(counts(&stock), [("created", 1), ("refused", 2)]);

    // A step of a price comes after its first, looked at and imported alike.
    let steps = "SKU,Price,From\n7002,90,0\n7002,80,10\n7001,1,0\n";
    let id = company.add(Kind::Prices, steps.as_bytes()).await;
    let looked = company.app.imports.run(id, Task::Check, |_| {}).await.unwrap();
    assert_eq!(counts(&looked), [("changed", 3)]);
    company.app.imports.run(id, Task::Run, |_| {}).await.unwrap();
    for import in [id, stock.id, prices.id, done.id] {
        let undone = company.app.imports.run(import, Task::Undo, |_| {}).await.unwrap();
        assert_eq!(undone.kept, 0, "{:?}", undone.kind);
    }
    let all = records::all::<Price>(&company.app.store.read).await.unwrap();
    assert!(all.values().all(|it| it.product != oil));
    assert!(!company.product("7001").await.active);
}

#[tokio::test]
async fn prices_of_a_day_to_come_begin_then() {
    let company = Company::open().await;
    let products = "SKU,Description,Price\n8001,Salt,5\n8002,Pepper,\n";
    company.import(Kind::Products, products.as_bytes()).await;
    company.import(Kind::Prices, b"SKU,Price\n8001,5\n").await;
    let before = company.everything().await;
    let today = company.app.clock.today();
    let (soon, later) = (today.plus(3), today.plus(10));
    let file = format!(
        "SKU,Price,From,Valid from\n8001,6,,{soon}\n8001,5.5,10,{soon}\n8001,7,,{later}\n\
         8001,5,,{today}\n8002,9,,{soon}\n"
    );
    let id = company.add(Kind::Prices, file.as_bytes()).await;
    let looked = company.app.imports.run(id, Task::Check, |_| {}).await.unwrap();
    assert_eq!(counts(&looked), [("coming", 4), ("same", 1)]);
    assert_eq!(company.everything().await, before);
    let done = company.app.imports.run(id, Task::Run, |_| {}).await.unwrap();
    assert_eq!(counts(&done), counts(&looked));

    let price = |code: &'static str| company.price(code);
    let minors = |price: &Price, day: Day| {
        let on = price.at(company.app.clock.begin_of(day));
        on.breaks.iter().map(|it| it.unit_price.minor).collect::<Vec<_>>()
    };
    let salt = price("8001").await.unwrap();
    assert_eq!(minors(&salt, today), [500]);
    assert_eq!(minors(&salt, soon), [600, 550]);
    assert_eq!(minors(&salt, later), [700, 550]);
    let pepper = price("8002").await.unwrap();
    assert_eq!((minors(&pepper, today), minors(&pepper, soon)), (vec![], vec![900]));

    let again = company.import(Kind::Prices, file.as_bytes()).await;
    assert_eq!(counts(&again), [("same", 5)]);
    let undone = company.app.imports.run(id, Task::Undo, |_| {}).await.unwrap();
    assert_eq!(undone.kept, 0);
    assert_eq!(company.everything().await, before);
}

#[tokio::test]
async fn a_history_of_prices_is_taken_in_the_order_of_its_days() {
    let company = Company::open().await;
    company.import(Kind::Products, b"SKU,Description\n8001,Salt\n").await;
    let file = "SKU,Price,Since\n8001,4,2026-01-01\n8001,5,2026-02-01\n8001,3,2025-12-01\n";
    let done = company.import(Kind::Prices, file.as_bytes()).await;
    assert_eq!(counts(&done), [("changed", 1), ("created", 1), ("refused", 1)]);
    let why = &company.reasons(done.id).await[0].1;
    assert_eq!(why, "Since: “2025-12-01” is before the day of an earlier row; sort the file by it");
    let salt = company.price("8001").await.unwrap();
    assert_eq!(
        (salt.breaks[0].unit_price.minor, salt.since.to_string().as_str()),
        (500, "2026-02-01")
    );
}

#[tokio::test]
async fn a_chinese_file_from_an_old_spreadsheet() {
    let company = Company::open().await;
    let text = "客户编号,客户名称,联系电话,地址,区域\n甲1,崂山海鲜楼有限公司,0532-88880001,香港东路 1 号,崂山区\n";
    let file = encoding_rs::GB18030.encode(text).0;
    let done = company.import(Kind::Customers, &file).await;
    assert_eq!(counts(&done), [("created", 1)], "{:?}", company.reasons(done.id).await);
    assert_eq!(company.customer("甲1").await.unwrap().customer.value("name"), "崂山海鲜楼有限公司");
    let people = "客户编号,姓名,手机,职务\n甲1,王敏,13812345678,店长\n乙2,李伟,,\n";
    let done = company.import(Kind::Contacts, encoding_rs::GB18030.encode(people).0.as_ref()).await;
    assert_eq!(counts(&done), [("created", 1), ("refused", 1)]);
}

#[tokio::test]
async fn the_file_of_refused_rows_is_harmless_and_can_be_imported() {
    let company = Company::open().await;
    let file =
        "Code,Name,Phone,Note,Territory\nQ1,=cmd|' /C calc'!A0,+86 532 8000 0001,@x,Nowhere\n";
    let done = company.import(Kind::Customers, file.as_bytes()).await;
    let refused = company.app.imports.refused(done.id, Language::En).await.unwrap();
    let row = refused.lines().nth(1).unwrap();
    assert_eq!(
        row,
        "Q1,'=cmd|' /C calc'!A0,'+86 532 8000 0001,'@x,Nowhere,2,Territory: “Nowhere” is not known here"
    );
    let mended = refused.replace("Nowhere,2", "Shibei District,2");
    let done = company.import(Kind::Customers, mended.as_bytes()).await;
    assert_eq!(counts(&done), [("created", 1)], "{:?}", company.reasons(done.id).await);
    let known = company.customer("Q1").await.unwrap().customer;
    assert_eq!((known.value("name"), known.value("note")), ("=cmd|' /C calc'!A0", "@x"));
}

#[tokio::test]
async fn at_the_terminal() {
    let company = Company::open().await;
    let file = company.folder.path().join("customers.csv");
    std::fs::write(&file, CUSTOMERS.replace("CustomerID", "Ref")).unwrap();
    let data = company.folder.path().join("copy");
    demo::fill(Config::local(&data), Clock::system(), 1, demo::Size(0), &|_| {}).await.unwrap();
    let refused = company.folder.path().join("refused.csv");
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_roundsman"))
            .args(["import"])
            .args(arguments)
            .args(["--data", data.to_str().unwrap()])
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let file = file.to_str().unwrap();
    let (looked, said) = run(&["customers", file, "--dry-run", "--map", "Ref=code"]);
    assert!(
        looked && said.contains("3 would be created") && said.contains("Fax → left out"),
        "{said}"
    );
    let (done, said) = run(&["customers", file, "--refused", refused.to_str().unwrap()]);
    assert!(done && said.contains("Ref → code"), "what was said once holds: {said}");
    assert!(said.contains("3 created") && said.contains("Row 6, Phone: “see notes”"), "{said}");
    assert_eq!(std::fs::read_to_string(&refused).unwrap().lines().count(), 6);
    let id = said
        .split_whitespace()
        .last()
        .map(|_| said.split("undo ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned())
        .unwrap();
    let (undone, said) = run(&["undo", &id]);
    assert!(undone && said.contains("Taken back"), "{said}");
    let (failed, said) = run(&["products", file]);
    assert!(!failed && said.contains("no column is recognised as “code”"), "{said}");
}

#[tokio::test]
async fn old_orders_come_in_whole_or_not_at_all_and_nobody_decides_about_them() {
    let company = Company::open().await;
    let db = &company.app.store.read;
    let shop = imports::customers(db).await.unwrap().into_iter().find(|it| !it.code.is_empty());
    let code = shop.unwrap().code;
    let file = format!(
        "Order No,Order date,Customer,SKU,Qty,Unit price,Discount,Rep\n\
         1,2024-03-01,{code},P1001,10,4.00,0.25,lin\n\
         1,,,P1002,1,5,0,\n\
         2,2024-03-02,{code},P1001,1,4,0,\n\
         2,2024-03-03,,P1002,1,5,0,\n\
         3,2024-03-02,{code},P1001,0,4,0,\n\
         4,2999-01-01,{code},P1001,1,4,0,\n\
         5,2024-03-02,{code},P1001,1,4,-1,\n\
         6,,,P1001,1,4,0,\n"
    );
    let before = everything_of_orders(&company).await;
    let done = company.import(Kind::Orders, file.as_bytes()).await;
    assert_eq!(counts(&done), [("created", 2), ("refused", 6)]);
    let said = "has another row that cannot be imported; they come in together or not at all";
    assert_eq!(
        company.reasons(done.id).await,
        [
            (4, format!("Order No: “2” {said}")),
            (5, "Order date: “2024-03-03” is not what an earlier row about the same says".into()),
            (6, "Qty: “0” is not more than zero".into()),
            (7, "Order date: “2999-01-01” is a day that has not come yet".into()),
            (8, "Discount: “-1” is not a discount from 0 to 100 %".into()),
            (9, "Customer: is missing; Order date: is missing".into()),
        ]
    );
    let (signed, decision) = {
        let mut db = db.acquire().await.unwrap();
        past_orders::find(&mut db, past_orders::id_of("1")).await.unwrap().unwrap()
    };
    assert_eq!((signed.rep, signed.lines.len()), (company.lin, 2));
    // 10 × 4.00 − 25 %, and 1 × 5.00, with or without the tax as the customer's list has it.
    assert!([signed.net.minor, signed.total.minor].contains(&3_500), "{signed:?}");
    assert_eq!((decision.number.as_str(), decision.outcome), ("1", Decided::Accepted));
    let waiting: i64 =
        sqlx::query_scalar("select count(*) from outbox").fetch_one(db).await.unwrap();
    assert_eq!(waiting, 0, "nothing is handed to an ERP");

    let again = company.import(Kind::Orders, file.as_bytes()).await;
    assert_eq!(counts(&again), [("refused", 6), ("same", 2)]);
    let dearer = file.replace("10,4.00", "10,4.40");
    let changed = company.import(Kind::Orders, dearer.as_bytes()).await;
    assert_eq!(counts(&changed), [("changed", 2), ("refused", 6)]);
    for part in verify::all(db).await.unwrap() {
        assert_eq!(part.wrong, 0, "{}: {:?}", part.name, part.problems);
    }
    for import in [changed.id, again.id, done.id] {
        let undone = company.app.imports.run(import, Task::Undo, |_| {}).await.unwrap();
        assert_eq!(undone.kept, 0);
    }
    assert_eq!(everything_of_orders(&company).await, before);
}

/// Orders, what was decided about them, and what follows from that.
async fn everything_of_orders(company: &Company) -> String {
    let db = &company.app.store.read;
    let mut all = String::new();
    for table in ["order_row", "outcome_row", "erp_reservation", "erp_customer", "membership"] {
        let count = format!("select count(*) from {table}");
        let count: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(db).await.unwrap();
        all.push_str(&format!("{table} {count}, "));
    }
    all
}

#[tokio::test]
async fn reps_come_in_without_a_password_and_go_unless_they_were_used() {
    let company = Company::open().await;
    let file = "Employee,Login,Full name,Territories\n\
                E1,mara,Mara Öz,Shinan District; Old Harbour\n\
                E1,,,Castle Hill\n\
                E2,noor,Noor van Dijk,old harbour\n\
                E3,office,Somebody else,\n\
                E4,two words,Two Words,\n\
                E5,mara,Another Mara,\n\
                E6,,,\n";
    let id = company.add(Kind::Reps, file.as_bytes()).await;
    let looked = company.app.imports.run(id, Task::Check, |_| {}).await.unwrap();
    assert_eq!(looked.makes, ["Old Harbour", "Castle Hill"]);
    let done = company.app.imports.run(id, Task::Run, |_| {}).await.unwrap();
    assert_eq!((&looked.counts, &looked.makes), (&done.counts, &done.makes));
    assert_eq!(counts(&done), [("created", 3), ("refused", 4)]);
    assert_eq!(
        company.reasons(id).await,
        [
            (5, "Employee: “E3” belongs to somebody who is no rep".to_owned()),
            (6, "Login: “two words” has a space; nobody can sign in with it".to_owned()),
            (7, "Login: “mara” belongs to somebody else".to_owned()),
            (8, "Full name: is missing".to_owned()),
        ]
    );
    let db = &company.app.store.read;
    let mara = people::by_login(db, "mara").await.unwrap().unwrap();
    assert_eq!((mara.person.role, mara.password_hash.as_str()), (Role::Rep, people::NO_PASSWORD));
    let now = company.app.clock.now();
    assert_eq!(people::grants(db, mara.person.id, now).await.unwrap().len(), 3);

    company
        .app
        .store
        .write
        .run(|db, _| Box::pin(async move { people::set_password(db, "noor", "given").await }))
        .await
        .unwrap();
    let staff = people::standings(db).await.unwrap().into_iter();
    let waiting: Vec<_> = staff.filter(|it| !it.has_password).map(|it| it.login).collect();
    assert!(waiting.contains(&"mara".into()) && !waiting.contains(&"noor".into()), "{waiting:?}");
    let undone = company.app.imports.run(id, Task::Undo, |_| {}).await.unwrap();
    assert_eq!(undone.kept, 1, "somebody gave Noor a password");
    assert!(people::by_login(db, "mara").await.unwrap().is_none());
    assert!(people::by_login(db, "noor").await.unwrap().is_some());
    let territories = records::all::<Territory>(db).await.unwrap();
    assert!(
        !territories.values().any(|it| it.name.en == "Castle Hill" || it.name.en == "Old Harbour")
    );
}
