//! The fields of each kind, and what people call their columns.

/// A field that a column can fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in a mapping.
    pub name: &'static str,
    /// Whether there must be a column for it.
    pub needed: bool,
    /// What people call its column, as [`super::plain`] reads it.
    pub(super) headers: &'static [&'static str],
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

pub(super) const CUSTOMERS: &[Field] = &[
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

pub(super) const CONTACTS: &[Field] = &[
    needed("customer", CUSTOMER_CODE),
    needed("name", &["name", "contactname", "fullname", "contact", "姓名", "联系人"]),
    field("role", &["role", "title", "contacttitle", "position", "function", "职务", "职位"]),
    field("phone", PHONE),
    field("email", &["email", "mail", "emailaddress", "邮箱", "电子邮箱", "邮件"]),
];

pub(super) const PRODUCTS: &[Field] = &[
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

pub(super) const PRICES: &[Field] = &[
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

pub(super) const STOCK: &[Field] = &[
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

const REP_NAMES: &[&str] = &[
    "rep",
    "repid",
    "repcode",
    "employeeid",
    "employee",
    "employeeno",
    "salesrep",
    "salesperson",
    "salespersonid",
    "personnelno",
    "工号",
    "业务员编号",
    "员工编号",
    "业务员",
    "编号",
];

pub(super) const REPS: &[Field] = &[
    needed(
        "code",
        &[
            "code",
            "repcode",
            "repid",
            "employeeid",
            "employeecode",
            "employeeno",
            "personnelno",
            "salespersonid",
            "rep",
            "employee",
            "工号",
            "员工编号",
            "业务员编号",
            "编号",
        ],
    ),
    field(
        "login",
        &["login", "loginname", "username", "user", "signinname", "登录名", "用户名", "账号"],
    ),
    field("name", &["name", "fullname", "repname", "employeename", "姓名", "业务员", "名称"]),
    field("first_name", &["firstname", "givenname", "vorname", "prenom", "名"]),
    field("last_name", &["lastname", "surname", "familyname", "nachname", "姓"]),
    field(
        "territories",
        &[
            "territories",
            "territory",
            "territoryid",
            "territoryname",
            "gebiet",
            "gebiete",
            "区域",
            "片区",
            "负责区域",
        ],
    ),
];

pub(super) const ORDERS: &[Field] = &[
    needed(
        "number",
        &[
            "ordernumber",
            "orderno",
            "orderid",
            "order",
            "number",
            "documentno",
            "auftragsnummer",
            "belegnummer",
            "订单编号",
            "订单号",
            "单号",
        ],
    ),
    needed(
        "day",
        &[
            "orderdate",
            "orderedon",
            "date",
            "day",
            "auftragsdatum",
            "datum",
            "下单日期",
            "订单日期",
            "日期",
        ],
    ),
    needed("customer", CUSTOMER_CODE),
    needed("product", PRODUCT_CODE),
    needed("quantity", &["quantity", "qty", "units", "menge", "数量"]),
    needed("price", &["unitprice", "price", "netprice", "preis", "einzelpreis", "单价", "价格"]),
    field("discount", &["discount", "discountpercent", "rabatt", "折扣", "折扣率"]),
    field("rep", REP_NAMES),
    field(
        "requested",
        &["requireddate", "requestedon", "requesteddate", "wunschtermin", "要求日期", "交货日期"],
    ),
    field(
        "shipped",
        &[
            "shippeddate",
            "shippedon",
            "shipped",
            "delivereddate",
            "deliveredon",
            "lieferdatum",
            "发货日期",
            "送达日期",
        ],
    ),
];
