//! Refusals: a code and parameters, never a sentence. Each app has the sentences in its languages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Why something was refused, in a form that can be translated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
#[error("{code} {params:?}")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refusal {
    /// One of the codes in [`codes`].
    pub code: String,
    /// What the sentence needs, by name.
    pub params: BTreeMap<String, String>,
}

impl Refusal {
    /// A refusal without parameters.
    #[must_use]
    pub fn new(code: &str) -> Self {
        Self { code: code.to_owned(), params: BTreeMap::new() }
    }

    /// Adds one parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }
}

/// Every code that can reach a person; both apps are tested to have a sentence for each.
pub mod codes {
    macro_rules! codes {
        ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
            $($(#[$doc])* pub const $name: &str = $text;)*
            /// All of them.
            pub const ALL: &[&str] = &[$($text),*];
        };
    }

    codes! {
        /// The bytes are not what their type says.
        MALFORMED = "MALFORMED";
        /// The entry was not made by the device or person it names.
        FORGED = "FORGED";
        /// A change needs another that is not here.
        MISSING_DEPENDENCY = "MISSING_DEPENDENCY";
        /// The operation or document is of a version this side does not know.
        UNKNOWN_SCHEMA = "UNKNOWN_SCHEMA";
        /// The operation wrote where it may not.
        UNDECLARED_PATH = "UNDECLARED_PATH";
        /// What was frozen may not be written again.
        FROZEN = "FROZEN";
        /// The person may not see or write this (any more).
        ACCESS_ENDED = "ACCESS_ENDED";
        /// The customer now belongs to somebody else.
        CUSTOMER_MOVED = "CUSTOMER_MOVED";
        /// The customer was entered twice, and what it orders counts for the one that stays.
        CUSTOMER_MERGED = "CUSTOMER_MERGED";
        /// An earlier entry on which this one rests is quarantined.
        RESTS_ON_QUARANTINED = "RESTS_ON_QUARANTINED";
        /// The entry that this one takes the place of was let in meanwhile.
        SUPERSEDED = "SUPERSEDED";
        /// The message is known but this version cannot answer it yet.
        UNIMPLEMENTED = "UNIMPLEMENTED";
        /// A frame or field is larger than its limit.
        TOO_LARGE = "TOO_LARGE";
        /// The access token is unknown or has expired.
        SIGN_IN_AGAIN = "SIGN_IN_AGAIN";
        /// The person has left: nothing is sent to their devices any more.
        ACCOUNT_ENDED = "ACCOUNT_ENDED";
        /// The device was revoked.
        DEVICE_REVOKED = "DEVICE_REVOKED";
        /// The office ordered the device to delete everything.
        DEVICE_WIPED = "DEVICE_WIPED";
        /// The journal's chain does not continue what the hub holds.
        JOURNAL_FORKED = "JOURNAL_FORKED";
        /// Both sides speak no common protocol version.
        UNKNOWN_VERSION = "UNKNOWN_VERSION";
        /// Name or password is wrong.
        WRONG_PASSWORD = "WRONG_PASSWORD";
        /// Too many wrong passwords; the login has to wait.
        TOO_MANY_ATTEMPTS = "TOO_MANY_ATTEMPTS";
        /// The server cannot be reached.
        UNREACHABLE = "UNREACHABLE";
        /// The document or record does not exist here.
        NOT_FOUND = "NOT_FOUND";
        /// A required value is empty.
        EMPTY = "EMPTY";
        /// A value cannot be read as what it must be.
        INVALID = "INVALID";
        /// A value that only one may have, and another one has it.
        TAKEN = "TAKEN";
        /// A text is shorter than it must be.
        TOO_SHORT = "TOO_SHORT";
        /// There is no price for this item and customer.
        NO_PRICE = "NO_PRICE";
        /// The line discount is more than the price allows.
        DISCOUNT_ABOVE_MAX = "DISCOUNT_ABOVE_MAX";
        /// The price changed between signing and decision.
        PRICE_CHANGED = "PRICE_CHANGED";
        /// The customer's credit limit is passed.
        OVER_CREDIT = "OVER_CREDIT";
        /// Finance stopped deliveries to the customer.
        BLOCKED = "BLOCKED";
        /// The customer has overdue invoices.
        OVERDUE = "OVERDUE";
        /// Less is in stock than was ordered.
        SHORT = "SHORT";
        /// The connected ERP does not answer, or not as it should; nothing was decided.
        ERP_UNREACHABLE = "ERP_UNREACHABLE";
        /// The connected ERP does not take the order; it says why.
        ERP_REFUSED = "ERP_REFUSED";
        /// The connected ERP has other amounts than were decided.
        ERP_DIFFERS = "ERP_DIFFERS";
        /// In the connected ERP the order is on its way: it can only be changed there.
        ERP_IN_PROCESS = "ERP_IN_PROCESS";
        /// The connected ERP keeps this: it can only be changed there.
        KEPT_IN_ERP = "KEPT_IN_ERP";
        /// The item is no longer sold.
        INACTIVE_PRODUCT = "INACTIVE_PRODUCT";
        /// The order costs something else than the customer was told.
        TOTAL_CHANGED = "TOTAL_CHANGED";
        /// The customer was switched off.
        INACTIVE_CUSTOMER = "INACTIVE_CUSTOMER";
        /// The visit is already finished.
        VISIT_FINISHED = "VISIT_FINISHED";
        /// Another visit is still open.
        VISIT_OPEN = "VISIT_OPEN";
        /// The cart was already submitted.
        CART_SUBMITTED = "CART_SUBMITTED";
        /// The order was cancelled.
        ORDER_CANCELLED = "ORDER_CANCELLED";
        /// Somebody else changed the order at the same time, and both cannot hold.
        CHANGED_MEANWHILE = "CHANGED_MEANWHILE";
        /// Somebody else decided first; look at what they did.
        DECIDED_MEANWHILE = "DECIDED_MEANWHILE";
        /// The server's disk is full: it takes nothing until there is room.
        SERVER_FULL = "SERVER_FULL";
        /// The clock of the device was wrong when this was recorded.
        CLOCK_SUSPECT = "CLOCK_SUSPECT";
        /// The device's storage refused to write.
        STORAGE = "STORAGE";
        /// The tab that was recording closed in the middle; look whether it was recorded.
        INTERRUPTED = "INTERRUPTED";
        /// Several people wrote different values.
        CONFLICT = "CONFLICT";
        /// What is here differs from what the server sent, and is being put right.
        DIVERGED = "DIVERGED";
        /// Something was asked for and did not come; the line was closed and is tried again.
        STALLED = "STALLED";
        /// The server has too much to do and asks to come again later.
        THROTTLED = "THROTTLED";
        /// The document was closed and must be fetched, which needs a network.
        NOT_HERE = "NOT_HERE";
        /// Something went wrong that has no code of its own.
        INTERNAL = "INTERNAL";
    }
}

/// Shorthand used throughout.
pub type Result<T, E = Refusal> = std::result::Result<T, E>;
