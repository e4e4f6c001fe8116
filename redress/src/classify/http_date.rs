//! The dates of HTTP, RFC 9110 section 5.6.7: IMF-fixdate, RFC 850 and asctime.

const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Reads a date as seconds since 1970. Years of two digits are read from `now`, in the same unit.
#[inline]
pub(crate) fn parse(value: &str, now: i64) -> Option<i64> {
    let mut input = Input(value.as_bytes());
    input.day_name()?;
    let seconds = if input.take(b", ").is_some() {
        let day = input.number(2)?;
        if input.take(b" ").is_some() {
            // Sun, 06 Nov 1994 08:49:37 GMT
            let month = input.month()?;
            input.take(b" ")?;
            let year = input.number(4)?;
            input.take(b" ")?;
            let time = input.time()?;
            input.gmt()?;
            timestamp(year, month, day, time)?
        } else {
            // Sunday, 06-Nov-94 08:49:37 GMT
            input.take(b"-")?;
            let month = input.month()?;
            input.take(b"-")?;
            let year = input.number(2)?;
            input.take(b" ")?;
            let time = input.time()?;
            input.gmt()?;
            two_digit_year(year, month, day, time, now)?
        }
    } else {
        // Sun Nov  6 08:49:37 1994
        input.take(b" ")?;
        let month = input.month()?;
        input.take(b" ")?;
        let day = match input.take(b" ") {
            Some(()) => input.number(1)?,
            None => input.number(2)?,
        };
        input.take(b" ")?;
        let time = input.time()?;
        input.take(b" ")?;
        timestamp(input.number(4)?, month, day, time)?
    };
    input.0.is_empty().then_some(seconds)
}

/// The latest date with this year's last two digits that is no more than 50 years after `now`.
#[inline]
fn two_digit_year(short: i64, month: i64, day: i64, time: i64, now: i64) -> Option<i64> {
    let days = now.div_euclid(86_400);
    let (now_year, now_month, now_day) = civil_from_days(days);
    let last = now_year.saturating_add(50);
    let year = last.saturating_sub(last.saturating_sub(short).rem_euclid(100));
    let beyond = year == last && (month, day, time) > (now_month, now_day, now.rem_euclid(86_400));
    timestamp(if beyond { year - 100 } else { year }, month, day, time)
}

#[inline]
pub(super) fn timestamp(year: i64, month: i64, day: i64, time: i64) -> Option<i64> {
    if day < 1 || day > days_in_month(year, month) {
        return None;
    }
    let days = days_from_civil(year, month, day);
    Some(days.saturating_mul(86_400).saturating_add(time))
}

#[inline]
fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970 of a date in the Gregorian calendar. Years begin in March here, which puts the
/// leap day last; an era is the 400 years, 146,097 days, after which the calendar repeats.
#[inline]
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 {
        year.saturating_sub(1)
    } else {
        year
    };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era.saturating_mul(146_097)
        .saturating_add(day_of_era - DAYS_TO_1970)
}

/// The inverse of [`days_from_civil`].
#[inline]
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(DAYS_TO_1970);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12 + 1;
    let year = era.saturating_mul(400) + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

/// From 1 March of the year 0 to 1 January 1970.
const DAYS_TO_1970: i64 = 719_468;

/// The text that is left to read.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    #[inline]
    fn take(&mut self, literal: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(literal)?;
        Some(())
    }

    /// Takes exactly `digits` digits.
    #[inline]
    fn number(&mut self, digits: usize) -> Option<i64> {
        let (head, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        head.iter().try_fold(0, |number, b| {
            let digit = b.is_ascii_digit().then(|| b - b'0')?;
            Some(number * 10 + i64::from(digit))
        })
    }

    #[inline]
    fn word(&mut self) -> &[u8] {
        let letters = self.0.iter().take_while(|b| b.is_ascii_alphabetic());
        let (head, rest) = self.0.split_at_checked(letters.count()).unwrap_or_default();
        self.0 = rest;
        head
    }

    /// Takes a day of the week, in full or its first three letters.
    #[inline]
    fn day_name(&mut self) -> Option<()> {
        let word = self.word();
        DAYS.iter()
            .any(|day| {
                let short = day.get(..3).unwrap_or(day);
                word.eq_ignore_ascii_case(day.as_bytes())
                    || word.eq_ignore_ascii_case(short.as_bytes())
            })
            .then_some(())
    }

    #[inline]
    fn month(&mut self) -> Option<i64> {
        let word = self.word();
        (1..)
            .zip(MONTHS)
            .find(|(_, month)| word.eq_ignore_ascii_case(month.as_bytes()))
            .map(|(number, _)| number)
    }

    /// Takes `hh:mm:ss`, in which a leap second is allowed, as seconds.
    #[inline]
    fn time(&mut self) -> Option<i64> {
        let hour = self.number(2)?;
        self.take(b":")?;
        let minute = self.number(2)?;
        self.take(b":")?;
        let second = self.number(2)?;
        (hour <= 23 && minute <= 59 && second <= 60).then_some((hour * 60 + minute) * 60 + second)
    }

    #[inline]
    fn gmt(&mut self) -> Option<()> {
        self.take(b" ")?;
        self.word().eq_ignore_ascii_case(b"GMT").then_some(())
    }
}

#[cfg(test)]
#[path = "http_date_tests.rs"]
mod tests;
