package text

// The calendar of working days: the sheet it is imported from, and what is said about
// it. Bars separate spellings; the first one is the official one.
const (
	DoctorCalendar   = "节假日"
	DoctorNoCalendar = "没有%d年的放假和调休安排，工作日暂按周末推算。国务院办公厅通知公布后，用 qingfeng import calendar 导入。"
	DoctorFont       = "中文字体"
	DoctorNoFont     = "没有找到中文字体，聊天里的横道图和进度图发不出来，只发文字。Debian 上运行 apt-get install fonts-droid-fallback。"
	FormColDay       = "日期|时间|放假日期"
	FormColArranged  = "安排|休班|休/班|类型|放假或上班"
	FormColHoliday   = "名称|节日|节假日|节日名称|备注"

	FormDayOff    = "休|放假|休息|假|休假|节假日|法定节假日"
	FormDayWorked = "班|上班|补班|调休上班|工作日|调班"

	FormDayUntil = "至|到|~|～|—|–" // between the days of a range
	FormDayUnits = "年月日号"

	FormSheetCalendar   = "节假日安排"
	FormExampleCalendar = "（示例）2026-10-01至2026-10-07|休|国庆节"
	FormHelpDay         = "写年月日，如：2026-10-01、2026年10月1日；连着几天的，如：2026-10-01至2026-10-07。按国务院办公厅当年的通知填写，导入时整年替换，请一次填全一年"
	FormHelpArranged    = "休：这天放假；班：周末调休上班。平常的周末和工作日不用写"
	FormHelpHoliday     = "节日名称，可以不填"

	FormBadDay      = "「%s」不是日期，请写成2026-10-01、2026年10月1日或2026-10-01至2026-10-07。"
	FormDayNoYear   = "「%s」没有写年份，请写成2026-10-01这样。"
	FormDayBackward = "「%s」的后一天比前一天早，请核对。"
	FormDayLong     = "「%s」超过%d天，请核对。"
	FormDayTwice    = "%s与第%d行重复，已略过。"
	FormDayDiffers  = "%s在第%d行写的是“%s”，请核对。"
	FormDayWeekend  = "%s本来就是周末，可以不写。"
	FormDayWorkday  = "%s本来就是工作日，可以不写。"

	ImportDayOff      = "%s 休"
	ImportDayWorked   = "%s 班"
	ImportDayNamed    = "%s（%s）"
	ImportDayOrdinary = "不在表里，按平常的周末和工作日算"
	ImportYearThin    = "%d年只有%d天有安排。导入会替换整年，请确认表里是全年的安排。"
	ImportYearBad     = "%d年不在2000年到2100年之间，请核对。"

	WebImportCalendar     = "节假日安排"
	WebImportCalendarWhat = "放假和调休上班的日子，按年替换"
)
