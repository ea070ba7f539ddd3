/// Days to dates and back in the proleptic Gregorian calendar. Years are counted from March, so that the leap day is
/// the last of its year and months follow a fixed pattern of 153 days in five.
struct CivilDate: Equatable {
    var year: Int
    /// 1…12.
    var month: Int
    /// 1…31.
    var day: Int

    /// Days since 1970-01-01; years 0…9999 only.
    var daysSinceEpoch: Int {
        let fromMarch = month > 2 ? year : year - 1
        let monthIndex = month > 2 ? month - 3 : month + 9
        // One 400-year cycle is added so that January and February of the year 0 stay positive.
        let years = fromMarch + 400
        let days = years * 365 + years / 4 - years / 100 + years / 400 + (153 * monthIndex + 2) / 5 + day - 1
        return days - 146_097 - 719_468
    }

    init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// From days since 1970-01-01, not before the year 0.
    init(daysSinceEpoch: Int) {
        let days = daysSinceEpoch + 719_468 + 146_097
        let cycle = days / 146_097
        let dayOfCycle = days % 146_097
        // Takes the leap days out: one in 1461 days, but not one in 36524, but one in 146097.
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        year = (cycle - 1) * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
    }

    /// 28…31.
    static func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
