//! The port to the central ERP, and the embedded ERP behind it.
