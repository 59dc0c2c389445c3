//! What can be asked of a lab's lessons.

use clap::Args;

/// Lessons of a lab.
#[derive(Clone, Debug, Args)]
pub struct Lessons {
    /// Begin with this lesson, or with the first one of the lab
    #[arg(long, value_name = "LESSON", num_args = 0..=1)]
    pub lesson: Option<Option<String>>,

    /// Let the lesson perform itself, at reading speed: Space pauses, Right steps, Esc takes over
    #[arg(long)]
    pub play: bool,

    /// Perform so many times faster
    #[arg(long, value_name = "TIMES", default_value_t = 1.0, requires = "play", value_parser = speed)]
    pub speed: f64,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|speed| (0.1..=100.0).contains(speed));
    speed.ok_or_else(|| "a number from 0.1 to 100".into())
}
