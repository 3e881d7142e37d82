"""Founds a small company in an empty Tryton: products, prices, stock, customers, a user for Roundsman.

Everything goes through Tryton's own model layer, as its own clients do.
"""
import datetime
import sys
from decimal import Decimal

import trytond.config

trytond.config.update_etc(sys.argv[1])

from proteus import Model, Wizard, config  # noqa: E402

CONNECTION = config.set_trytond("erp", config_file=sys.argv[1])
AT_ONCE = 20

# Of grain the law takes less.
GRAIN = {"FL-25", "FL-05", "RY-10", "RI-10"}
# These are sold in cases of twelve.
IN_CASES = {"NA-01"}
# Code, name, unit price, what is there.
PRODUCTS = [
    ("FL-25", "Strong flour 25 kg 高筋面粉", "118.00", 240),
    ("FL-05", "Cake flour 5 kg 低筋面粉", "29.50", 300),
    ("RY-10", "Rye flour 10 kg 黑麦面粉", "64.00", 90),
    ("SU-10", "Sugar 10 kg 白砂糖", "76.00", 180),
    ("SA-01", "Sea salt 1 kg 海盐", "6.80", 500),
    ("YE-05", "Dry yeast 500 g 干酵母", "18.90", 260),
    ("BU-01", "Butter 1 kg 黄油", "62.00", 140),
    ("MI-12", "Milk 12 x 1 l 牛奶", "96.00", 110),
    ("EG-30", "Eggs, tray of 30 鸡蛋", "34.00", 150),
    ("OI-05", "Sunflower oil 5 l 葵花籽油", "58.00", 200),
    ("RI-10", "Rice 10 kg 大米", "72.00", 320),
    ("NO-20", "Egg noodles 20 x 400 g 鸡蛋面", "88.00", 130),
    ("TO-24", "Tomatoes, 24 tins 番茄罐头", "132.00", 80),
    ("BE-24", "White beans, 24 tins 白豆罐头", "118.00", 75),
    ("TE-01", "Green tea 1 kg 绿茶", "146.00", 60),
    ("CO-01", "Coffee beans 1 kg 咖啡豆", "128.00", 95),
    ("JA-12", "Apricot jam, 12 jars 杏酱", "156.00", 55),
    ("HO-12", "Honey, 12 jars 蜂蜜", "288.00", 40),
    ("CH-05", "Chocolate chips 5 kg 巧克力豆", "210.00", 45),
    ("AL-05", "Almonds 5 kg 杏仁", "265.00", 35),
    ("BR-20", "White loaf, tray of 20 白吐司", "110.00", 0),
    ("CR-40", "Croissants, tray of 40 可颂", "168.00", 24),
    ("WA-24", "Water 24 x 0.5 l 矿泉水", "36.00", 400),
    ("NA-01", "Napkins, pack of 100 餐巾", "8.00", 600),
    ("JU-12", "Orange juice 12 x 1 l 橙汁", "114.00", 120),
]
# Code, name, street, city, phone, credit limit.
CUSTOMERS = [
    ("C-001", "Harbour Bakery 海港面包坊", "12 Taiping Road", "Qingdao", "0532-85550101", 20000),
    ("C-002", "Golden Gate Market 金门超市", "3 Zhongshan Road", "Qingdao", "0532-85550102", 15000),
    ("C-003", "Old Town Tea House 老城茶馆", "88 Jiangsu Road", "Qingdao", "0532-85550103", 8000),
    ("C-004", "Station Kiosk 车站小卖部", "1 Feicheng Road", "Qingdao", "0532-85550104", 3000),
    ("C-005", "Lotus Restaurant 莲花餐厅", "45 Yunxiao Road", "Qingdao", "0532-85550105", 12000),
    ("C-006", "Seaside Hotel 海滨酒店", "7 Nanhai Road", "Qingdao", "0532-85550106", 30000),
    ("C-007", "Corner Grocery 街角杂货", "20 Daxue Road", "Qingdao", "0532-85550107", 5000),
    ("C-008", "Sunrise Canteen 旭日食堂", "150 Songling Road", "Qingdao", "0532-85550108", 18000),
]


def get(name):
    return Model.get(name)


def one(name, *domain):
    return get(name).find(list(domain), limit=1)[0]


def save_all(records):
    # More than about twenty at once overflow the parser's stack of SQLite 3.40.
    for begin in range(0, len(records), AT_ONCE):
        type(records[0]).save(records[begin:begin + AT_ONCE])


def found_company():
    currency = get("currency.currency")(
        name="Renminbi", symbol="¥", code="CNY", numeric_code="156", rounding=Decimal("0.01"),
        digits=2)
    currency.rates.new(date=datetime.date(2020, 1, 1), rate=Decimal(1))
    currency.save()
    party = get("party.party")(name="Jiaozhou Bay Foods 胶州湾食品", code="COMPANY")
    party.save()
    wizard = Wizard("company.company.config")
    wizard.execute("company")
    wizard.form.party, wizard.form.currency = party, currency
    wizard.execute("add")
    CONNECTION._context = get("res.user").get_preferences(True, {})
    return one("company.company")


def account(company, kind):
    return one("account.account", (f"type.{kind}", "=", True), ("company", "=", company.id),
               ("closed", "!=", True))


def open_books(company):
    data = get("ir.model.data")
    template = get("account.account.template")(
        data.get_id("account.account_template_root_en", CONNECTION.context))
    wizard = Wizard("account.create_chart")
    wizard.execute("account")
    wizard.form.account_template, wizard.form.company = template, company
    wizard.execute("create_account")
    wizard.form.account_receivable = account(company, "receivable")
    wizard.form.account_payable = account(company, "payable")
    if hasattr(wizard.form, "category_account_expense"):
        wizard.form.category_account_expense = account(company, "expense")
        wizard.form.category_account_revenue = account(company, "revenue")
    wizard.execute("create_properties")
    # Each line is rounded by itself, as Roundsman does.
    books = get("account.configuration")(1)
    books.tax_rounding = "line"
    books.save()
    this_year = datetime.date.today().year
    for year in (this_year - 1, this_year, this_year + 1):
        open_year(company, year)


def open_year(company, year):
    year_of_books = get("account.fiscalyear")(
        name=str(year), company=company, start_date=datetime.date(year, 1, 1),
        end_date=datetime.date(year, 12, 31))
    year_of_books.move_sequence = sequence(company, "Account Move", f"moves {year}")
    numbers, = year_of_books.invoice_sequences
    invoices = sequence(company, "Invoice", f"invoices {year}")
    numbers.out_invoice_sequence = numbers.in_invoice_sequence = invoices
    numbers.out_credit_note_sequence = numbers.in_credit_note_sequence = invoices
    year_of_books.save()
    year_of_books.click("create_period")


def sequence(company, kind, name):
    made = get("ir.sequence.strict")(
        name=name, sequence_type=one("ir.sequence.type", ("name", "=", kind)), company=company)
    made.save()
    return made


def category(company, name, rate):
    books = one("account.account", ("company", "=", company.id), ("code", "=", "6.3.6"))
    tax = get("account.tax")(
        name=f"VAT {rate} %", description=f"VAT {rate} %", type="percentage",
        rate=Decimal(rate) / 100, invoice_account=books, credit_note_account=books)
    tax.save()
    made = get("product.category")(name=name, accounting=True)
    made.account_expense = account(company, "expense")
    made.account_revenue = account(company, "revenue")
    made.customer_taxes.append(tax)
    made.save()
    return made


def stock_shelves(company):
    goods, grain = category(company, "Goods", 13), category(company, "Grain", 9)
    unit = one("product.uom", ("symbol", "=", "u"))
    case = get("product.uom")(
        name="Case of 12", symbol="cs", category=unit.category, factor=12.0,
        rate=round(1 / 12.0, 12), rounding=1.0, digits=0)
    case.save()
    templates = []
    for code, name, price, _ in PRODUCTS:
        template = get("product.template")(
            name=name, code=code, default_uom=unit, type="goods", salable=True,
            list_price=Decimal(price), account_category=grain if code in GRAIN else goods)
        if code in IN_CASES:
            template.sale_uom = case
        templates.append(template)
    save_all(templates)
    count = get("stock.inventory")(
        location=one("stock.location", ("code", "=", "STO")), empty_quantity="keep")
    for template, (_, _, _, there) in zip(templates, PRODUCTS):
        count.lines.new(product=template.products[0], quantity=float(there), expected_quantity=0.0)
    count.save()
    count.click("confirm")


def write_prices(company):
    lists = []
    for name, formula in (("Retail", "unit_price"), ("Wholesale", "unit_price * 0.9")):
        prices = get("product.price_list")(name=name, company=company, price="list_price")
        if name == "Wholesale":
            prices.lines.new(quantity=20.0, formula="unit_price * 0.85")
        prices.lines.new(formula=formula)
        prices.save()
        lists.append(prices)
    # Of what is sold by the case it counts cases; everything else has no price by it.
    cases = get("product.price_list")(
        name="By the case", company=company, price="list_price", unit="product_sale")
    napkins = one("product.product", ("code", "=", "NA-01"))
    for quantity, formula in ((5.0, "unit_price * 0.8"), (None, "unit_price")):
        cases.lines.new(product=napkins, quantity=quantity, formula=formula)
    cases.save()
    counter = get("product.price_list")(
        name="Counter, tax included", company=company, price="list_price", tax_included=True)
    counter.lines.new(formula="unit_price * 1.13")
    counter.save()
    selling = get("sale.configuration")(1)
    selling.sale_price_list = lists[0]
    selling.sale_invoice_method = selling.sale_shipment_method = "order"
    selling.save()
    return lists


def know_customers(lists):
    term = get("account.invoice.payment_term")(name="30 days")
    term.lines.new(type="remainder").relativedeltas.new(days=30)
    term.save()
    parties = []
    for position, (code, name, street, city, phone, _) in enumerate(CUSTOMERS):
        party = get("party.party")(name=name, code=code)
        address, = party.addresses
        address.street_unstructured, address.city = street, city
        address.invoice = address.delivery = True
        party.contact_mechanisms.new(type="phone", value=phone)
        party.customer_payment_term = term
        party.sale_price_list = lists[position % 2]
        parties.append(party)
    save_all(parties)


def admit_roundsman(company):
    data = get("ir.model.data")
    groups = [
        ("sale", "group_sale"), ("sale_opportunity", "group_opportunity"),
        ("stock", "group_stock"), ("account", "group_account"), ("party", "group_party_admin")]
    person = get("party.party")(name="Roundsman", code="ROUNDSMAN")
    person.save()
    employee = get("company.employee")(party=person, company=company)
    employee.save()
    for login, of in (("roundsman", groups), ("nobody", [])):
        user = get("res.user")(name=login, login=login, password=f"{login}-demo")
        user.companies.append(type(company)(company.id))
        user.company = company
        if of:
            user.employees.append(employee)
            user.employee = employee
        for module, group in of:
            user.groups.append(
                get("res.group")(data.get_id(f"{module}.{group}", CONNECTION.context)))
        user.save()


COMPANY = found_company()
open_books(COMPANY)
stock_shelves(COMPANY)
know_customers(write_prices(COMPANY))
admit_roundsman(COMPANY)
