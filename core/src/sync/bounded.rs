//! Lists whose items may be smaller on the way than in memory: how many there are is limited, too.

use minicbor::Decode;
use minicbor::decode::{Decoder, Error};

use super::{Bytes, PUSH_ENTRIES_MAX, RESTS_ON_MAX};

/// The entries of a push.
pub(super) fn entries<C>(decoder: &mut Decoder<'_>, context: &mut C) -> Result<Vec<Bytes>, Error> {
    list(decoder, context, PUSH_ENTRIES_MAX)
}

/// What an entry rests on.
pub(super) fn rests_on<C>(decoder: &mut Decoder<'_>, context: &mut C) -> Result<Vec<u64>, Error> {
    list(decoder, context, RESTS_ON_MAX)
}

fn list<'b, C, T: Decode<'b, C>>(
    decoder: &mut Decoder<'b>,
    context: &mut C,
    items_max: usize,
) -> Result<Vec<T>, Error> {
    let mut items = Vec::new();
    for item in decoder.array_iter_with(context)? {
        if items.len() == items_max {
            return Err(Error::message("too many items"));
        }
        items.push(item?);
    }
    Ok(items)
}
