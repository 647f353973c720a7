//! What is true of any numbers: evidence that may be looked at every day, false discovery, shrinkage. Pure.

pub mod evidence;
mod false_discovery;
mod shrinkage;

pub use false_discovery::{benjamini_hochberg, e_benjamini_hochberg};
pub use shrinkage::shrunken_means;
