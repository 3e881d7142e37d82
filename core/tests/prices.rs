//! Prices against baskets that were worked out by hand, and against laws that hold for any basket.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use roundsman_core::id::LineId;
use roundsman_core::money::{Currency, Money};
use roundsman_core::quantity::{Percent, Quantity};
use roundsman_core::records::{LocalName, Pack, Price, PriceBreak, PriceList, Product};
use roundsman_core::rules::{BasketLine, PricedBasket, PricedLine, price_basket, price_line};
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

/// One basket of `fixtures/baskets.json`. Amounts are minor units, worked out by hand.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Basket {
    name: String,
    why: String,
    currency: Currency,
    tax_included: bool,
    lines: Vec<Line>,
    net: i64,
    tax: i64,
    total: i64,
    taxes: Vec<(Percent, i64, i64)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    unit: String,
    #[serde(default)]
    packs: BTreeMap<String, Quantity>,
    rate: Percent,
    /// None: the list has no price for it.
    breaks: Option<Vec<(Quantity, i64)>>,
    discount_max: Percent,
    #[serde(default = "yes")]
    active: bool,
    pack: String,
    quantity: Quantity,
    #[serde(default)]
    discount: Percent,
    /// The code, when the line cannot be priced; otherwise what follows.
    refused: Option<String>,
    unit_price: Option<i64>,
    net: Option<i64>,
    tax: Option<i64>,
    total: Option<i64>,
    /// How the figures come about, for the reader.
    #[serde(rename = "work")]
    _work: Option<String>,
}

fn yes() -> bool {
    true
}

#[test]
fn baskets_worked_out_by_hand() {
    let baskets: Vec<Basket> = serde_json::from_str(include_str!("fixtures/baskets.json")).unwrap();
    assert!(baskets.len() >= 100, "{}", baskets.len());
    for basket in &baskets {
        let label = format!("{}: {}", basket.name, basket.why);
        let goods: Vec<_> =
            basket.lines.iter().map(|line| Goods::of(line, basket.currency)).collect();
        let lines: Vec<_> =
            basket.lines.iter().zip(&goods).map(|(line, goods)| goods.line(line)).collect();
        let priced = price_basket(&list(basket.currency, basket.tax_included), &lines);

        for (expected, result) in basket.lines.iter().zip(&priced.lines) {
            match &result.priced {
                Ok(line) => assert_eq!(Some(amounts(line)), expected.amounts(), "{label}"),
                Err(refusal) => {
                    assert_eq!(Some(&refusal.code), expected.refused.as_ref(), "{label}");
                }
            }
        }
        let taxes: Vec<_> =
            priced.taxes.iter().map(|it| (it.rate, it.net.minor, it.tax.minor)).collect();
        assert_eq!(taxes, basket.taxes, "{label}");
        let sums = (priced.net.minor, priced.tax.minor, priced.total.minor);
        assert_eq!(sums, (basket.net, basket.tax, basket.total), "{label}");
        assert_eq!(priced.total.currency, basket.currency, "{label}");
    }
}

#[test]
fn the_trace_says_how_a_price_came_about() {
    let goods = Goods {
        product: product("pc", &[("box", "12".parse().unwrap())], "13".parse().unwrap()),
        price: Some(price(&[(0.into(), 1000), (24.into(), 900)], Currency::CNY, 10.into())),
    };
    let line = goods.want("box", 3.into(), 5.into());
    let priced = price_line(&list(Currency::CNY, false), &line).unwrap();
    let steps: Vec<_> = priced
        .trace
        .steps
        .iter()
        .map(|it| (it.code.as_str(), it.detail.as_str(), it.amount.minor))
        .collect();
    assert_eq!(
        steps,
        [
            ("list_price", "pc", 1_000),
            ("break", "24 pc", 900),
            ("pack", "3 box = 36 pc", 32_400),
            ("discount", "5", 30_780),
            ("net", "", 30_780),
            ("tax", "13", 4_001),
        ]
    );
}

/// A product with its price.
struct Goods {
    product: Product,
    price: Option<Price>,
}

impl Goods {
    fn of(line: &Line, currency: Currency) -> Self {
        let packs: Vec<_> = line.packs.iter().map(|(code, it)| (code.as_str(), *it)).collect();
        let product = Product { active: line.active, ..product(&line.unit, &packs, line.rate) };
        let price = line.breaks.as_ref().map(|it| price(it, currency, line.discount_max));
        Self { product, price }
    }

    fn line<'a>(&'a self, line: &'a Line) -> BasketLine<'a> {
        self.want(&line.pack, line.quantity, line.discount)
    }

    fn want<'a>(&'a self, pack: &'a str, quantity: Quantity, discount: Percent) -> BasketLine<'a> {
        BasketLine {
            id: LineId(Uuid::nil()),
            product: Some(&self.product),
            price: self.price.as_ref(),
            pack,
            quantity,
            discount,
        }
    }
}

impl Line {
    /// Unit price, net, tax, total; none when the line cannot be priced.
    fn amounts(&self) -> Option<[i64; 4]> {
        Some([self.unit_price?, self.net?, self.tax?, self.total?])
    }
}

fn amounts(line: &PricedLine) -> [i64; 4] {
    [line.unit_price, line.net, line.tax, line.total].map(|it| it.minor)
}

fn name() -> LocalName {
    LocalName { zh: "酱油".to_owned(), en: "Soy sauce".to_owned() }
}

fn product(unit: &str, packs: &[(&str, Quantity)], tax_rate: Percent) -> Product {
    Product {
        id: Uuid::from_u128(1).into(),
        code: "P-1".to_owned(),
        name: name(),
        category: name(),
        unit: unit.to_owned(),
        packs: packs
            .iter()
            .map(|(code, factor)| Pack { code: (*code).to_owned(), factor: *factor })
            .collect(),
        tax_rate,
        barcode: String::new(),
        picture: None,
        active: true,
    }
}

fn list(currency: Currency, tax_included: bool) -> PriceList {
    PriceList { id: Uuid::from_u128(2).into(), name: name(), currency, tax_included }
}

fn price(breaks: &[(Quantity, i64)], currency: Currency, discount_max: Percent) -> Price {
    Price {
        breaks: breaks
            .iter()
            .map(|(from, minor)| PriceBreak {
                from: *from,
                unit_price: Money::new(*minor, currency),
            })
            .collect(),
        discount_max,
        since: "2026-01-01".parse().unwrap(),
        ..Price::none(Uuid::from_u128(2).into(), Uuid::from_u128(1).into())
    }
}

/// An ordinary line in whole numbers, so that a reference can compute it without decimals.
#[derive(Debug, Clone)]
struct Plain {
    /// Unit prices from 0, 10, 20, … base units, falling.
    unit_prices: Vec<i64>,
    quantity_milli: i64,
    factor: i64,
    discount_bp: i64,
    rate_bp: i64,
}

const BREAK_EVERY: i64 = 10;

impl Plain {
    fn goods(&self) -> Goods {
        let breaks: Vec<_> =
            (0..).map(|n| Quantity::from(n * BREAK_EVERY)).zip(self.unit_prices.clone()).collect();
        let rate = Percent(Decimal::new(self.rate_bp, 2));
        Goods {
            product: product("pc", &[("box", self.factor.into())], rate),
            price: Some(price(&breaks, Currency::CNY, 100.into())),
        }
    }

    fn line<'a>(&self, goods: &'a Goods) -> BasketLine<'a> {
        let quantity = Quantity(Decimal::new(self.quantity_milli, 3));
        goods.want("box", quantity, Percent(Decimal::new(self.discount_bp, 2)))
    }

    /// Unit price, net, tax, total.
    fn reference(&self, tax_included: bool) -> [i64; 4] {
        let base_milli = self.quantity_milli * self.factor;
        let reached = usize::try_from(base_milli / (1000 * BREAK_EVERY)).unwrap();
        let unit_price = self.unit_prices[reached.min(self.unit_prices.len() - 1)];
        let exact =
            i128::from(unit_price) * i128::from(base_milli) * i128::from(10_000 - self.discount_bp);
        let amount = half_away(exact, 1000 * 10_000);
        let rate = i128::from(self.rate_bp);
        if tax_included {
            let tax = half_away(i128::from(amount) * rate, 10_000 + rate);
            [unit_price, amount - tax, tax, amount]
        } else {
            let tax = half_away(i128::from(amount) * rate, 10_000);
            [unit_price, amount, tax, amount + tax]
        }
    }
}

/// `numerator / denominator`, neither negative, rounded with ties up.
fn half_away(numerator: i128, denominator: i128) -> i64 {
    i64::try_from((2 * numerator + denominator) / (2 * denominator)).unwrap()
}

fn plain() -> impl Strategy<Value = Plain> {
    let unit_prices = prop::collection::vec(0..100_000_i64, 1..5);
    let rate_bp = prop_oneof![Just(0), Just(300), Just(600), Just(900), Just(1_300), 0..3_000_i64];
    (unit_prices, 1..50_000_i64, 1..24_i64, 0..=10_000_i64, rate_bp).prop_map(
        |(mut unit_prices, quantity_milli, factor, discount_bp, rate_bp)| {
            unit_prices.sort_unstable_by(|a, b| b.cmp(a));
            Plain { unit_prices, quantity_milli, factor, discount_bp, rate_bp }
        },
    )
}

fn any_decimal() -> impl Strategy<Value = Decimal> {
    let any = (any::<u32>(), any::<u32>(), any::<u32>(), any::<bool>(), 0..=28_u32).prop_map(
        |(lo, mid, hi, negative, scale)| Decimal::from_parts(lo, mid, hi, negative, scale),
    );
    prop_oneof![any, (-1000..100_000_i64, 0..6_u32).prop_map(|(it, scale)| Decimal::new(it, scale))]
}

fn priced_together(lines: &[Plain], tax_included: bool) -> PricedBasket {
    let goods: Vec<_> = lines.iter().map(Plain::goods).collect();
    let lines: Vec<_> = lines.iter().zip(&goods).map(|(line, goods)| line.line(goods)).collect();
    price_basket(&list(Currency::CNY, tax_included), &lines)
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 1_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_line_equals_the_reference(line in plain(), tax_included: bool) {
        let goods = line.goods();
        let priced = price_line(&list(Currency::CNY, tax_included), &line.line(&goods)).unwrap();
        prop_assert_eq!(amounts(&priced), line.reference(tax_included));
        prop_assert_eq!(priced.net.plus(priced.tax), priced.total);
    }

    #[test]
    fn totals_are_the_sums_of_the_lines(lines in prop::collection::vec(plain(), 0..12), tax_included: bool) {
        let basket = priced_together(&lines, tax_included);
        prop_assert_eq!(basket.priced().count(), lines.len());
        let sum = |part: fn(&PricedLine) -> Money| basket.priced().map(|(_, it)| part(it).minor).sum::<i64>();
        prop_assert_eq!(basket.net.minor, sum(|it| it.net));
        prop_assert_eq!(basket.tax.minor, sum(|it| it.tax));
        prop_assert_eq!(basket.total.minor, sum(|it| it.total));
        prop_assert_eq!(basket.net.plus(basket.tax), basket.total);
        prop_assert_eq!(basket.taxes.iter().map(|it| it.tax.minor).sum::<i64>(), basket.tax.minor);
        prop_assert_eq!(basket.taxes.iter().map(|it| it.net.minor).sum::<i64>(), basket.net.minor);
        prop_assert!(basket.taxes.windows(2).all(|it| it[0].rate < it[1].rate));
    }

    #[test]
    fn more_never_costs_more_per_unit(line in plain(), more_milli in 0..50_000_i64) {
        let more = Plain { quantity_milli: line.quantity_milli + more_milli, ..line.clone() };
        let (one, other) = (priced_together(&[line], false), priced_together(&[more], false));
        let unit_price = |basket: &PricedBasket| basket.priced().next().unwrap().1.unit_price.minor;
        prop_assert!(unit_price(&other) <= unit_price(&one));
    }

    #[test]
    fn the_trace_ends_with_the_amounts(line in plain(), tax_included: bool) {
        let goods = line.goods();
        let priced = price_line(&list(Currency::CNY, tax_included), &line.line(&goods)).unwrap();
        let amount = |code: &str| priced.trace.steps.iter().find(|it| it.code == code).map(|it| it.amount);
        prop_assert_eq!(amount("net"), Some(priced.net));
        prop_assert_eq!(amount("tax"), Some(priced.tax));
        prop_assert_eq!(amount("break").or(amount("list_price")), Some(priced.unit_price));
        prop_assert_eq!(amount("discount").is_some(), line.discount_bp > 0);
    }

    #[test]
    fn no_input_panics(
        breaks in prop::collection::vec((any_decimal().prop_map(Quantity), any::<i64>()), 0..4),
        (factor, quantity) in (any_decimal(), any_decimal()),
        (discount, discount_max, rate) in (any_decimal(), any_decimal(), any_decimal()),
        (pack, tax_included, twice) in ("pc|box|", any::<bool>(), 1..4_usize),
    ) {
        let goods = Goods {
            product: product("pc", &[("box", Quantity(factor))], Percent(rate)),
            price: Some(price(&breaks, Currency::CNY, Percent(discount_max))),
        };
        let line = goods.want(&pack, Quantity(quantity), Percent(discount));
        let basket = price_basket(&list(Currency::CNY, tax_included), &vec![line; twice]);
        prop_assert_eq!(basket.priced().count() + basket.refused().count(), twice);
        prop_assert_eq!(basket.net.plus(basket.tax), basket.total);
    }
}
