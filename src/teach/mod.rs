//! What the program teaches: facts as data, and how they are drawn. Pure: it says nothing of this
//! host, and whoever shows it decides where.

pub mod card;
