//! What the program teaches. Lessons say what to look at, what to press and why, a step at a time, each
//! with a check that says when it is done; cards say what a mode does. Both are data; what shows and
//! performs them is in `app`.
//!
//! Pure: a check looks at the topology and at what the learner was shown, and does nothing.

pub mod card;
pub mod check;
pub mod lesson;
pub mod prose;
mod read;

pub use check::{Check, Measured, Place, Seen};
pub use lesson::{Lesson, LessonError, Need, Step, Stroke, shipped};
