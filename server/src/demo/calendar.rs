//! The company's calendar: which days it works, and who is visited on which of them.

use roundsman_core::time::Day;

/// Days before today that the history goes back.
pub const HISTORY_DAYS: i32 = 56;
/// Working days of a week, and so routes of a rep.
pub const ROUTES: usize = 6;
const SUNDAY: i32 = 6;
/// Public holidays with the same date every year: month, first and last day.
const FIXED_HOLIDAYS: [(u32, u32, u32); 3] = [(1, 1, 3), (5, 1, 5), (10, 1, 7)];
/// New Year's Eve of the lunar calendar, by year from 2025 on; eight days are free from then.
const SPRING_FESTIVALS: [(i32, u32, u32); 8] = [
    (2025, 1, 28),
    (2026, 2, 16),
    (2027, 2, 5),
    (2028, 1, 25),
    (2029, 2, 12),
    (2030, 2, 2),
    (2031, 1, 22),
    (2032, 2, 10),
];

/// Working days around today, which is always one of them: somebody wants to see a route.
#[derive(Debug, Clone, Copy)]
pub struct Calendar {
    today: Day,
    /// The free day of the week, 0 being Monday.
    rest: i32,
}

impl Calendar {
    /// The calendar as it looks today.
    pub fn new(today: Day) -> Self {
        let rest = if weekday(today) == SUNDAY { 0 } else { SUNDAY };
        Self { today, rest }
    }

    /// The days of the history, today included.
    pub fn days(self) -> impl Iterator<Item = Day> {
        (-HISTORY_DAYS..=0).map(move |ago| self.today.plus(ago))
    }

    /// Whether the company works.
    pub fn works(self, day: Day) -> bool {
        day == self.today || (weekday(day) != self.rest && !is_holiday(day))
    }

    /// Whether a customer on this route is to be visited on this day. What falls into a holiday is
    /// made up for a week later, unless it comes round then anyway.
    pub fn is_planned(self, day: Day, rhythm: Rhythm) -> bool {
        self.route(day) == Some(rhythm.route)
            && (rhythm.falls_on(day)
                || (!self.works(day.plus(-7)) && rhythm.falls_on(day.plus(-7))))
    }

    /// Which of the week's routes is driven on this day.
    fn route(self, day: Day) -> Option<usize> {
        let since_rest = (weekday(day) - self.rest - 1).rem_euclid(7);
        usize::try_from(since_rest).ok().filter(|route| *route < ROUTES)
    }
}

/// When a customer is visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// The route it is on.
    pub route: usize,
    /// Weeks from one visit to the next.
    pub every_weeks: i32,
    /// In which of these weeks.
    pub phase: i32,
}

impl Rhythm {
    fn falls_on(self, day: Day) -> bool {
        (week(day) + self.phase).rem_euclid(self.every_weeks) == 0
    }
}

/// 0 is Monday.
fn weekday(day: Day) -> i32 {
    (day.0 + 3).rem_euclid(7)
}

fn week(day: Day) -> i32 {
    (day.0 + 3).div_euclid(7)
}

fn is_holiday(day: Day) -> bool {
    let (year, month, date) = day.civil();
    let fixed = FIXED_HOLIDAYS
        .iter()
        .any(|(in_month, first, last)| month == *in_month && (*first..=*last).contains(&date));
    fixed
        || SPRING_FESTIVALS.iter().any(|(in_year, month, eve)| {
            let eve = format!("{in_year}-{month:02}-{eve:02}").parse::<Day>();
            year == *in_year && eve.is_ok_and(|eve| (eve.0..eve.0 + 8).contains(&day.0))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn nobody_works_on_sundays_and_in_the_holidays() {
        let calendar = Calendar::new(day("2026-11-26"));
        let works = |text| calendar.works(day(text));
        assert!(works("2026-11-21") && works("2026-11-23"));
        assert!(!works("2026-11-22"));
        assert!(!works("2026-10-05") && works("2026-10-08"));
        assert!(!works("2027-02-08"));
    }

    #[test]
    fn every_day_of_the_week_has_a_route_when_it_is_today() {
        for ago in 0..7 {
            let today = day("2026-11-26").plus(-ago);
            let calendar = Calendar::new(today);
            assert!(calendar.works(today) && calendar.route(today).is_some(), "{today}");
            assert_eq!(calendar.days().last(), Some(today));
        }
    }

    #[test]
    fn who_is_visited_every_other_week_is_not_forgotten_over_a_holiday() {
        let calendar = Calendar::new(day("2026-11-26"));
        let free = day("2026-10-05");
        let (route, every_weeks) = (calendar.route(free).unwrap(), 2);
        let phase = -week(free);
        let rhythm = Rhythm { route, every_weeks, phase };
        let planned = |text| calendar.is_planned(day(text), rhythm);
        assert!(planned("2026-09-21") && planned("2026-10-12") && planned("2026-10-19"));
        assert!(!planned("2026-09-28") && !planned("2026-10-26"));
    }
}
