//! Append-only logs of gzip members: written, read past any damage, packed, repaired.

pub(in crate::store) mod append;
pub(in crate::store) mod checkpoint;
pub(in crate::store) mod chunk;
pub(in crate::store) mod first_line;
mod flow;
mod frames;
pub(in crate::store) mod line_kind;
pub(in crate::store) mod member;
pub(in crate::store) mod position;
pub(in crate::store) mod prev;
pub(in crate::store) mod repair;
mod rewrite;
pub(in crate::store) mod rewrite_lines;
mod salvage;
pub(in crate::store) mod scan;
pub(in crate::store) mod seal;
mod sealed_blocks;
mod source;
mod splitter;
pub(in crate::store) mod unpack;
