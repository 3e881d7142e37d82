//! A company comes over as it is: the tables of its old system, with everything that is wrong in
//! them, and then one of its people sells with no network.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use roundsman_core::documents::Request;
use roundsman_core::id::OrderId;
use roundsman_core::records::Territory;
use roundsman_core::views::{CustomerCard, OrderRow, OrderState, StaffRow, UsualView};
use roundsman_device::Device;
use roundsman_replica::{Query, Rows};
use roundsman_store::{Store, verify};
use roundsman_tests::{Office, World, agree, decided, fill_cart, find};
use serde_json::{Value, json};

/// What rows became, by outcome.
type Counts = BTreeMap<String, u64>;

/// Somebody of the company, and one of their customers.
struct Cast {
    rep: &'static str,
    customer: &'static str,
}

/// The tables of a folder, brought in through the console.
struct Move<'a> {
    office: &'a Office,
    folder: &'a Path,
    /// Where customers belong that say nothing.
    territory: Option<String>,
    counts: BTreeMap<&'static str, Counts>,
}

impl Move<'_> {
    async fn bring(&mut self, what: &'static str, kind: &str, content: Vec<u8>) -> String {
        let path = format!("/api/imports?kind={kind}&fileName={what}.csv");
        let import: Value = self.office.upload(&path, content).await.unwrap();
        let id = import["id"].as_str().unwrap().to_owned();
        let mut settings = import["settings"].clone();
        settings["defaults"]["territory"] = json!(self.territory);
        let _: Value =
            self.office.post(&format!("/api/imports/{id}/settings"), &settings).await.unwrap();
        let looked = self.go(&id, "check", "checked").await;
        let done = self.go(&id, "run", "done").await;
        assert_eq!(looked["counts"], done["counts"], "{what}: what was promised happened");
        let counts: Counts = serde_json::from_value(done["counts"].clone()).unwrap();
        println!("{what}: {counts:?}, new territories: {}", done["makes"]);
        if counts.contains_key("refused") {
            let rows: Value = self.office.get(&format!("/api/imports/{id}/rows")).await.unwrap();
            println!("{what}, not imported: {}", rows["rows"]);
        }
        self.counts.insert(what, counts);
        id
    }

    async fn go(&self, id: &str, task: &str, state: &str) -> Value {
        let _: Value =
            self.office.post(&format!("/api/imports/{id}/{task}"), &json!(null)).await.unwrap();
        let import = loop {
            let import: Value =
                self.office.get(&format!("/api/imports/{id}/progress")).await.unwrap();
            // Two thousand rows take their time.
            if !import["state"].as_str().unwrap().ends_with("ing") {
                break import;
            }
        };
        assert_eq!(import["state"], state, "{import}");
        import
    }

    fn file(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.join(name)).unwrap()
    }

    /// Orders and their lines are two tables there, and one here.
    fn orders(&self) -> Vec<u8> {
        let heads = self.table("orders.csv");
        let by_number: BTreeMap<_, _> = heads.iter().map(|it| (&it["OrderID"], it)).collect();
        let mut file = csv::Writer::from_writer(Vec::new());
        let of_head =
            ["OrderID", "CustomerID", "EmployeeID", "OrderDate", "RequiredDate", "ShippedDate"];
        let of_line = ["ProductID", "UnitPrice", "Quantity", "Discount"];
        file.write_record(of_head.iter().chain(&of_line)).unwrap();
        for line in self.table("order_details.csv") {
            let head = by_number[&line["OrderID"]];
            let cells = of_head.iter().map(|it| &head[*it]);
            file.write_record(cells.chain(of_line.iter().map(|it| &line[*it]))).unwrap();
        }
        file.into_inner().unwrap()
    }

    fn table(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.folder.join(name)).unwrap();
        reader.deserialize().collect::<Result<_, _>>().unwrap()
    }
}

/// Brings everything in twice, takes an order of the cast offline, and takes the old orders back.
async fn comes_over(folder: &Path, cast: Cast) -> BTreeMap<&'static str, Counts> {
    let mut world = World::start().await.unwrap();
    let office = world.office().await.unwrap();
    let before = orders_of(&office).await;
    let mut it = Move { office: &office, folder, territory: None, counts: BTreeMap::new() };
    it.bring("employees", "reps", it.file("employees.csv")).await;
    it.bring("employee_territories", "reps", it.file("employee_territories.csv")).await;
    let staff: Vec<StaffRow> = office.get("/api/staff").await.unwrap();
    let rep = staff.iter().find(|it| it.login == cast.rep).unwrap();
    it.territory = rep.territories.first().map(|it: &Territory| it.id.to_string());
    it.bring("products", "products", it.file("products.csv")).await;
    it.bring("prices", "prices", it.file("products.csv")).await;
    it.bring("stock", "stock", it.file("products.csv")).await;
    it.bring("customers", "customers", it.file("customers.csv")).await;
    let orders = it.bring("orders", "orders", it.orders()).await;

    it.bring("customers again", "customers", it.file("customers.csv")).await;
    it.bring("orders again", "orders", it.orders()).await;
    for again in ["customers again", "orders again"] {
        let changed = it.counts[again].keys().any(|it| it == "created" || it == "changed");
        assert!(!changed, "the same file changes nothing: {again}");
    }
    sells(&mut world, &office, &rep.person.id.to_string(), &cast).await;

    let undone = it.go(&orders, "undo", "undone").await;
    assert_eq!(undone["kept"], 0);
    assert_eq!(orders_of(&office).await, before + 1, "only the order of today is left");
    let counts = it.counts;
    is_sound(&mut world).await;
    counts
}

/// The rep gets a password and a phone, sees what the customer had, and sells with no network.
async fn sells(world: &mut World, office: &Office, rep: &str, cast: &Cast) {
    let folder = tempfile::tempdir().unwrap();
    let refused = Device::enrol(&world.url(), cast.rep, "", folder.path()).await;
    assert!(refused.is_err(), "nobody signs in without a password");
    let password = json!({ "password": "roundsman" });
    let _: Value = office.post(&format!("/api/staff/{rep}/password"), &password).await.unwrap();
    let mut phone = world.device(cast.rep).await.unwrap();
    let customer = find(&phone, cast.customer).unwrap();
    let card: CustomerCard = phone.ask(&Query::Customer { id: customer }).unwrap();
    let latest = format!("/api/orders?customer={customer}&limit=1");
    let latest: Rows<OrderRow> = office.get(&latest).await.unwrap();
    assert_eq!(card.row.last_order_at, Some(latest.rows[0].placed_at), "{}", cast.customer);
    assert_eq!(latest.rows[0].state, OrderState::Accepted);
    let path = format!("/api/orders/{}", latest.rows[0].id);
    let old: Value = office.get(&path).await.unwrap();
    assert_eq!(old["imported"], true);
    let called_off = json!({ "reason": "late", "seen": old["row"]["versions"] });
    let called_off: anyhow::Result<Value> =
        office.post(&format!("{path}/cancel"), &called_off).await;
    assert!(called_off.unwrap_err().to_string().contains("NOT_FOUND"), "history stays as it was");
    let usual: UsualView = phone.ask(&Query::Usual { customer }).unwrap();
    assert!(!usual.basket.is_empty(), "what it usually orders comes from its old orders");

    phone.disconnect();
    fill_cart(&mut phone, customer, 1, 2).unwrap();
    let order = OrderId(phone.run(Request::OrderSubmit { customer }).unwrap().id);
    phone.sync().await.unwrap();
    let answer = decided(&mut phone, order).await.unwrap();
    println!(
        "{} sold to {}: {:?}, {}",
        cast.rep, cast.customer, answer.row.state, answer.row.total
    );
    assert_ne!(answer.row.state, OrderState::Waiting);
    agree(&mut phone).await.unwrap();
}

async fn orders_of(office: &Office) -> u64 {
    let orders: Value = office.get("/api/orders?limit=1").await.unwrap();
    orders["total"].as_u64().unwrap()
}

async fn is_sound(world: &mut World) {
    world.stop_server().await.unwrap();
    let store = Store::open(&world.data().join(roundsman_server::backup::DATABASE)).await.unwrap();
    for part in verify::all(&store.read).await.unwrap() {
        assert_eq!(part.wrong, 0, "{}: {:?}", part.name, part.problems);
    }
}

fn counts<const N: usize>(pairs: [(&str, u64); N]) -> Counts {
    pairs.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

#[tokio::test]
async fn a_small_company_comes_over() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/old-company");
    let became = comes_over(&folder, Cast { rep: "11", customer: "Årnes" }).await;
    assert_eq!(became["employees"], counts([("created", 3)]));
    assert_eq!(became["employee_territories"], counts([("created", 3), ("changed", 2)]));
    assert_eq!(became["products"], counts([("created", 5)]));
    assert_eq!(became["prices"], counts([("created", 5)]));
    assert_eq!(became["stock"], counts([("created", 5)]));
    assert_eq!(became["customers"], counts([("created", 4)]));
    // One order is of a customer that is not here, and one has a line that nobody knows.
    assert_eq!(became["orders"], counts([("created", 8), ("refused", 3)]));
}

/// The Northwind sample company, if somebody has it; it is not part of the project.
fn northwind() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("ROUNDSMAN_NORTHWIND")?);
    assert!(folder.join("orders.csv").exists(), "ROUNDSMAN_NORTHWIND names another folder");
    Some(folder)
}

#[tokio::test]
async fn northwind_comes_over_as_it_is() {
    let Some(folder) = northwind() else {
        eprintln!(
            "\n*** SKIPPED: ROUNDSMAN_NORTHWIND does not name a folder with Northwind's files\n"
        );
        return;
    };
    let became = comes_over(&folder, Cast { rep: "1", customer: "Save-a-lot" }).await;
    for (what, counts) in &became {
        assert!(!counts.contains_key("refused"), "{what}: {counts:?}");
    }
    assert_eq!(became["customers"].values().sum::<u64>(), 93);
    assert_eq!(became["orders"], counts([("created", 2155)]));
}
