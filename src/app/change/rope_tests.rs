//! Which changes revert by themselves, and after how long.

use std::time::Duration;

use crate::app::Settings;
use crate::app::driver::Driver;
use crate::plan::session::ROPE;

#[test]
fn every_change_reverts_by_itself_where_that_was_asked_for() {
    let limit = Duration::from_secs(90);
    for (asked, reverts, other) in [(limit, Some(limit), None), (Duration::ZERO, None, Some(ROPE))]
    {
        let settings = Settings { confirm_within: Some(asked), ..Settings::default() };
        let mut driver = Driver::new(120, 40, settings);
        driver.keys("j u");
        assert_eq!(driver.app.confirm().unwrap().revert_after, reverts);
        assert_eq!(driver.screen().contains("after 90 s"), reverts.is_some());
        driver.keys("r");
        assert_eq!(driver.app.confirm().unwrap().revert_after, other);
    }
}
