//! What can be imported, and which column of a file is which field.

use std::collections::{BTreeMap, BTreeSet};

use roundsman_core::text::search_key;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Customers with their account, their territory and one contact.
    Customers,
    /// People at customers.
    Contacts,
    /// Products.
    Products,
    /// Prices of products in a list.
    Prices,
    /// What was counted in a warehouse.
    Stock,
}

/// A field that a column can fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in a mapping.
    pub name: &'static str,
    /// Whether there must be a column for it.
    pub needed: bool,
    /// What people call its column, as [`plain`] reads it.
    headers: &'static [&'static str],
}

const fn field(name: &'static str, headers: &'static [&'static str]) -> Field {
    Field { name, needed: false, headers }
}

const fn needed(name: &'static str, headers: &'static [&'static str]) -> Field {
    Field { name, needed: true, headers }
}

const CUSTOMER_CODE: &[&str] = &[
    "customerid",
    "customercode",
    "customerno",
    "customernumber",
    "customer",
    "code",
    "accountno",
    "客户编号",
    "客户编码",
    "客户代码",
    "客户号",
    "编号",
];
const PRODUCT_CODE: &[&str] = &[
    "productid",
    "productcode",
    "productno",
    "sku",
    "itemno",
    "itemcode",
    "articleno",
    "article",
    "product",
    "code",
    "artikelnummer",
    "商品编号",
    "商品编码",
    "产品编号",
    "产品编码",
    "货号",
    "编号",
];
const PHONE: &[&str] = &[
    "phone",
    "telephone",
    "tel",
    "mobile",
    "phonenumber",
    "telefon",
    "电话",
    "联系电话",
    "手机",
    "手机号",
];
const WAREHOUSE: &[&str] = &["warehouse", "warehousename", "depot", "lager", "仓库", "仓库名称"];
const PRICE_LIST: &[&str] = &["pricelist", "pricelistname", "preisliste", "价目表", "价格表"];

const CUSTOMERS: &[Field] = &[
    field("code", CUSTOMER_CODE),
    field(
        "name",
        &[
            "name",
            "companyname",
            "company",
            "customername",
            "firma",
            "nom",
            "客户名称",
            "公司名称",
            "店名",
            "名称",
        ],
    ),
    field("phone", PHONE),
    field(
        "address",
        &["address", "street", "addressline1", "strasse", "adresse", "地址", "详细地址"],
    ),
    field("city", &["city", "town", "ort", "ville", "城市", "市"]),
    field("region", &["region", "state", "province", "省", "省份", "地区"]),
    field("postal_code", &["postalcode", "postcode", "zip", "zipcode", "plz", "邮编", "邮政编码"]),
    field("country", &["country", "land", "pays", "国家"]),
    field("hours", &["hours", "openinghours", "营业时间"]),
    field(
        "tax_id",
        &["taxid", "taxnumber", "vatid", "vatnumber", "vat", "ustid", "税号", "统一社会信用代码"],
    ),
    field("payment_terms", &["paymentterms", "terms", "付款条件", "账期"]),
    field("note", &["note", "notes", "remark", "remarks", "comment", "备注"]),
    field("latitude", &["latitude", "lat", "纬度"]),
    field("longitude", &["longitude", "lng", "lon", "经度"]),
    field(
        "contact_name",
        &["contactname", "contact", "contactperson", "ansprechpartner", "联系人"],
    ),
    field(
        "contact_role",
        &["contacttitle", "contactrole", "contactposition", "联系人职务", "职务"],
    ),
    field("territory", &["territory", "territoryname", "gebiet", "区域", "片区"]),
    field(
        "account_manager",
        &["accountmanager", "rep", "salesrep", "salesperson", "业务员", "客户经理", "负责人"],
    ),
    field("price_list", PRICE_LIST),
    field("warehouse", WAREHOUSE),
    field("credit_limit", &["creditlimit", "kreditlimit", "信用额度"]),
    field("visit_every_days", &["visiteverydays", "visitinterval", "拜访周期", "拜访间隔"]),
];

const CONTACTS: &[Field] = &[
    needed("customer", CUSTOMER_CODE),
    needed("name", &["name", "contactname", "fullname", "contact", "姓名", "联系人"]),
    field("role", &["role", "title", "contacttitle", "position", "function", "职务", "职位"]),
    field("phone", PHONE),
    field("email", &["email", "mail", "emailaddress", "邮箱", "电子邮箱", "邮件"]),
];

const PRODUCTS: &[Field] = &[
    needed("code", PRODUCT_CODE),
    field(
        "name",
        &[
            "name",
            "productname",
            "description",
            "bezeichnung",
            "商品名称",
            "产品名称",
            "品名",
            "名称",
        ],
    ),
    field("name_zh", &["namezh", "chinesename", "中文名称", "中文名"]),
    field("name_en", &["nameen", "englishname", "英文名称", "英文名"]),
    field(
        "category",
        &["category", "categoryname", "categoryid", "group", "warengruppe", "类别", "分类"],
    ),
    field("unit", &["unit", "uom", "baseunit", "einheit", "单位", "基本单位"]),
    field("tax_rate", &["taxrate", "tax", "vatrate", "mwst", "税率"]),
    field("barcode", &["barcode", "ean", "gtin", "upc", "条码", "条形码"]),
    field("active", &["active", "enabled", "onsale", "在售", "启用"]),
    field("discontinued", &["discontinued", "inactive", "停售", "停产"]),
];

const PRICES: &[Field] = &[
    needed("product", PRODUCT_CODE),
    needed(
        "price",
        &["price", "unitprice", "listprice", "netprice", "preis", "prix", "单价", "价格", "售价"],
    ),
    field("price_list", PRICE_LIST),
    field("from", &["from", "fromquantity", "minquantity", "abmenge", "起订量", "数量起"]),
    field("discount_max", &["discountmax", "maxdiscount", "最大折扣", "最高折扣"]),
    field(
        "since",
        &["since", "validfrom", "startdate", "gueltigab", "gultigab", "生效日期", "开始日期"],
    ),
];

const STOCK: &[Field] = &[
    needed("product", PRODUCT_CODE),
    needed(
        "on_hand",
        &[
            "onhand",
            "unitsinstock",
            "quantity",
            "qty",
            "stock",
            "bestand",
            "库存",
            "库存数量",
            "数量",
        ],
    ),
    field("warehouse", WAREHOUSE),
];

impl Kind {
    /// Its name, as stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Contacts => "contacts",
            Self::Products => "products",
            Self::Prices => "prices",
            Self::Stock => "stock",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Customers, Self::Contacts, Self::Products, Self::Prices, Self::Stock];
        all.into_iter().find(|kind| kind.name() == name)
    }

    /// What its columns can be.
    #[must_use]
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Customers => CUSTOMERS,
            Self::Contacts => CONTACTS,
            Self::Products => PRODUCTS,
            Self::Prices => PRICES,
            Self::Stock => STOCK,
        }
    }

    /// The fields that name one thing: no two rows may have the same.
    #[must_use]
    pub fn key(self) -> &'static [&'static str] {
        match self {
            Self::Customers | Self::Products => &["code"],
            Self::Contacts => &["customer", "name"],
            Self::Prices => &["product", "price_list", "from", "since"],
            Self::Stock => &["product", "warehouse"],
        }
    }
}

/// Which column each field is in: field to column, counted from 0.
pub type Mapping = BTreeMap<String, usize>;

/// Finds the fields of these columns: first as somebody said for such a header before, then by what
/// people call them.
#[must_use]
pub fn recognise(kind: Kind, header: &[String], said: &BTreeMap<String, String>) -> Mapping {
    let mut mapping = Mapping::new();
    for (column, name) in header.iter().enumerate() {
        if let Some(field) = said.get(&plain(name)).filter(|it| !it.is_empty()) {
            mapping.entry(field.clone()).or_insert(column);
        }
    }
    let mut taken: BTreeSet<usize> = mapping.values().copied().collect();
    let said_nothing = |name: &String| !said.contains_key(&plain(name));
    for field in kind.fields() {
        if mapping.contains_key(field.name) {
            continue;
        }
        let found = field.headers.iter().find_map(|known| {
            header.iter().enumerate().position(|(column, name)| {
                !taken.contains(&column) && said_nothing(name) && plain(name) == *known
            })
        });
        if let Some(column) = found {
            taken.insert(column);
            mapping.insert(field.name.to_owned(), column);
        }
    }
    mapping
}

/// What a mapping says about its headers, for the next file: header to field, empty for none.
#[must_use]
pub fn said(header: &[String], mapping: &Mapping) -> BTreeMap<String, String> {
    let of = |column| mapping.iter().find(|(_, at)| **at == column).map(|(field, _)| field.clone());
    let pairs = header.iter().enumerate();
    pairs.map(|(column, name)| (plain(name), of(column).unwrap_or_default())).collect()
}

/// A header as letters and digits.
fn plain(header: &str) -> String {
    search_key(header).chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn found(kind: Kind, names: &[&str]) -> Vec<(String, usize)> {
        recognise(kind, &header(names), &BTreeMap::new()).into_iter().collect()
    }

    fn wanted(pairs: &[(&str, usize)]) -> Vec<(String, usize)> {
        pairs.iter().map(|(field, column)| ((*field).to_owned(), *column)).collect()
    }

    #[test]
    fn columns_are_recognised_in_english_and_chinese() {
        let english = ["Customer ID", "CompanyName", "Phone", "Postal Code", "Fax"];
        let columns = wanted(&[("code", 0), ("name", 1), ("phone", 2), ("postal_code", 3)]);
        assert_eq!(found(Kind::Customers, &english), columns);
        let chinese = ["客户编号", "客户名称", "联系电话", "邮编", "传真"];
        assert_eq!(found(Kind::Customers, &chinese), columns);
    }

    #[test]
    fn the_best_name_wins_and_a_column_is_one_field() {
        let names = ["ProductID", "ProductName", "UnitPrice", "UnitsInStock"];
        assert_eq!(found(Kind::Prices, &names), wanted(&[("price", 2), ("product", 0)]));
        assert_eq!(found(Kind::Stock, &names), wanted(&[("on_hand", 3), ("product", 0)]));
        assert_eq!(
            found(Kind::Contacts, &["Contact Name", "Customer"]),
            wanted(&[("customer", 1), ("name", 0)])
        );
    }

    #[test]
    fn what_somebody_said_before_holds() {
        let names = header(&["Ref", "Name", "Phone"]);
        let mapping: Mapping = [("code".to_owned(), 0), ("name".to_owned(), 1)].into();
        let said = said(&names, &mapping);
        assert_eq!(recognise(Kind::Customers, &names, &said), mapping, "the phone stays out");
    }

    #[test]
    fn every_field_can_be_recognised() {
        for kind in [Kind::Customers, Kind::Contacts, Kind::Products, Kind::Prices, Kind::Stock] {
            assert_eq!(Kind::named(kind.name()), Some(kind));
            assert!(kind.key().iter().all(|key| kind.fields().iter().any(|it| it.name == *key)));
            for field in kind.fields() {
                assert!(field.headers.iter().all(|it| plain(it) == *it), "{}", field.name);
            }
        }
    }
}
