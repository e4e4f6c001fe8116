use super::*;

const LONG: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];
const SHORT: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The three forms of a date, its calendar counted by the caller.
fn forms((year, month, day): (i64, usize, i64), secs: i64) -> [String; 3] {
    let long = LONG[usize::try_from(secs.div_euclid(86_400).rem_euclid(7)).unwrap()];
    let (short, month) = (&long[..3], SHORT[month - 1]);
    let time = secs.rem_euclid(86_400);
    let time = format!("{:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60);
    [
        format!("{short}, {day:02} {month} {year:04} {time} GMT"),
        format!("{long}, {day:02}-{month}-{:02} {time} GMT", year % 100),
        format!("{short} {month} {day:2} {time} {year:04}"),
    ]
}

/// Counts the days one by one, so that no formula is tested by itself.
#[test]
fn every_day_of_five_centuries_survives_the_round_trip_in_all_forms() {
    let (mut year, mut month, mut day) = (1970_i64, 1_usize, 1_i64);
    for days in 0..(500 * 366) {
        let secs = days * 86_400 + (days * 7919) % 86_400;
        assert_eq!(
            civil_from_days(days),
            (year, i64::try_from(month).unwrap(), day)
        );
        let [fixdate, rfc850, asctime] = forms((year, month, day), secs);
        assert_eq!(parse(&fixdate, 0), Some(secs), "{fixdate}");
        assert_eq!(parse(&asctime, 0), Some(secs), "{asctime}");
        for now in [secs - 49 * 31_556_952, secs + 49 * 31_556_952] {
            assert_eq!(parse(&rfc850, now), Some(secs), "{rfc850}");
        }
        let leap = if year % 100 == 0 {
            year % 400 == 0
        } else {
            year % 4 == 0
        };
        let lengths = [
            31,
            28 + i64::from(leap),
            31,
            30,
            31,
            30,
            31,
            31,
            30,
            31,
            30,
            31,
        ];
        day += 1;
        if day > lengths[month - 1] {
            (day, month) = (1, month + 1);
        }
        if month > 12 {
            (month, year) = (1, year + 1);
        }
    }
}

#[test]
fn the_examples_of_the_rfc_are_one_moment() {
    for value in [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "sun, 06 nov 1994 08:49:37 gmt",
        "Mon, 06 Nov 1994 08:49:37 GMT",
    ] {
        assert_eq!(parse(value, 784_111_777), Some(784_111_777), "{value}");
    }
}

#[test]
fn two_digits_mean_at_most_fifty_years_ahead() {
    let year_of = |value: &str, now: &str| {
        let now = parse(now, 0).unwrap();
        civil_from_days(parse(value, now).unwrap().div_euclid(86_400)).0
    };
    let now = "Thu, 15 Jun 2000 12:00:00 GMT";
    for (value, year) in [
        ("Thursday, 15-Jun-50 12:00:00 GMT", 2050),
        ("Thursday, 15-Jun-50 12:00:01 GMT", 1950),
        ("Thursday, 16-Jun-50 12:00:00 GMT", 1950),
        ("Thursday, 15-May-50 23:00:00 GMT", 2050),
        ("Thursday, 01-Jan-51 00:00:00 GMT", 1951),
        ("Thursday, 31-Dec-49 00:00:00 GMT", 2049),
        ("Thursday, 15-Jun-00 12:00:00 GMT", 2000),
        ("Thursday, 15-Jun-99 12:00:00 GMT", 1999),
    ] {
        assert_eq!(year_of(value, now), year, "{value}");
    }
    let before = "Fri, 31 Dec 1999 23:59:59 GMT";
    assert_eq!(year_of("Saturday, 01-Jan-00 00:00:00 GMT", before), 2000);
}

#[test]
fn impossible_dates_are_refused_and_leap_seconds_are_not() {
    let some = |value: &str| parse(value, 1_700_000_000).is_some();
    assert!(some("Thu, 29 Feb 2024 00:00:00 GMT"));
    assert!(some("Tue, 29 Feb 2000 00:00:00 GMT"));
    assert!(some("Thursday, 29-Feb-24 00:00:00 GMT"));
    assert_eq!(
        parse("Sat, 31 Dec 2016 23:59:60 GMT", 0),
        parse("Sun, 01 Jan 2017 00:00:00 GMT", 0)
    );
    for value in [
        "Thu, 29 Feb 2023 00:00:00 GMT",
        "Mon, 29 Feb 1900 00:00:00 GMT",
        "Thu, 30 Feb 2024 00:00:00 GMT",
        "Thu, 00 Jan 2024 00:00:00 GMT",
        "Thu, 31 Apr 2024 00:00:00 GMT",
        "Thu, 01 Jan 2024 24:00:00 GMT",
        "Thu, 01 Jan 2024 00:60:00 GMT",
        "Thu, 01 Jan 2024 00:00:61 GMT",
        "Thu, 1 Jan 2024 00:00:00 GMT",
        "Thu, 01 Jan 24 00:00:00 GMT",
        "Thu, 01 Jan 2024 00:00:00",
        "Thu, 01 Jan 2024 00:00:00 CET",
        "Thu, 01 Jan 2024 00:00:00 GMT+1",
        "Thu, 01 January 2024 00:00:00 GMT",
        "Thu,01 Jan 2024 00:00:00 GMT",
        "Day, 01 Jan 2024 00:00:00 GMT",
        "01 Jan 2024 00:00:00 GMT",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 1994 GMT",
        "2024-01-01T00:00:00Z",
    ] {
        assert!(!some(value), "{value}");
    }
}
