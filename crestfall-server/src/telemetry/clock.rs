//! The time as access logs write it, in UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Now, as `21/Nov/2026:23:59:26 +0000`.
pub(crate) fn apache_now() -> String {
    apache(now())
}

/// Now, as RFC 3339 with milliseconds.
pub(crate) fn rfc3339_now() -> String {
    rfc3339(now())
}

fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

fn apache(since_epoch: Duration) -> String {
    let (year, month, day) = date(since_epoch);
    let (hour, minute, second) = time(since_epoch);
    let month = MONTHS[month as usize - 1];
    format!("{day:02}/{month}/{year}:{hour:02}:{minute:02}:{second:02} +0000")
}

fn rfc3339(since_epoch: Duration) -> String {
    let (year, month, day) = date(since_epoch);
    let (hour, minute, second) = time(since_epoch);
    let millis = since_epoch.subsec_millis();
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

fn time(since_epoch: Duration) -> (u64, u64, u64) {
    let seconds = since_epoch.as_secs() % 86_400;
    (seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The day of the proleptic Gregorian calendar, counted in eras of 400 years that begin in March.
fn date(since_epoch: Duration) -> (u64, u64, u64) {
    let days = since_epoch.as_secs() / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leap_days_and_year_ends_are_right() {
        for (seconds, apache_time, rfc_time) in [
            (0, "01/Jan/1970:00:00:00 +0000", "1970-01-01T00:00:00.000Z"),
            (
                951_782_400,
                "29/Feb/2000:00:00:00 +0000",
                "2000-02-29T00:00:00.000Z",
            ),
            (
                1_735_689_599,
                "31/Dec/2024:23:59:59 +0000",
                "2024-12-31T23:59:59.000Z",
            ),
            (
                4_107_542_400,
                "01/Mar/2100:00:00:00 +0000",
                "2100-03-01T00:00:00.000Z",
            ),
        ] {
            assert_eq!(apache(Duration::from_secs(seconds)), apache_time);
            assert_eq!(rfc3339(Duration::from_secs(seconds)), rfc_time);
        }
    }
}
