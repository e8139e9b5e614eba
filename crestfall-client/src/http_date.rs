//! Dates as headers have them (RFC 9110, section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Seconds of the epoch; none of a date before it, or of what is no date.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let (_, date) = text.trim().split_once(", ")?;
    let parts: Vec<&str> = date.split(' ').collect();
    let [day, month, year, time, "GMT"] = parts.as_slice() else {
        return None;
    };
    let number = |text: &str, most: u64| text.parse().ok().filter(|number| *number <= most);
    let mut clock = time.split(':');
    let mut next = |most| number(clock.next()?, most);
    let (hours, minutes, seconds) = (next(23)?, next(59)?, next(60)?);
    let month = MONTHS.iter().position(|name| name == month)? as u64 + 1;
    let days = days(number(year, 9999)?, month, number(day, 31)?)?;
    Some(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
}

/// Days since 1970-01-01. Years begin in March here, so that the day which some have is their last.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, month) = match month {
        1 | 2 => (year.checked_sub(1)?, month + 9),
        _ => (year, month - 3),
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    let since_year_0 = year * 365 + leap_days + (month * 153 + 2) / 5 + day;
    // 719_469 of them had gone by 1970.
    since_year_0.checked_sub(719_469)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_seconds_of_the_epoch() {
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(seconds("Tue, 29 Feb 2000 23:59:59 GMT"), Some(951_868_799));
        assert_eq!(
            seconds("Fri, 31 Dec 2100 00:00:00 GMT"),
            Some(4_133_894_400)
        );
        for odd in [
            "",
            "soon",
            "Wed, 31 Dec 1969 23:59:59 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
        ] {
            assert_eq!(seconds(odd), None, "{odd}");
        }
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 CET"), None);
    }
}
